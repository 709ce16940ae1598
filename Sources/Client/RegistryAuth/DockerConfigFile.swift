// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The JSON file in which `docker login`, `podman login` and similar programs store logins.
package struct DockerConfigFile: Sendable {
    /// Keys as written, in the file's order.
    private var entries: [String: Credential] = [:]
    private var helpers: [String: String] = [:]
    private var defaultHelper: String?

    /// Parses the file's bytes, as Go's decoder does for Docker. An empty file has no logins.
    ///
    /// - Parameter leniency: the deviations from JSON that Go's decoder accepts.
    /// - Throws: `CredentialError` if the bytes are not such a file, or a single entry is invalid, because a login must not
    ///   be ignored silently.
    package init(_ bytes: [UInt8], allowing leniency: JSON.Leniency = .goDecoder) throws(CredentialError) {
        guard !bytes.allSatisfy({ $0 == 0x20 || (9...13).contains($0) }) else { return }
        let document: JSON
        do { document = try JSON(bytes, allowing: leniency) } catch { throw CredentialError(error.description) }
        if document.isNull { return }
        guard document.members != nil else { throw CredentialError("not a JSON object") }
        for (key, entry) in try document.map("auths") { entries[key] = try Self.credential(entry, key: key) }
        for (key, name) in try document.map("credHelpers") { helpers[key] = try Self.text(name, "credHelpers") ?? "" }
        defaultHelper = try Self.text(document.goField("credsStore"), "credsStore")
    }

    private static func credential(_ entry: JSON, key: String) throws(CredentialError) -> Credential? {
        guard entry.members != nil || entry.isNull else {
            throw CredentialError("the entry of \"\(key.displayable)\" is not an object")
        }
        let field = { (name: String) throws(CredentialError) in
            try text(entry.goField(name), "\(name)\" of \"\(key.displayable)")
        }
        var (user, password) = (try field("username"), try field("password").map { Secret($0) })
        if let encoded = try field("auth") { (user, password) = try decode(encoded, key: key) }
        if let token = try field("registrytoken") {
            return .registryToken(Secret(token), user: user, password: password)
        }
        if let token = try field("identitytoken") {
            return .identityToken(Secret(token), user: user, password: password)
        }
        // Docker and crane accept a password without a user.
        return user == nil && password == nil ? nil : .basic(user: user ?? "", password: password ?? Secret(""))
    }

    /// A text that is not empty. A value that is not a text is an error, because a login must not be ignored silently.
    private static func text(_ value: JSON?, _ name: String) throws(CredentialError) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.string else { throw CredentialError("\"\(name)\" is not a text") }
        return text.isEmpty ? nil : text
    }

    private static func decode(_ encoded: String, key: String) throws(CredentialError) -> (String, Secret) {
        // base64(1) wraps its lines, and Docker uses Go's decoder, which ignores line ends.
        let oneLine = String(decoding: encoded.utf8.filter { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard let bytes = Base64.decode(oneLine) else {
            throw CredentialError("the \"auth\" of \"\(key.displayable)\" is not base64")
        }
        // Docker's reader also requires a user.
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw CredentialError("the \"auth\" of \"\(key.displayable)\" is not user:password")
        }
        guard let user = String(validating: bytes[..<colon], as: UTF8.self) else {
            throw CredentialError("the user in the \"auth\" of \"\(key.displayable)\" is not UTF-8")
        }
        return (user, Secret(bytes: withoutPadding(bytes[(colon + 1)...])))
    }

    /// Docker pads passwords with NUL bytes.
    private static func withoutPadding(_ password: ArraySlice<UInt8>) -> [UInt8] {
        var password = password.drop { $0 == 0 }
        while password.last == 0 { password.removeLast() }
        return Array(password)
    }
}

extension JSON {
    /// The entries of all objects with this name. Go's decoder adds them to one map, in which later entries replace earlier
    /// ones. null empties the map.
    fileprivate func map(_ name: String) throws(CredentialError) -> [String: JSON] {
        var map: [String: JSON] = [:]
        for value in goValues(of: name) {
            guard let members = value.isNull ? [] : value.members else {
                throw CredentialError("\"\(name)\" is not an object")
            }
            if value.isNull { map = [:] }
            for entry in members { map[entry.key] = entry.value }
        }
        return map
    }
}

