// SPDX-License-Identifier: Apache-2.0

/// The build of a service in a Compose file.
struct ComposeBuild {
    var context: String?
    var file: String?
    var isInline = false
    var arguments = BuildArguments()

    var folder: String { context ?? "." }
    var dockerfile: String { file ?? "Dockerfile" }

    /// This build merged over the build of another file (docs.docker.com, "Merge Compose files").
    func laid(over base: ComposeBuild) -> ComposeBuild {
        ComposeBuild(
            context: context ?? base.context, file: file ?? base.file, isInline: isInline || base.isInline,
            arguments: arguments.laid(over: base.arguments))
    }
}

/// The builds of the file that Compose also reads by default: `compose.override.yaml` is merged over `compose.yaml`.
struct ComposeLayer {
    let builds: [String: ComposeBuild]
    private let isAbove: Bool

    private static let mark = ".override"
    private static let stems = ["compose", "docker-compose"]

    /// - Parameters:
    ///   - name: the name of the scanned file.
    ///   - read: reads a file beside it.
    /// - Returns: nil if there is no other file.
    init?(besides name: String?, variables: Variables, read: (String) -> [UInt8]?) {
        guard let name, let dot = name.lastIndex(of: ".") else { return nil }
        var stem = String(name[..<dot])
        let isAbove = !stem.hasSuffix(Self.mark)
        if !isAbove { stem.removeLast(Self.mark.count) }
        guard Self.stems.contains(stem) else { return nil }
        let names = [".yaml", ".yml"].map { stem + (isAbove ? Self.mark : "") + $0 }
        guard let bytes = names.lazy.compactMap(read).first else { return nil }
        self.isAbove = isAbove
        builds = YAMLView.first(of: bytes) { ComposeScanner(view: $0, variables: variables).builds } ?? [:]
    }

    /// The build of a service according to both files.
    func whole(_ build: ComposeBuild, of service: String) -> ComposeBuild {
        guard let other = builds[service] else { return build }
        return isAbove ? other.laid(over: build) : build.laid(over: other)
    }
}
