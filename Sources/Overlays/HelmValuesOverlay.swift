import OCI
import Rewriting
import Scanning

/// Values that override those of charts: only the keys that change, at their paths.
///
/// Helm merges mappings key by key and replaces lists as a whole, so what stands in a list cannot be said. Values of a
/// dependency stand below its name in those of the chart that is installed.
struct HelmValuesOverlay {
    private(set) var overlay = Overlay()
    private let wish: (Finding) -> RewriteWish
    private let nameWish: (Finding) -> RewriteWish
    private var order: [String] = []
    private var trees: [String: ValueTree] = [:]
    /// What the files read so far say for each output, below their charts' keys.
    private var said: [String: Set<[String]>] = [:]

    init(
        _ sources: [OverlaySource], _ wish: @escaping (Finding) -> RewriteWish,
        _ nameWish: @escaping (Finding) -> RewriteWish
    ) {
        self.wish = wish
        self.nameWish = nameWish
        // What the installed chart says about a dependency's values counts: its own come first.
        for source in sources.sorted(by: { $0.depth < $1.depth }) { add(source) }
        overlay.files = order.sorted().compactMap { path in
            guard let tree = trees[path], !tree.isEmpty else { return nil }
            return OverlayFile(path: path, text: Self.header(path) + tree.text)
        }
    }

    private static func header(_ path: String) -> String {
        "\(OverlayFile.mark) helm-values. To use it, give it to Helm behind other values: -f FILE\n"
    }

    private mutating func add(_ source: OverlaySource) {
        let findings = source.findings.filter { $0.kind == .helmValues }
        guard !findings.isEmpty else { return }
        let paths = KeyPaths(source.bytes)
        let file = source.outputPath
        if trees[file] == nil { order.append(file) }
        // Taken out, so that it is changed in place.
        var tree = trees.removeValue(forKey: file) ?? ValueTree()
        for finding in findings { add(finding, of: source, paths, to: &tree) }
        trees[file] = tree
        for keys in paths.all.compactMap(Self.keys) {
            for prefix in source.prefixes { said[file, default: []].insert(prefix + keys) }
        }
    }

    private mutating func add(
        _ finding: Finding, of source: OverlaySource, _ paths: KeyPaths, to tree: inout ValueTree
    ) {
        let values: [PartValue]
        do throws(RewriteRefusal) { values = try self.values(for: finding) } catch {
            return overlay.leaveOut(finding, of: source, error.reason)
        }
        var settings: [(path: [String], value: String)] = []
        for value in values where value.value != value.part.value {
            let found = paths.paths(to: value.part.range.lowerBound)
            guard !found.isEmpty else {
                return overlay.leaveOut(finding, of: source, "no key of this file leads to it")
            }
            for path in found {
                guard let keys = Self.keys(path) else {
                    return overlay.leaveOut(finding, of: source, "it stands in a list, which Helm replaces as a whole")
                }
                for prefix in source.prefixes { settings.append((prefix + keys, value.value)) }
            }
        }
        let shadowed = said[source.outputPath] ?? []
        for (path, value) in settings where !shadowed.contains(path) && !tree.set(value, at: path[...]) {
            overlay.leaveOut(finding, of: source, "\(path.joined(separator: ".")) decides another image, too")
        }
    }

    /// Where the chart fills in the tag, the name is replaced.
    private func values(for finding: Finding) throws(RewriteRefusal) -> [PartValue] {
        let named = finding.namedOnly
        switch named.map(nameWish) ?? wish(finding) {
        case .leave: return []
        case .refuse(let reason): throw RewriteRefusal(reason)
        case .become(let target): return try (named ?? finding).values(for: target)
        }
    }

    private static func keys(_ path: [KeyStep]) -> [String]? {
        var keys: [String] = []
        for step in path {
            guard case .key(let name) = step else { return nil }
            keys.append(name)
        }
        return keys
    }
}

extension OverlaySource {
    fileprivate var prefixes: [[String]] { chart?.prefixes ?? [[]] }
    fileprivate var depth: Int { prefixes.first?.count ?? 0 }

    /// As the file is named, below the chart's folder; all charts below one folder add to one file.
    fileprivate var outputPath: String {
        let name = file.split(separator: "/").last.map(String.init) ?? "values.yaml"
        let path = chart.map { $0.folder + "/" + name } ?? file
        return path.split(separator: "/").filter { $0 != "." && $0 != ".." && $0 != "-" }.joined(separator: "/")
    }
}

extension Finding {
    /// This finding as one of an image without tag, if all that lacks a value is the tag.
    fileprivate var namedOnly: Finding? {
        guard unresolved == "tag", !parts.isEmpty,
            parts.allSatisfy({ [.registry, .repository, .name].contains($0.field) })
        else { return nil }
        let text = parts.compactMap(\.value).joined(separator: "/")
        guard let reference = ImageName.reference(text) else { return nil }
        var named = self
        named.meaning = .reference(reference)
        return named
    }
}
