// SPDX-License-Identifier: Apache-2.0

extension HostedRegistry {
    /// What a repository's path consists of here.
    struct Shape {
        /// A word for each part there has to be.
        var words: [String]
        /// How many parts there may be; nil for any number.
        var most: Int?
        var fewestCharacters = 1

        var text: String { words.joined(separator: "/") }
    }

    /// What the operators document. Where a page leaves open whether a name works, it passes: the registry has the last
    /// word.
    var shape: Shape {
        switch self {
        // "Repository and image names": LOCATION-docker.pkg.dev/PROJECT-ID/REPOSITORY/IMAGE.
        case .artifactRegistry: Shape(words: ["PROJECT", "REPOSITORY", "IMAGE"])
        // "Pushing and pulling images" (Container Registry): HOSTNAME/PROJECT-ID/IMAGE.
        case .containerRegistry: Shape(words: ["PROJECT", "IMAGE"])
        // API reference, CreateRepository: repositoryName has a length of 2 to 256; a path has at most 255 anyway.
        case .elasticContainerRegistry: Shape(words: ["REPOSITORY"], fewestCharacters: 2)
        // "Public registry concepts": public.ecr.aws/REGISTRY_ALIAS/REPOSITORY.
        case .publicElasticContainerRegistry: Shape(words: ["ALIAS", "REPOSITORY"])
        // "Create a repository": NAMESPACE/REPOSITORY; a third part is refused (moby#31760).
        case .dockerHub: Shape(words: ["NAMESPACE", "REPOSITORY"], most: 2)
        // "Working with the Container registry": ghcr.io/NAMESPACE/IMAGE_NAME; deeper ones are in use.
        case .gitHub: Shape(words: ["OWNER", "IMAGE"])
        // "Red Hat Quay repository overview": repositories are organised by namespaces. Nested ones since Quay 3.6.
        case .quay: Shape(words: ["NAMESPACE", "REPOSITORY"])
        // Whatever the specification allows.
        case .otherGoogle, .azureContainerRegistry: Shape(words: ["IMAGE"])
        // "Naming convention for your container images": up to two levels below a project, which groups may hold deeply.
        case .gitLab: Shape(words: ["NAMESPACE", "PROJECT"])
        }
    }

