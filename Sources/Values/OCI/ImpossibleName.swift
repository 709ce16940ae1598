// SPDX-License-Identifier: Apache-2.0

extension HostedRegistry {
    /// The required structure of a repository's path.
    struct Shape {
        /// A word for each required part.
        var words: [String]
        /// The most parts; nil for any number.
        var most: Int?
        var fewestCharacters = 1

        var text: String { words.joined(separator: "/") }
    }

    /// The structure according to the operators' documentation. If a page does not say whether a name works, the name is
    /// accepted, and the registry decides.
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

    /// Whether a part of a path can be the name of an Artifact Registry repository: `repository_id` in its API, at most 63
    /// lower-case letters, digits and hyphens, beginning with a letter. Names with dots are only the four for the hosts of
    /// Container Registry ("Transition to gcr.io repositories").
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

/// Why a repository cannot exist at its registry, according to the operator's documentation of names.
package struct ImpossibleName: Error, Hashable, Sendable {
    private let registry: RegistryHost
    private let parts: [Substring]
    private let operatedBy: HostedRegistry

    /// - Returns: nil for a possible name, and for a registry about which nothing is known.
    package init?(_ repository: Repository, at registry: RegistryHost) {
        guard let hosted = HostedRegistry(registry) else { return nil }
        self.registry = registry
        parts = Self.parts(of: repository.path)
        operatedBy = hosted
        let wanted = wanted(parts)
        let isEnough = parts.count >= wanted.words.count && repository.path.utf8.count >= wanted.fewestCharacters
        if isEnough, !isTooDeep, misnamedPosition(in: parts) == nil { return nil }
    }

    /// The position of a part that should be a repository's name but cannot be one.
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

    /// A possible name, with a word in place of each part that only the user knows. The last part stays the last.
    ///
    /// - Returns: nil if no part is missing and none is superfluous.
    package var possible: String? {
        guard let first = parts.first, let last = parts.last else { return nil }
        if isTooDeep { return "\(shownRegistry)/\(first)/\(last)" }
        let missing = wanted(parts).words.dropLast().dropFirst(parts.count - 1)
        guard !missing.isEmpty else { return misnamedPosition(in: parts).map { withRepository(parts, before: $0) } }
        return ([shownRegistry] + parts.dropLast().map(String.init) + missing + [String(last)]).joined(separator: "/")
    }

    /// A prefix below which names are possible, if the given prefix is the reason that they are not.
    ///
    /// - Returns: nil if the prefix is not the reason.
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

    /// There are too many parts, so the source's path cannot be kept.
    package var isTooDeep: Bool { parts.count > operatedBy.shape.most ?? .max }

    private var shownRegistry: String { registry.isDockerHub ? "docker.io" : registry.name.displayable }
}

extension Reference {
    /// Why this cannot be a target, or nil.
    package var impossibleName: ImpossibleName? { ImpossibleName(repository, at: registry) }

    /// This reference with a possible name, and with the tag and the digest as typed.
    package func possible(_ name: ImpossibleName) -> String? {
        let last = asTyped[(asTyped.lastIndex(of: "/") ?? asTyped.startIndex)...]
        let end = last[(last.firstIndex { $0 == ":" || $0 == "@" } ?? last.endIndex)...]
        return name.possible.map { $0 + String(end).displayable }
    }
}
