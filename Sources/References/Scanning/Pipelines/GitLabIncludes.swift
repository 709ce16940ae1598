// SPDX-License-Identifier: Apache-2.0

/// The files of a project that make up one GitLab pipeline. The pipeline has the variables of all of them
/// (docs.gitlab.com, "Use CI/CD configuration from other files").
struct GitLabIncludes {
    private let nearby: NearbyFiles
    private var read: Set<String> = []
    private var settings = GitLabSettings()

    /// The most files that are read for one pipeline. GitLab allows 150.
    private static let fileLimit = 150

    /// What the files set together. A file overrides the files that it includes, and a later file overrides an earlier
    /// one.
    ///
    /// - Returns: nothing for a pipeline that includes no file of the project.
    static func settings(of bytes: [UInt8], in nearby: NearbyFiles) -> GitLabSettings {
        var includes = GitLabIncludes(nearby: nearby)
        includes.gather(bytes, file: nearby.name ?? "")
        return includes.read.isEmpty ? GitLabSettings() : includes.settings
    }

    private init(nearby: NearbyFiles) { self.nearby = nearby }

    private mutating func gather(_ bytes: [UInt8], file: String) {
        for path in Self.paths(ofIncludesIn: bytes).flatMap(files) {
            guard read.count < Self.fileLimit, let bytes = nearby.read(path), read.insert(path).inserted else {
                continue
            }
            gather(bytes, file: path)
        }
        Self.eachDocument(of: bytes) { view in
            settings.add(view, of: file)
        }
    }

    private static func paths(ofIncludesIn bytes: [UInt8]) -> [String] {
        var paths: [String] = []
        eachDocument(of: bytes) { view in
            if let include = view.document.value("include", in: view.root) {
                paths += Self.paths(in: include, of: view)
            }
        }
        return paths
    }

    private static func eachDocument(of bytes: [UInt8], _ body: (YAMLView) -> Void) {
        bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            while let range = stream.next() {
                guard (try? document.parse(range)) != nil, document.root >= 0 else { continue }
                body(YAMLView(document: document, file: buffer))
            }
        }
    }

    /// The included files of this project, relative to its folder. Files of other projects and of the network are left
    /// out.
    static func paths(in include: YAMLDocument.Index, of view: YAMLView) -> [String] {
        calls(in: include, of: view).map(\.path)
    }

    /// The same, with the known values that the file gives to their inputs.
    static func calls(
        in include: YAMLDocument.Index, of view: YAMLView
    ) -> [(path: String, inputs: [String: String])] {
        let document = view.document
        return (document.kind(include) == .sequence ? document.items(include) : [include]).flatMap { item in
            let local = document.kind(item) == .mapping ? document.value("local", in: item) : item
            let inputs = inputs(of: item, in: view)
            let paths = (local.map(view.texts) ?? []).map(\.string).filter { !$0.contains("://") && !$0.contains("$") }
            return paths.map { (String($0.drop { $0 == "/" }), inputs) }
        }
    }

    private static func inputs(of item: YAMLDocument.Index, in view: YAMLView) -> [String: String] {
        let list = view.document.value("inputs", in: item)
        return (list.map { view.document.entries($0) } ?? []).reduce(into: [:]) { inputs, entry in
            guard let name = view.document.string(entry.key), let text = view.text(entry.value),
                text.count <= GitLabSettings.lengthLimit, !text.bytes.contains(UInt8(ascii: "$"))
            else { return }
            inputs[name] = text.string
        }
    }

    /// The files that match a pattern (`ci/*.yml`, `ci/**.yml`), sorted by path.
    private func files(_ path: String) -> [String] {
        guard path.contains("*") else { return [path] }
        let pattern = PathPattern(path)
        let root = FilePath.folder(of: String(path.prefix { $0 != "*" }))
        let isDeep = path.dropFirst(root.count).contains("/") || path.contains("**")
        return files(below: root, isDeep: isDeep).filter(pattern.matches).sorted()
    }

    /// The most folders that are searched for one pattern.
    private static let folderLimit = 256

    private func files(below root: String, isDeep: Bool) -> [String] {
        var (folders, files, position) = ([root], [String](), 0)
        while position < min(folders.count, Self.folderLimit) {
            let folder = folders[position]
            position += 1
            files += nearby.names(folder).map { folder + $0 }
            guard isDeep else { continue }
            folders += nearby.folders(folder).filter { $0 != ".git" }.map { folder + $0 + "/" }
        }
        return files
    }
}
