// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning

/// Values that override those of charts: only the keys that change, at their paths.
///
/// Helm merges mappings key by key and replaces lists as a whole, so values inside a list cannot be overridden. Values
/// of a dependency are below its name in the values of the installed chart.
struct HelmValuesOverlay {
    private(set) var overlay = Overlay()
    private let decide: (Finding) -> RewriteDecision
    private let decideName: (Finding) -> RewriteDecision
    private var order: [String] = []
    private var uses: [String: [Use]] = [:]
    /// The paths of keys in the files read so far, for each output. Each path includes the keys of its chart.
    private var said: [String: Set<[String]>] = [:]
    /// The same paths with their texts.
    private var texts: [String: [[String]: String]] = [:]

    init(
        _ sources: [OverlaySource], decide: @escaping (Finding) -> RewriteDecision,
        decideName: @escaping (Finding) -> RewriteDecision
    ) {
        self.decide = decide
        self.decideName = decideName
        // The installed chart's values for a dependency win, so its own files come first.
        for source in sources.sorted(by: { $0.depth < $1.depth }) { add(source) }
        leaveOutOthers(sources)
        for path in order where FilePath.name(of: path) == "values.yaml" { leaveOverridden(path) }
        for path in order.sorted() {
            var tree = tree(of: uses[path] ?? [])
            if !tree.isEmpty, said[path]?.contains(Self.imageCheck) == true {
                _ = tree.set("true", at: Self.imageCheck[...], isBare: true)
            }
            if !tree.isEmpty { overlay.files.append(OverlayFile(path: path, text: Self.header(path) + tree.text)) }
        }
    }

    /// Charts by Bitnami refuse images with names other than their own, unless this value is true
    /// (bitnami/charts#30850).
    private static let imageCheck = ["global", "security", "allowInsecureImages"]

    private static func header(_ path: String) -> String {
        "\(OverlayFile.mark) helm-values. To use it, give it to Helm behind other values: -f FILE\n"
    }

    /// Images of charts that no value of an image decides: those in templates, and settings.
    private mutating func leaveOutOthers(_ sources: [OverlaySource]) {
        let charts = Set(sources.compactMap(\.chart?.folder))
        for source in sources where Self.isInside(source.file, charts) {
            overlay.leaveOutSettings(of: source, also: .kubernetes, decide, "no value of the chart's images decides it")
        }
    }

    private static func isInside(_ file: String, _ folders: Set<String>) -> Bool {
        var path = file[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            if folders.contains(String(path)) { return true }
        }
        return folders.contains(".") && !file.hasPrefix("/")
    }

    private mutating func add(_ source: OverlaySource) {
        let findings = source.findings.filter { $0.kind == .helmValues }
        guard !findings.isEmpty else { return }
        let paths = KeyPaths(source.bytes)
        let file = source.outputPath
        if uses[file] == nil { order.append(file) }
        let found = findings.map { use($0, of: source, paths) }
        uses[file, default: []] += found
        for keys in paths.all.compactMap(Self.keys) {
            for prefix in source.prefixes { said[file, default: []].insert(prefix + keys) }
        }
        for (keys, text) in ValueTexts.all(in: source.bytes) {
            for prefix in source.prefixes where texts[file]?[prefix + keys] == nil {
                texts[file, default: [:]][prefix + keys] = text
            }
        }
    }

    /// Values like `values-prod.yaml` override the chart's own, and an overlay would override both. If such values name
    /// another image and no overlay is made of them, the chart's own value stays.
    private mutating func leaveOverridden(_ path: String) {
        var uses = uses[path] ?? []
        defer { self.uses[path] = uses }
        for other in order where other != path && FilePath.folder(of: other) == FilePath.folder(of: path) {
            let settled = Set((self.uses[other] ?? []).filter(\.isMoved).flatMap(\.settings).map(\.path))
            let own = texts[path] ?? [:]
            let others = (texts[other] ?? [:]).filter { $0.value != own[$0.key] && !settled.contains($0.key) }
            let mappings = Set(
                others.keys.filter { $0.last.map(ValueTexts.names.contains) == true }.map { Array($0.dropLast()) })
            for index in uses.indices where uses[index].isMoved {
                let isOverridden = uses[index].settings.contains { setting in
                    setting.isNew
                        && (others[setting.path] != nil || mappings.contains(Array(setting.path.dropLast())))
                }
                if isOverridden {
                    leave(&uses[index], "\(FilePath.name(of: other)) says another name for it")
                }
            }
        }
    }

