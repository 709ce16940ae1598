// SPDX-License-Identifier: Apache-2.0

import OCI

/// A name that a build in this tree gives to its image. The image is made here and not pulled. Also a name that a pipeline
/// gives to a container, which is no image's name where jobs use it.
package struct BuildProduct: Hashable, Sendable {
    /// Which users mean the built image by this name.
    package enum Users: Hashable, Sendable {
        case all
        /// Compose and Bake, in what they start and build, and commands, if the name has no host. All others get the
        /// image from the registry to which it was pushed.
        case compose
        /// Commands of other files, and Compose, if the name has no host. An image that a command makes stays on the
        /// machine.
        case commands
        /// Dockerfiles beside the declaring file and below, if the name has no host.
        case dockerfiles
        /// Jobs that name their container.
        case jobs
        /// Resources, if the name has no host. The cluster gives the name to an image.
        case resources
    }

    /// The tags that are made.
    enum Tags: Hashable, Sendable {
        /// The build does not name its tag, or takes it from elsewhere.
        case any
        case one(String)
        /// A variable fills in the rest.
        case beginning(String)

        /// - Parameter tag: nil if something else decides it.
        func mayHold(_ tag: String?) -> Bool {
            switch self {
            case .any: true
            case .one(let own): own == tag
            case .beginning(let own): tag?.hasPrefix(own) ?? true
            }
        }
    }

    /// The name in the form of `ProductName`.
    package var name: String
    var tags: Tags
    package var users: Users
    /// The number of folders above the declaring file's folder in which the name counts, too. Its manifests may be
    /// there.
    package var levelsUp: Int
    /// The only file in which the name counts, relative to the declaring file's folder: a Dockerfile that is built with
    /// something else in place of the image that it names.
    package var onlyFile: String?
    /// The Dockerfile that the image is built from, relative to the declaring file's folder. If this Dockerfile uses an
    /// image with the same name, that image existed before.
    package var madeOf: String?

    /// - Parameters:
    ///   - text: the image as the build names it, with or without a tag.
    ///   - written: the text in the file. If its tag is a variable's default, the tag is one of several.
    ///   - defaultTag: the meaning of a missing tag. nil: any tag.
    package init(
        _ text: String, written: String? = nil, users: Users = .all, levelsUp: Int = 0, onlyFile: String? = nil,
        madeOf: String? = nil, defaultTag: String? = nil
    ) {
        self.onlyFile = onlyFile
        self.madeOf = madeOf
        name = ProductName.of(text)
        tags = Tags(of: written ?? text, default: defaultTag)
        self.users = users
        self.levelsUp = levelsUp
    }
}

extension BuildProduct {
    /// A name that stands for something else than an image in one Dockerfile: a context, or another build's image.
    static func standIn(_ name: String, in dockerfile: String) -> BuildProduct {
        BuildProduct(name, users: .compose, onlyFile: dockerfile, defaultTag: "latest")
    }
}

/// Names of images for comparing products with their uses: without tag and digest, and with one spelling for Docker
/// Hub.
package enum ProductName {
    package static func of(_ text: String) -> String {
        if let reference = ImageName.reference(text) { return of(reference) }
        let text = withBraces(text)
        let bytes = Array(text.utf8)
        let name = ReferenceBounds(bytes).name.map { String(decoding: bytes[$0], as: UTF8.self) } ?? text
        return ImageName.reference(name).map(of) ?? name
    }

    /// A text with each variable in one spelling: `${NAME}`.
    static func withBraces(_ text: String) -> String {
        var (result, rest) = ("", text[...])
        while let dollar = rest.firstIndex(of: "$") {
            let start = rest.index(after: dollar)
            let name = rest[start...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            result += rest[..<dollar] + (name.isEmpty ? "$" : "${\(name)}")
            rest = rest[name.endIndex...]
        }
        return result + rest
    }

    package static func of(_ finding: Finding) -> String {
        finding.reference.map(of) ?? of(finding.text)
    }

    private static func of(_ reference: Reference) -> String {
        reference.registry.canonicalName + "/" + reference.repository.path
    }

    /// Whether a name in this form has no host.
    static func hasNoHost(_ name: String) -> Bool { name.hasPrefix(RegistryHost.dockerHub.canonicalName + "/") }

    /// Whether the text is a name that can never be pulled: ko's import paths, the placeholder in Kubebuilder's
    /// manifests, and Garden's builds.
    static func isPlaceholder(_ text: String) -> Bool {
        text.hasPrefix("ko://") || text == "controller:latest" || isGardens(text)
    }

    /// Garden's names for what it builds: `${actions.build.api.outputs.deployment-image-id}`.
    private static func isGardens(_ text: String) -> Bool {
        (text.hasPrefix("${actions.build") || text.hasPrefix("${modules")) && text.contains(".outputs.deployment")
    }
}

extension BuildProduct.Tags {
    /// The tags that a text makes: its own one, or what stands before a variable in it.
    fileprivate init(of text: String, default defaultTag: String?) {
        let bytes = Array(text.utf8)
        guard ImageName.reference(text) != nil else {
            let beginning = Self.beginning(of: bytes)
            self = beginning.isEmpty ? .any : .beginning(beginning)
            return
        }
        let bounds = ReferenceBounds(bytes)
        let tag = bounds.tag.map { String(decoding: bytes[$0], as: UTF8.self) } ?? defaultTag
        self = bounds.digest == nil ? tag.map { .one($0) } ?? .any : .any
    }

    /// The text between the colon of a tag and a variable in the tag.
    private static func beginning(of text: [UInt8]) -> String {
        var (depth, colon, variable): (Int, Int?, Int?) = (0, nil, nil)
        for (offset, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ":") where depth == 0: (colon, variable) = (offset, nil)
            case UInt8(ascii: "/") where depth == 0: (colon, variable) = (nil, nil)
            case UInt8(ascii: "$") where depth == 0: variable = variable ?? offset
            default: continue
            }
        }
        guard let colon, let variable else { return "" }
        return String(decoding: text[(colon + 1)..<variable], as: UTF8.self)
    }
}

