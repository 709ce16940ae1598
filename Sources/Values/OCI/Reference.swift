// SPDX-License-Identifier: Apache-2.0

/// The text by which a user names an image: registry, repository, and a tag, a digest or both. With both, the digest
/// decides what is copied and the tag is set.
package struct Reference: Hashable, Sendable {
    package var registry: RegistryHost
    package var repository: Repository
    package var tag: Tag?
    package var digest: Digest?
    /// The text this was parsed from; messages show references as the user typed them.
    package var asTyped: String

    package init(registry: RegistryHost, repository: Repository, tag: Tag?, digest: Digest?, asTyped: String? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.asTyped = asTyped ?? ""
        if asTyped == nil { self.asTyped = canonical }
    }

    /// An image of a layout folder, as a reference whose registry is the folder.
    package init(_ layout: LayoutReference) {
        self.init(
            registry: RegistryHost(layoutFolder: layout.folder), repository: .layout,
            tag: layout.digest == nil ? layout.tag ?? .latest : layout.tag, digest: layout.digest,
            asTyped: layout.asTyped)
    }

    /// What a reference may contain.
    package enum Dialect: Sendable {
        /// sha256 and sha512, and a tag beside a digest is kept.
        case full
        /// sha256 only, and a tag beside a digest is dropped.
        case gcrane
    }

    /// Parses a reference the way gcrane does: the tag form first, then the digest form; `docker.io`, `library/` and
    /// `latest` are filled in.
    ///
    /// - Throws: `ReferenceError` with the reason of the form the text comes closest to.
    package init(parsing text: String, dialect: Dialect = .full) throws(ReferenceError) {
        do throws(ReferenceError.Reason) {
            if text.utf8.contains(UInt8(ascii: "@")) {
                self = try Self.parseDigestForm(text, dialect: dialect)
            } else {
                self = try Self.parseTagForm(text)
            }
        } catch {
            throw ReferenceError(input: text, reason: error)
        }
        asTyped = text
    }

    /// `host/repository:tag`, `host/repository@digest` or `host/repository:tag@digest`, with every default written out.
    package var canonical: String {
        repositoryName + (tag.map { ":" + $0.name } ?? "") + (digest.map { "@" + $0.text } ?? "")
    }

    /// `host/repository`; a layout is one repository and has no further name.
    package var repositoryName: String {
        registry.layoutFolder == nil ? registry.name + "/" + repository.path : registry.name
    }

    /// Two references are equal if they name the same image, however they were typed.
    package static func == (left: Self, right: Self) -> Bool {
        left.registry == right.registry && left.repository == right.repository && left.tag == right.tag
            && left.digest == right.digest
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(registry)
        hasher.combine(repository)
        hasher.combine(tag)
        hasher.combine(digest)
    }
}

extension Reference: CustomStringConvertible {
    package var description: String { asTyped.displayable }
}

extension Reference {
    /// `[host/]repository`, without tag or digest, as commands that name a whole repository take it.
    package static func parseRepository(_ text: some StringProtocol) throws(ReferenceError) -> (
        RegistryHost, Repository
    ) {
        do throws(ReferenceError.Reason) { return try repositoryParts(text) } catch {
            throw ReferenceError(input: String(text), reason: error)
        }
    }

    private static func parseTagForm(_ text: some StringProtocol) throws(ReferenceError.Reason) -> Reference {
        let (base, tag) = try splitTag(text)
        let (registry, repository) = try repositoryParts(base)
        // The caller sets `asTyped`.
        return Reference(registry: registry, repository: repository, tag: tag ?? .latest, digest: nil, asTyped: "")
    }

    private static func parseDigestForm(_ text: String, dialect: Dialect) throws(ReferenceError.Reason) -> Reference {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw .digestSeparator(text) }
        let digest: Digest
        do { digest = try Digest(halves[1]) } catch { throw .digest(error) }
        guard dialect == .full || digest.algorithm == .sha256 else {
            throw .digest(.unsupportedAlgorithm(digest.text))
        }
        let (base, tag) = try splitTag(halves[0])
        let (registry, repository) = try repositoryParts(base)
        return Reference(
            registry: registry, repository: repository, tag: dialect == .full ? tag : nil, digest: digest, asTyped: "")
    }

    /// Splits at the last colon, if no slash follows it.
    private static func splitTag(_ text: some StringProtocol) throws(ReferenceError.Reason) -> (Substring, Tag?) {
        let text = Substring(text)
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), !text[colon...].utf8.contains(UInt8(ascii: "/"))
        else { return (text, nil) }
        let tag = text[text.utf8.index(after: colon)...]
        guard !tag.isEmpty else { throw .missingTag(String(text)) }
        return (text[..<colon], try Tag(tag))
    }

    /// The text before the first slash is a host only if it is `localhost` or contains a dot or a colon.
    private static func repositoryParts(
        _ text: some StringProtocol
    ) throws(ReferenceError.Reason) -> (RegistryHost, Repository) {
        guard !text.isEmpty else { throw .missingRepository }
        if let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) {
            let head = text[..<slash]
            if head == "localhost" || head.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
            {
                let repository = try Repository(text[text.utf8.index(after: slash)...])
                return try withLibrary(RegistryHost(head), repository)
            }
        }
        return try withLibrary(.dockerHub, Repository(text))
    }

    private static func withLibrary(
        _ registry: RegistryHost, _ repository: Repository
    ) -> (RegistryHost, Repository) {
        guard registry.isDockerHub, !repository.path.contains("/") else { return (registry, repository) }
        return (registry, repository.inLibrary)
    }
}