extension DockerConfigFile {
    /// What a file says about a repository.
    package struct Finding: Hashable, Sendable {
        package enum Login: Hashable, Sendable {
            case none
            case stored(Credential)
            /// The login is kept by the credential helper with this name, under this server's name. Then no other entry of
            /// the file is used, even if the helper fails (CVE-2021-41092).
            case helper(String, server: String)
        }

        package let login: Login
        package let extent: CredentialAnswer.Extent
    }

    /// The login for a repository. It does not depend on the order of the file.
    package func lookUp(_ host: RegistryHost, _ repository: Repository?) -> Finding {
        let namesOne = helpers.keys.contains { $0.hasPrefix(host.name + "/") }
        if let login = helperLogin(for: host, repository) {
            return Finding(login: login, extent: namesOne ? .repository : .host)
        }
        let candidates = candidates(for: host)
        let match = candidates.sorted { ($0.rank(repository), $0.key) < ($1.rank(repository), $1.key) }.first
        let isOfOne = namesOne || candidates.contains(where: \.namesRepository)
        let extent: CredentialAnswer.Extent = isOfOne ? .repository : .host
        let credential = match.flatMap { entries[$0.key] }
        return Finding(login: credential.map { .stored($0) } ?? .none, extent: extent)
    }

    private func helperLogin(for host: RegistryHost, _ repository: Repository?) -> Finding.Login? {
        let own = repository.map { ["\(host.name)/\($0.path)"] } ?? []
        for key in own + Self.keys(of: host) {
            // An empty name means that the default helper is not used for the host.
            if let name = helpers[key] { return name.isEmpty ? nil : .helper(name, server: key) }
        }
        return defaultHelper.map { .helper($0, server: Self.key(of: host)) }
    }

    /// The name under which a host's login is stored.
    package static func key(of host: RegistryHost) -> String { keys(of: host)[0] }

    private static func keys(of host: RegistryHost) -> [String] {
        host.isDockerHub ? Candidate.dockerHubKeys : [host.name]
    }

    /// The helper that stores a new login for the host; nil if the file stores it.
    package func helperName(for host: RegistryHost) -> String? {
        if case .helper(let name, _)? = helperLogin(for: host, nil) { name } else { nil }
    }

    private func candidates(for host: RegistryHost) -> [Candidate] {
        entries.keys.compactMap { Candidate(key: $0, host: host) }
    }
}

/// A key of the file that belongs to a host, and how well it fits.
private struct Candidate {
    let key: String
    /// The text after the host, without slashes at its ends.
    private let path: Substring
    private let isExact: Bool
    private let hasScheme: Bool

    /// Docker writes the first one, podman the second. The others occur in hand-written files.
    static let dockerHubKeys = [
        "https://index.docker.io/v1/", "docker.io", "index.docker.io", "https://index.docker.io",
        "registry-1.docker.io",
    ]

    init?(key: String, host: RegistryHost) {
        self.key = key
        let scheme = key.firstRange(of: "://")
        let bare = scheme.map { key[$0.upperBound...].withoutUser } ?? key[...]
        hasScheme = scheme != nil
        let name = bare.prefix { $0 != "/" && !(scheme != nil && "?#".contains($0)) }
        guard host.names.contains(String(name)) else { return nil }
        path = bare[name.endIndex...].trimmingSlashes
        isExact = host.isDockerHub ? key == Self.dockerHubKeys[0] : key == host.name
    }

    /// `v1/` and the like are parts of old endpoint URLs, not of repositories.
    var namesRepository: Bool { !hasScheme && !path.isEmpty && !["v1", "v2"].contains(path) }

    /// Lower is better: first the longest path that is a prefix of the repository, then the host itself, then other
    /// spellings of the host, then keys that contain the host, as in gcrane.
    func rank(_ repository: Repository?) -> Int {
        if namesRepository { return leads(to: repository) ? -path.utf8.count : 1_000 + path.utf8.count }
        return isExact ? 1 : path.isEmpty ? 2 : 3
    }

    private func leads(to repository: Repository?) -> Bool {
        guard let repository else { return false }
        return repository.path == path || repository.path.hasPrefix(path + "/")
    }
}

extension Substring {
    /// A URL's authority without the user of `user@host`.
    fileprivate var withoutUser: Substring {
        let authority = prefix { $0 != "/" }
        return authority.lastIndex(of: "@").map { self[index(after: $0)...] } ?? self
    }

    fileprivate var trimmingSlashes: Substring {
        var text = self.drop { $0 == "/" }
        while text.last == "/" { text.removeLast() }
        return text
    }
}