/// A place that may use an image that is made here.
package struct ProductUse: Hashable, Sendable {
    /// The name in the form of `ProductName`.
    package var name: String
    /// The image as it is written.
    var typed: String
    var isOfContainer: Bool
    /// The kind of the resource.
    var resource: String?
    /// nil: something else or a digest decides it.
    package var tag: String?
    package var kind: FindingKind
    /// An image with a digest already exists. Builds only replace names.
    package var isPinned: Bool
    /// The place may hold the name of a container of the pipeline.
    package var mayNameContainer: Bool
    /// Only an image that is on the machine already is used.
    package var isNeverPulled: Bool

    package init(_ finding: Finding) {
        name = ProductName.of(finding)
        typed = finding.reference?.asTyped ?? finding.text
        isOfContainer = finding.isOfContainer
        resource = finding.owner?.kind
        tag = finding.reference?.tag?.name
        kind = finding.kind
        isPinned = finding.reference?.digest != nil
        mayNameContainer = finding.mayNameContainer
        isNeverPulled = finding.isNeverPulled
    }

    func isAmong(_ users: BuildProduct.Users) -> Bool {
        switch users {
        case .all: true
        case .compose: kind == .compose || kind.isDockerfile || (kind.isCommand && ProductName.hasNoHost(name))
        case .dockerfiles: kind.isDockerfile && ProductName.hasNoHost(name)
        case .jobs: mayNameContainer
        case .resources: kind == .kubernetes && ProductName.hasNoHost(name)
        case .commands: (kind == .compose || kind.isCommand) && ProductName.hasNoHost(name)
        }
    }
}

/// The container that uses an image, by the names of its resource and its own. Only their hashes are kept: a large tree
/// has many, and few are asked for.
package struct ContainerPlace: Hashable, Sendable {
    private let resource: Int32
    private let container: Int32

    package init(_ finding: Finding) {
        resource = Self.hash(finding.owner?.name)
        container = Self.hash(finding.container)
    }

    /// The place of a finding that names neither.
    package static let unnamed = ContainerPlace(resource: hash(nil), container: hash(nil))

    private init(resource: Int32, container: Int32) {
        self.resource = resource
        self.container = container
    }

    /// - Parameter bits: those of a place. The hashes are those of this process only.
    package init(bits: UInt64) {
        resource = Int32(truncatingIfNeeded: bits >> 32)
        container = Int32(truncatingIfNeeded: bits)
    }

    package var bits: UInt64 { UInt64(UInt32(bitPattern: resource)) << 32 | UInt64(UInt32(bitPattern: container)) }

    func isIn(resource name: String) -> Bool { resource == Self.hash(name) }
    func isOf(container name: String) -> Bool { container == Self.hash(name) }

    private static func hash(_ name: String?) -> Int32 { Int32(truncatingIfNeeded: name.hashValue) }
}

extension FindingKind {
    var isDockerfile: Bool { [.dockerfileFrom, .dockerfileCopy, .dockerfileMount].contains(self) }

    /// Whether the reference is in a command. Most commands prefer images on their own machine.
    fileprivate var isCommand: Bool {
        switch self {
        case .shell, .makefile, .taskfile, .githubActions, .gitlabCI, .circleCI, .azurePipelines, .bitbucket,
            .buildkite,
            .travis, .jenkins, .semaphore:
            true
        default: false
        }
    }
}