    /// Whether a part of a path can be the name of a repository that somebody made in Artifact Registry: `repository_id` in its
    /// API, 63 lower-case letters, digits and hyphens from a letter on. Those with dots are the four that stand for the hosts
    /// of Container Registry ("Transition to gcr.io repositories").
    static func isArtifactRepository(_ name: Substring) -> Bool {
        if ["gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io"].contains(name) { return true }
        let isLetter = { (byte: UInt8) in (97...122).contains(byte) }
        let isFit = { (byte: UInt8) in isLetter(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-") }
        return name.utf8.first.map(isLetter) == true && name.utf8.count <= 63 && name.utf8.allSatisfy(isFit)
    }

    /// Whether a first part with a dot is the domain of the project in the second: `example.com:project` is written
    /// `example.com/project` ("Repository and image names", "Domain-scoped projects").
    var hasProjectsOfDomains: Bool {
        switch self {
        case .artifactRegistry, .containerRegistry: true
        default: false
        }
    }
}

/// Why a repository cannot be at its registry, by what the registry's operator documents of names.
package struct ImpossibleName: Error, Hashable, Sendable {
    private let registry: RegistryHost
    private let parts: [Substring]
    private let operatedBy: HostedRegistry

    /// - Returns: nil for a name that can be, and for a registry of which nothing is known.
    package init?(_ repository: Repository, at registry: RegistryHost) {
        guard let hosted = HostedRegistry(registry) else { return nil }
        self.registry = registry
        parts = Self.parts(of: repository.path)
        operatedBy = hosted
        let wanted = wanted(parts)
        let isEnough = parts.count >= wanted.words.count && repository.path.utf8.count >= wanted.fewestCharacters
        if isEnough, !isTooDeep, misnamedPosition(in: parts) == nil { return nil }
    }

    /// Where a path has a part in the place of a repository that cannot be one.
    private func misnamedPosition(in parts: [Substring]) -> Int? {
        guard case .artifactRegistry = operatedBy, let position = wanted(parts).words.firstIndex(of: "REPOSITORY"),
            parts.indices.contains(position), !HostedRegistry.isArtifactRepository(parts[position])
        else { return nil }
        return position
    }

    private static func parts(of path: String) -> [Substring] { path.split(separator: "/") }

    private func wanted(_ parts: [Substring]) -> HostedRegistry.Shape {
        var shape = operatedBy.shape
        if operatedBy.hasProjectsOfDomains, parts.first?.contains(".") == true { shape.words.insert("DOMAIN", at: 0) }
        return shape
    }

    /// `us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE`
    package var reason: String {
        let wanted = wanted(parts)
        let text = "\(shownRegistry) wants \(wanted.text)"
        if wanted.words.first == "DOMAIN", parts.count < wanted.words.count {
            return "\(text) where the first part is a domain"
        }
        if isTooDeep { return "\(text) and nothing below" }
        if parts.count >= wanted.words.count, let position = misnamedPosition(in: parts) {
            let name = String(parts[position]).displayable
            return "\(text), and \"\(name)\" is no name of a REPOSITORY: only a-z, 0-9 and - from a letter on are"
        }
        return parts.count < wanted.words.count
            ? text : "\(shownRegistry) wants names of \(wanted.fewestCharacters) characters or more"
    }

    /// The name as it could be, with a word for each part that nobody but the user knows: the last part stays the last.
    ///
    /// - Returns: nil where no part lacks and none is too many.
    package var possible: String? {
        guard let first = parts.first, let last = parts.last else { return nil }
        if isTooDeep { return "\(shownRegistry)/\(first)/\(last)" }
        let missing = wanted(parts).words.dropLast().dropFirst(parts.count - 1)
        guard !missing.isEmpty else { return misnamedPosition(in: parts).map { withRepository(parts, before: $0) } }
        return ([shownRegistry] + parts.dropLast().map(String.init) + missing + [String(last)]).joined(separator: "/")
    }

    /// The place below which names can be, where the path of one is the reason that they cannot.
    ///
    /// - Returns: nil where it is not.
    package func possiblePrefix(insteadOf path: String) -> String? {
        let given = Self.parts(of: path)
        let wanted = wanted(given)
        if let most = wanted.most, isTooDeep {
            return ([shownRegistry] + (given.isEmpty ? wanted.words : given.map(String.init)).prefix(most - 1))
                .joined(separator: "/")
        }
        if let position = misnamedPosition(in: given) { return withRepository(given, before: position) }
        let missing = wanted.words.dropLast().dropFirst(given.count)
        guard !missing.isEmpty else { return nil }
        return ([shownRegistry] + given.map(String.init) + missing).joined(separator: "/")
    }

    private func withRepository(_ parts: [Substring], before position: Int) -> String {
        let below = parts[position...].map(String.init)
        return ([shownRegistry] + parts[..<position].map(String.init) + ["REPOSITORY"] + below).joined(separator: "/")
    }

    /// There are parts too many: a source's own path cannot be kept.
    package var isTooDeep: Bool { parts.count > operatedBy.shape.most ?? .max }

    private var shownRegistry: String { registry.isDockerHub ? "docker.io" : registry.name.displayable }
}

extension Reference {
    /// Why this cannot be a target, or nil.
    package var impossibleName: ImpossibleName? { ImpossibleName(repository, at: registry) }

    /// This reference by a name that can be, with the tag and the digest it was typed with.
    package func possible(_ name: ImpossibleName) -> String? {
        let last = asTyped[(asTyped.lastIndex(of: "/") ?? asTyped.startIndex)...]
        let end = last[(last.firstIndex { $0 == ":" || $0 == "@" } ?? last.endIndex)...]
        return name.possible.map { $0 + String(end).displayable }
    }
}