    // MARK: - What each image needs

    /// The values that an image needs in the keys that decide it.
    private struct Use {
        let source: OverlaySource
        let finding: Finding
        var isMoved = false
        var settings: [(path: [String], value: String, isNew: Bool, old: String)] = []
    }

    private mutating func use(_ finding: Finding, of source: OverlaySource, _ paths: KeyPaths) -> Use {
        var use = Use(source: source, finding: finding)
        do throws(RewriteRefusal) {
            let values = try self.values(for: finding)
            for value in values { try add(value.value, for: value.part, at: paths, to: &use) }
            use.isMoved = use.settings.contains(where: \.isNew)
        } catch {
            overlay.leaveOut(finding, of: source, error.reason)
            use.settings = []
        }
        if !use.isMoved {
            for part in finding.parts { try? add(part.value ?? "", for: part, at: paths, to: &use) }
        }
        return use
    }

    private func add(
        _ value: String, for part: ReferencePart, at paths: KeyPaths, to use: inout Use
    ) throws(RewriteRefusal) {
        let found = paths.paths(to: part.range.lowerBound)
        let isNew = value != part.value
        guard !found.isEmpty || !isNew else { throw RewriteRefusal("no key of this file leads to it") }
        let shadowed = said[use.source.outputPath] ?? []
        for path in found {
            guard let keys = Self.keys(path) else {
                guard isNew else { continue }
                throw RewriteRefusal("it stands in a list, which Helm replaces as a whole")
            }
            for path in use.source.prefixes.map({ $0 + keys }) where !shadowed.contains(path) {
                use.settings.append((path, value, isNew, part.value ?? ""))
            }
        }
    }

    // MARK: - What all can agree on

    /// A key that decides several images gets the value that all of them need. If they need different values, the key
    /// and the images stay as they are.
    private mutating func tree(of uses: [Use]) -> ValueTree {
        var uses = uses
        while true {
            let contested = Self.contested(uses)
            let losers = uses.indices.filter { index in
                uses[index].isMoved && uses[index].settings.contains { contested.contains($0.path) }
            }
            if losers.isEmpty { break }
            for index in losers {
                let path = uses[index].settings.first { contested.contains($0.path) }?.path ?? []
                leave(&uses[index], Self.reason(path))
            }
        }
        var tree = ValueTree()
        for use in uses where use.isMoved {
            for setting in use.settings where setting.isNew && !tree.set(setting.value, at: setting.path[...]) {
                overlay.leaveOut(use.finding, of: use.source, Self.reason(setting.path))
            }
        }
        return tree
    }

    private static func contested(_ uses: [Use]) -> Set<[String]> {
        var wanted: [[String]: String] = [:]
        var contested: Set<[String]> = []
        for setting in uses.flatMap(\.settings) {
            let other = wanted.updateValue(setting.value, forKey: setting.path)
            if let other, other != setting.value { contested.insert(setting.path) }
        }
        return contested
    }

    private mutating func leave(_ use: inout Use, _ reason: String) {
        overlay.leaveOut(use.finding, of: use.source, reason)
        use.isMoved = false
        // From now on the image keeps its value, so images that share a key with it have to stay, too.
        use.settings = use.settings.map { ($0.path, $0.old, false, $0.old) }
    }

    private static func reason(_ path: [String]) -> String {
        "\(path.joined(separator: ".")) decides another image, too"
    }

    /// If the chart fills in the tag, the name is replaced.
    private func values(for finding: Finding) throws(RewriteRefusal) -> [PartValue] {
        let named = finding.named
        switch named.map(decideName) ?? decide(finding) {
        case .leave: return []
        case .refuse(let reason): throw RewriteRefusal(reason)
        case .replace(let target): return try (named ?? finding).values(for: target)
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

    /// The name of the file in the chart's folder. All charts below one folder add to one file.
    fileprivate var outputPath: String {
        let name = file.split(separator: "/").last.map(String.init) ?? "values.yaml"
        let path = chart.map { $0.folder + "/" + name } ?? file
        return path.split(separator: "/").filter { $0 != "." && $0 != ".." && $0 != "-" }.joined(separator: "/")
    }
}