/// Why a text is not a reference, with the text.
package struct ReferenceError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Error, Equatable {
        case missingRepository
        case missingTag(String)
        case repositoryCharacters(String)
        case repositoryLength(String)
        case tagCharacters(String)
        case tagLength(String)
        case invalidRegistry(String)
        case digestSeparator(String)
        case digest(DigestError)
    }

    package let input: String
    package let reason: Reason

    package init(input: String, reason: Reason) {
        self.input = input
        self.reason = reason
    }

    package var description: String { "\"\(Self.shown(input))\" is not a reference: \(reasonText)" }

    /// The reason, without the password that it would quote.
    package var reasonText: String { hasLogin ? Self.loginReason : reason.text }

    package static let loginReason = "a login does not belong there"

    /// The text has a login before the host, as in a pasted address.
    package var hasLogin: Bool { Self.endOfLogin(in: input) != nil }

    /// The given text, without a login in it.
    package static func shown(_ input: String) -> String {
        guard let host = endOfLogin(in: input) else { return input.displayable }
        return (scheme(of: input) + Redaction.mark + "@" + input[host...]).displayable
    }

    /// The given registry or place below one, without a login in it. Neither contains an @ itself.
    package static func shownPlace(_ input: String) -> String {
        guard let host = placeBehindLogin(in: input) else { return input.displayable }
        return (scheme(of: input) + Redaction.mark + "@" + host).displayable
    }

    /// The text after a login; nil if there is no login, or the @ begins a digest.
    package static func placeBehindLogin(in input: String) -> Substring? {
        guard let at = input.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let place = input[input.utf8.index(after: at)...]
        return Digest.Algorithm.allCases.contains { place.hasPrefix($0.rawValue + ":") } ? nil : place
    }

    private static func scheme(of input: String) -> Substring {
        input.firstRange(of: "://").map { input[..<$0.upperBound] } ?? ""
    }

    /// The beginning of the host, after `USER:PASSWORD@`.
    private static func endOfLogin(in input: String) -> String.Index? {
        let scheme = scheme(of: input)
        let rest = input[scheme.endIndex...]
        let host = rest[..<(rest.firstIndex(of: "/") ?? rest.endIndex)]
        // After an @, a text without a path is a digest.
        guard let at = host.lastIndex(of: "@"), !scheme.isEmpty || (host[..<at].contains(":") && rest.contains("/"))
        else {
            return nil
        }
        return host.index(after: at)
    }

    /// What to type instead, if this is obvious.
    package var hint: String? {
        for scheme in ["https://", "http://", "docker://"] where input.lowercased().hasPrefix(scheme) {
            if hasLogin { break }
            return "leave out \"\(scheme)\": \(input.dropFirst(scheme.count).displayable)"
        }
        if let host = Self.endOfLogin(in: input) {
            return "write \(input[host...].displayable); transship auth login keeps the login"
        }
        if case .repositoryCharacters = reason, let name = lowerCaseName {
            return "repository names are lower case: \(name.displayable)"
        }
        return nil
    }

    /// The input with its repository in lower case, if that makes it a reference.
    private var lowerCaseName: String? {
        let afterSlash = input.lastIndex(of: "/") ?? input.startIndex
        let end = input[afterSlash...].firstIndex { $0 == ":" || $0 == "@" } ?? input.endIndex
        let name = input[..<end].lowercased() + input[end...]
        return name != input && (try? Reference(parsing: name)) != nil ? name : nil
    }
}

extension ReferenceError.Reason {
    package var text: String {
        switch self {
        case .missingRepository: "a repository name must be specified"
        case .missingTag(let text): "\(text.displayable) must specify a tag name after the colon"
        case .repositoryCharacters(let text):
            "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: \(text.displayable)"
        case .repositoryLength(let text):
            "repository must be between 1 and 255 characters in length: \(text.displayable)"
        case .tagCharacters(let text):
            "tag can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ`: "
                + text.displayable
        case .tagLength(let text): "tag must be between 1 and 128 characters in length: \(text.displayable)"
        case .invalidRegistry(let text):
            "registries must be valid RFC 3986 URI authorities: \(ReferenceError.shownPlace(text))"
        case .digestSeparator(let text):
            "a digest must contain exactly one '@' separator (e.g. registry/repository@digest) saw: \(text.displayable)"
        case .digest(let error): error.description
        }
    }
}
