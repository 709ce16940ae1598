// SPDX-License-Identifier: Apache-2.0

package import OCI
import OutsidePrograms
package import RegistryAuth
import Waiting

/// The sources of this program's credentials, in gcrane's order: Google's credentials for Google's registries, then the
/// login files and the helpers that they name, then the helper of the registry's cloud.
package struct Keychain: CredentialSource {
    private let context: KeychainContext
    private let files: LoginFiles
    private let google: GoogleKeychain?
    private let helperAnswers = SingleFlight<HelperQuestion, Credential?, CredentialError>()

    /// Helpers that need a person or a smart card are slow. Each is run once for a server, even if many requests need it.
    private struct HelperQuestion: Hashable {
        let helper: String
        let server: String
    }

    /// - Parameter usesGoogle: false for crane, which, unlike gcrane, does not use Google's credentials.
    /// - Throws: if a login file cannot be read.
    package init(_ context: KeychainContext, usesGoogle: Bool = true) throws(CredentialError) {
        self.context = context
        files = try LoginFiles(context)
        google = usesGoogle ? GoogleKeychain(context) : nil
    }

    /// A warning for the user although nothing failed.
    package var warning: String? { files.overlayProblem }

    package func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer {
        try await answer(host, repository, in: files, refused: nil)
    }

    /// Helpers and Google are asked again, and the login files are read again, because other programs update them.
    package func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer {
        // A file that is being written may be invalid for a moment.
        let newest = (try? LoginFiles(context)) ?? files
        return try await answer(host, repository, in: newest, refused: refused)
    }

    private func answer(
        _ host: RegistryHost, _ repository: Repository?, in files: LoginFiles, refused: Credential?
    ) async throws(CredentialError) -> CredentialAnswer {
        var troubles: [String] = []
        if let google, GoogleKeychain.serves(host) {
            switch await google.answer(insteadOf: refused) {
            case .found(let answer): return answer
            case .nothing(let reasons): troubles = reasons
            }
        }
        if let (finding, source) = files.lookUp(host, repository),
            let answer = try await answer(for: finding, in: source, insteadOf: refused)
        {
            return answer
        }
        return await lastResort(for: host, after: troubles, insteadOf: refused)
    }

    private func answer(
        for finding: DockerConfigFile.Finding, in source: String, insteadOf refused: Credential?
    ) async throws(CredentialError) -> CredentialAnswer? {
        switch finding.login {
        case .none: return nil
        case .stored(let credential): return CredentialAnswer(credential, for: finding.extent, source: source)
        case .helper(let name, let server):
            let credential = try await ask(helper: name, for: server, insteadOf: refused)
            let hint = "the credential helper \"\(name.displayable)\" that \(source) names has no login for \(server)"
            let words = "the credential helper \"\(name.displayable)\""
            return CredentialAnswer(
                credential, for: finding.extent, source: credential == nil ? nil : words,
                hint: credential == nil ? hint : nil)
        }
    }

    private func ask(
        helper name: String, for server: String, insteadOf refused: Credential?
    ) async throws(CredentialError) -> Credential? {
        let question = HelperQuestion(helper: name, server: server)
        return try await helperAnswers.value(for: question, unless: { refused != nil && $0 == refused }) {
            () async throws(CredentialError) in
            try await CredentialHelper(name, context).get(server)
        }
    }

    // MARK: Without a login

    /// The answer of the cloud's helper if it is installed; otherwise no credential, with a hint.
    private func lastResort(for host: RegistryHost, after troubles: [String], insteadOf refused: Credential?) async
        -> CredentialAnswer
    {
        var hints = ["no login for \(host) was found; looked in \(places)"] + troubles
        if let advice = HelperAdvice(for: host) {
            do throws(CredentialError) {
                if let credential = try await ask(
                    helper: advice.helper, for: DockerConfigFile.key(of: host), insteadOf: refused)
                {
                    return CredentialAnswer(credential, source: "the credential helper \"\(advice.helper)\"")
                }
                hints.append("the credential helper \"\(advice.helper)\" has none either")
            } catch {
                hints.append(isInstalled(advice) ? error.description : advice.install(for: host))
            }
        }
        return CredentialAnswer(nil, hint: hints.joined(separator: "; "))
    }

    private func isInstalled(_ advice: HelperAdvice) -> Bool {
        context.programs.find(CredentialHelper.prefix + advice.helper, in: context.searchPath) != nil
    }

    private var places: String { files.path?.displayable ?? files.places.map(\.displayable).joined(separator: ", ") }
}
