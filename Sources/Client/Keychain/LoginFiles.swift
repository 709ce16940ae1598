// SPDX-License-Identifier: Apache-2.0

import OCI
package import RegistryAuth

/// The files with logins: one file, chosen as in gcrane, and the entries of `DOCKER_AUTH_CONFIG`, which take precedence.
package struct LoginFiles: Sendable {
    /// The path of the file; nil if none of the places has one.
    package let path: String?
    let file: DockerConfigFile?
    let overlay: DockerConfigFile?
    /// What is wrong with `DOCKER_AUTH_CONFIG`, which is then ignored; nil if nothing is.
    package let overlayProblem: String?
    /// The places that were searched, for messages about missing logins.
    let places: [String]

    package init(_ context: KeychainContext) throws(CredentialError) {
        let (files, choice) = (FileCache(context), LoginPlaces(context))
        (overlay, overlayProblem) = Self.overlay(context)
        places = choice.all
        path = try choice.path(exists: { path throws(CredentialError) in try files.bytes(path) != nil })
        guard let path, let bytes = try files.bytes(path) else {
            file = nil
            return
        }
        do { file = try DockerConfigFile(bytes) } catch {
            throw CredentialError("parsing config file (\(path.displayable)): \(error)")
        }
    }

    private static func overlay(_ context: KeychainContext) -> (DockerConfigFile?, String?) {
        guard let text = context.variable("DOCKER_AUTH_CONFIG") else { return (nil, nil) }
        do {
            // Docker reads the variable with the same decoder as the file, but refuses text after the document.
            let leniency = JSON.Leniency.goDecoder.subtracting(.moreBehind)
            let document = try JSON(Array(text.utf8), allowing: leniency)
            guard document.members?.allSatisfy({ $0.key.foldedAsGoDoes == "auths" }) == true else {
                throw CredentialError("it may hold \"auths\" and nothing else")
            }
            return (try DockerConfigFile(Array(text.utf8), allowing: leniency), nil)
        } catch {
            return (nil, "DOCKER_AUTH_CONFIG is left out of account: \(error)")
        }
    }

    /// What the files say about a repository's login, and which file says it.
    func lookUp(_ host: RegistryHost, _ repository: Repository?) -> (DockerConfigFile.Finding, source: String)? {
        if let found = overlay?.lookUp(host, repository), found.login != .none { return (found, "DOCKER_AUTH_CONFIG") }
        guard let file, let path else { return nil }
        return (file.lookUp(host, repository), path.displayable)
    }
}

/// Reads each file once.
private final class FileCache {
    private let context: KeychainContext
    private var known: [String: [UInt8]?] = [:]

    init(_ context: KeychainContext) { self.context = context }

    func bytes(_ path: String) throws(CredentialError) -> [UInt8]? {
        if let bytes = known[path] { return bytes }
        let bytes = try context.readFile(path)
        known[path] = .some(bytes)
        return bytes
    }
}

/// The possible places of the login file. Exactly one file is read: Docker's if it exists, otherwise the first of Podman's
/// (go-containerregistry, pkg/authn/keychain.go).
package struct LoginPlaces {
    let dockerHome: String?
    let dockerChosen: String?
    let podman: [String]

    init(_ context: KeychainContext) {
        self.init(userID: context.userID, variable: context.variable)
    }

    /// - Parameter variable: returns the value of an environment variable; nil if it is not set or empty.
    package init(userID: UInt32, variable: (String) -> String?) {
        let home = variable("HOME")
        dockerHome = home.map { $0 + "/.docker/config.json" }
        dockerChosen = variable("DOCKER_CONFIG").map { $0 + "/config.json" }
        let runtime = variable("XDG_RUNTIME_DIR") ?? "/run/containers/\(userID)"
        let isFallback = variable("XDG_RUNTIME_DIR") == nil
        let configuration = variable("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
        // Without a session's runtime folder, Podman's place has no "containers" folder (containers-auth.json(5)).
        podman = [
            variable("REGISTRY_AUTH_FILE"),
            runtime + (isFallback ? "/auth.json" : "/containers/auth.json"),
            configuration.map { $0 + "/containers/auth.json" },
        ].compactMap(\.self)
    }

    var all: [String] { [dockerChosen ?? dockerHome].compactMap(\.self) + podman }

    package func path(exists: (String) throws(CredentialError) -> Bool) throws(CredentialError) -> String? {
        for place in [dockerHome, dockerChosen].compactMap(\.self) where try exists(place) {
            // As in gcrane: if the file in the home folder exists, the chosen file is read, even if the chosen file does
            // not exist.
            guard let chosen = dockerChosen else { return place }
            if try exists(chosen) { return chosen }
            guard try !exists(String(chosen.dropLast("/config.json".count))) else {
                throw CredentialError("loading config file: open \(chosen.displayable): not a directory")
            }
            return nil
        }
        for place in podman where try exists(place) { return place }
        return nil
    }
}
