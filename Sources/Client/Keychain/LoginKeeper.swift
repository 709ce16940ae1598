// SPDX-License-Identifier: Apache-2.0

package import OCI
package import RegistryAuth

/// Stores and erases logins, in Docker's login file or with the helper that it names.
package struct LoginKeeper: Sendable {
    /// Docker's file: below `DOCKER_CONFIG`, otherwise in the home folder.
    package let path: String
    private let context: KeychainContext

    package init(_ context: KeychainContext) throws(CredentialError) {
        let places = LoginPlaces(context)
        guard let path = places.dockerChosen ?? places.dockerHome else {
            throw CredentialError("no place for logins: neither DOCKER_CONFIG nor HOME is set")
        }
        self.path = path
        self.context = context
    }

    /// The change to make in the file, after the helper was called.
    package struct Change: Sendable, Hashable {
        /// The file's new text; nil if it stays as it is.
        package let text: String?
        /// The helper that keeps the login; nil for the file itself.
        package let helper: String?
    }

    package func store(
        user: String, _ password: Secret, for host: RegistryHost
    ) async throws(CredentialError) -> Change {
        let helper = try helper(for: host)
        guard helper != nil || !user.isEmpty else {
            throw CredentialError(
                "a login in a file needs a user: without one Docker's programs could not read the file any more")
        }
        try await helper?.store(user: user, password, for: DockerConfigFile.key(of: host))
        return try change(helper) { editor in
            if helper == nil {
                editor.store(user: user, password, for: host)
            } else {
                editor.noteHelper(for: host)
            }
        }
    }

    /// - Parameter expectsLogin: whether it is an error if a helper says that there is nothing to erase. For the file it
    ///   never is.
    package func erase(_ host: RegistryHost, expectsLogin: Bool = false) async throws(CredentialError) -> Change {
        let helper = try helper(for: host)
        try await helper?.erase(DockerConfigFile.key(of: host), expectsLogin: expectsLogin)
        return try change(helper) { $0.erase(host) }
    }

    private func helper(for host: RegistryHost) throws(CredentialError) -> CredentialHelper? {
        let file = try readable { bytes throws(CredentialError) in try DockerConfigFile(bytes ?? []) }
        guard let name = file.helperName(for: host) else { return nil }
        return try CredentialHelper(name, context)
    }

    private func change(
        _ helper: CredentialHelper?, _ change: (inout LoginFileEditor) -> Void
    ) throws(CredentialError) -> Change {
        var editor = try readable { bytes throws(CredentialError) in try LoginFileEditor(bytes) }
        let before = editor.text
        change(&editor)
        return Change(text: editor.text == before ? nil : editor.text, helper: helper?.name)
    }

    /// Reads the file; an error names the file.
    private func readable<Value>(
        _ read: ([UInt8]?) throws(CredentialError) -> Value
    ) throws(CredentialError) -> Value {
        do { return try read(try context.readFile(path)) } catch {
            throw CredentialError("parsing config file (\(path.displayable)): \(error)")
        }
    }
}
