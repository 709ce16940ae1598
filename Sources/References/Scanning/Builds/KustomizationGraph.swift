// SPDX-License-Identifier: Apache-2.0

import OCI

/// The files of each kustomization, and the names that it replaces.
///
/// A name in a manifest is not an image to pull if each top-level kustomization that includes the manifest replaces its
/// name, tag or digest. If one of them does not, the manifest's image is pulled.
struct KustomizationGraph: Sendable {
    private struct Node: Sendable {
        var names = SoughtNames()
        /// The names in entries that commands add.
        var edits = SoughtNames()
        var parts: Set<ReplacedPart> = []
        var containers: Set<ReplacedContainer> = []
        var components: [String] = []
        var transformers: [String] = []
        /// The resources that it consists of, which may be transformers.
        var resources: [String] = []
        var reach = ReplacementReach.listed

        func find(_ image: String) -> Bool { names.find(image) || edits.find(image) }
        func replace(_ image: String) -> Bool { names.replace(image) || edits.replace(image) }

        /// Whether a command adds an entry for what an entry here makes. A command that finds an entry by its name changes
        /// that entry instead (kubernetes-sigs/kustomize, commands/edit/set, setimage.go).
        func edits(made image: String) -> Bool { edits.find(image) && !names.find(image) }

        mutating func add(_ result: ScanResult, of file: String) {
            for replacement in result.replacements { names.insert(replacement) }
            parts.formUnion(result.replacedParts)
            containers.formUnion(result.replacedContainers)
            reach = max(reach, result.reach)
            guard result.isKustomization else { return }
            func paths(_ list: [String]) -> [String] { list.map { FilePath.resolved($0, from: file) } }
            components = paths(result.components)
            transformers = paths(result.transformers)
            resources = paths(result.resources)
        }
    }

    private var nodes: [String: Node] = [:]
    /// The kustomizations that name a file or folder, by its path.
    private var parents: [String: Set<String>] = [:]
    /// The files whose resources are in a file or folder somewhere else, by its name.
    private var distant: [Substring: Set<String>] = [:]
    /// The files that search for images by a name in resources that they do not list, by the name as written.
    private var seekers: [String: Set<String>] = [:]
    /// The same by patterns.
    private var patternSeekers: [NamePattern: Set<String>] = [:]
    /// The kinds of resources with other fields that `images` replace. Empty text: all kinds.
    private var kindsWithFields: Set<String> = []
    private var delivered = DeliveredFolders()

    mutating func add(_ result: ScanResult, of file: String) {
        for edit in result.kustomizationEdits { add(edit, of: file) }
        kindsWithFields.formUnion(result.imageFields.map { $0.kind ?? "" })
        for folder in result.applications { delivered.insert(folder) }
        guard
            result.isKustomization || !result.replacements.isEmpty || !result.replacedParts.isEmpty
                || !result.replacedContainers.isEmpty
        else { return }
        let file = FilePath.normalized(file)
        var node = nodes[file] ?? Node()
        node.add(result, of: file)
        nodes[file] = node
        let values = result.isKustomization ? result.valuesFiles.map { FilePath.resolved($0, from: file) } : []
        for path in node.resources + values { parents[path, default: []].insert(file) }
        for name in result.elsewhere.compactMap({ $0.split(separator: "/").last }) where name != ".." {
            distant[name, default: []].insert(file)
        }
        guard result.reach > .listed else { return }
        for replacement in result.replacements { note(replacement.name, soughtBy: file) }
    }

    /// Adds an image to the kustomization in the folder that a command runs in. No file says in which folder the text
    /// itself runs: that of the file, or one above it.
    private mutating func add(_ edit: KustomizationEdit, of file: String) {
        guard edit.folder.utf8.count <= Self.folderLimit else { return }
        var base = FilePath.folder(of: FilePath.normalized(file))
        for _ in 0..<Self.levelLimit {
            for name in Self.fileNames {
                let path = FilePath.normalized(base + edit.folder + name)
                nodes[path, default: Node()].edits.insert(ImageReplacement(name: edit.name, isReplaced: true))
            }
            guard !base.isEmpty, base != "/" else { return }
            base = FilePath.folder(of: String(base.dropLast()))
        }
    }

    /// The most folders above a file in which a command of it may run.
    private static let levelLimit = 16
    /// The most bytes of such a folder. Commands that enter one folder after the other would make paths without end.
    private static let folderLimit = 512

    private mutating func note(_ name: NamePattern, soughtBy file: String) {
        if name.isLiteral {
            seekers[name.text, default: []].insert(file)
        } else {
            patternSeekers[name, default: []].insert(file)
        }
    }

    /// Whether a different image is pulled than the file names.
    func replaces(_ use: ProductUse, at place: ContainerPlace, in file: String) -> Bool {
        let isField = isField(use)
        guard !nodes.isEmpty, isField || use.kind == .kubernetesSetting else { return false }
        let walk = Walk(every: true) { node in
            isField && node.replace(use.typed) || node.containers.contains { $0.holds(use, at: place) }
        }
        return holds(walk, from: FilePath.normalized(file))
    }

    /// Whether the place is one in which `images` replace an image, or an entry of `images` itself.
    private func isField(_ use: ProductUse) -> Bool {
        switch use.kind {
        case .kustomize: true
        case .kubernetes, .helmValues:
            use.isOfContainer || kindsWithFields.contains("") || use.resource.map(kindsWithFields.contains) == true
        default: false
        }
    }

    /// Whether an image is found by its name, and would not be found by another name.
    func looks(for finding: Finding, in file: String) -> Bool {
        // A chart that kustomize renders may put its values into containers. One that a resource names is rendered in
        // the cluster.
        let isOfChart = finding.kind == .helmValues && finding.owner == nil
        guard !nodes.isEmpty, isOfChart || isField(ProductUse(finding)),
            let image = finding.image
        else { return false }
        if finding.kind == .kubernetes, isSought(image) { return true }
        let file = FilePath.normalized(file)
        if finding.kind == .kustomize, nodes[file]?.edits(made: image) == true { return true }
        return holds(Walk(every: false) { $0.find(image) }, from: file)
    }

    /// Whether a part of an image is replaced on any way up.
    func replacesPart(of finding: Finding, in file: String) -> Bool {
        guard !nodes.isEmpty, [.kubernetes, .kubernetesSetting].contains(finding.kind) else { return false }
        let walk = Walk(every: false) { node in node.parts.contains { $0.holds(finding) } }
        return holds(walk, from: FilePath.normalized(file))
    }

    /// Whether a file that may lead to any manifest searches for the name of an image.
    private func isSought(_ text: String) -> Bool {
        let name = ReferenceBounds.name(of: text)
        return seekers[name]?.contains(where: mayLeadAnywhere) == true
            || patternSeekers.contains { $0.key.matches(name) && $0.value.contains(where: mayLeadAnywhere) }
    }

    /// What no file here applies may be applied to anything.
    private func mayLeadAnywhere(_ file: String) -> Bool {
        switch nodes[file]?.reach ?? .listed {
        case .listed: false
        case .ofOthers: parents(of: file).isEmpty
        case .unknown: true
        }
    }

    // MARK: - Ways

    /// A question to all nodes that lead to a file.
    private struct Walk {
        /// Whether the answer has to be yes on every way up. Otherwise one way is enough.
        let every: Bool
        let asks: (Node) -> Bool

        init(every: Bool, _ asks: @escaping (Node) -> Bool) { (self.every, self.asks) = (every, asks) }
    }

    /// Images that a kustomization names go through its own transformers, too.
    private func holds(_ walk: Walk, from file: String) -> Bool {
        if let node = nodes[file], transformers(node.transformers[...], say: walk) { return true }
        var visited: Set<String> = []
        return holds(walk, above: file, &visited)
    }

    /// Whether the kustomizations that lead to a file answer yes, each by itself or through one further up.
    private func holds(_ walk: Walk, above file: String, _ visited: inout Set<String>) -> Bool {
        guard visited.insert(file).inserted, visited.count < Self.fileLimit else { return false }
        var parents = self.parents(of: file)
        if !walk.every { parents.formUnion(distantParents(of: file)) }
        var isHeld = walk.every && !parents.isEmpty
        for parent in parents where isHeld == walk.every {
            if walk.every, delivered.isOfOneOfSeveral(parent) { return false }
            isHeld = says(parent, walk, of: file) || holds(walk, above: parent, &visited)
        }
        return isHeld
    }

    /// Whether a patch in a file may be applied to what another file names. The patch is in a kustomization, or in a file
    /// that one names. If that is a component, the patch is for what others apply it to.
    func leads(from patch: String, to file: String) -> Bool {
        let patch = FilePath.normalized(patch)
        let near = parents(of: patch).union([patch])
        let ends = near.filter { nodes[$0]?.reach == .ofOthers }.reduce(into: near) { $0.formUnion(parents(of: $1)) }
        // Its own images come after its patches.
        var visited = parents(of: FilePath.normalized(file))
        var open = Array(visited)
        while let next = open.popLast(), visited.count < Self.fileLimit {
            if ends.contains(next) { return true }
            open += parents(of: next).filter { visited.insert($0).inserted }
        }
        return false
    }

    /// The most files that are looked at on the ways up from one.
    private static let fileLimit = 4096

    private func parents(of file: String) -> Set<String> {
        var found = parents[file] ?? []
        if let folder = Self.folder(of: file) { found.formUnion(parents[folder] ?? []) }
        return found.subtracting([file])
    }

    /// What may lead to a file, judged by the names in its path.
    private func distantParents(of file: String) -> Set<String> {
        guard !distant.isEmpty else { return [] }
        let names = file.split(separator: "/")
        return names.reduce(into: Set<String>()) { $0.formUnion(distant[$1] ?? []) }.subtracting([file])
    }

    /// Whether a kustomization, or something that it applies, answers yes for the content of `child`. It applies its
    /// components in order, then its own list, then its transformers in order. If `child` is one of these, the earlier
    /// ones do not count.
    private func says(_ file: String, _ walk: Walk, of child: String, depth: Int = 0) -> Bool {
        guard depth < Self.depthLimit, let node = nodes[file] else { return false }
        let last = Self.number(ofItemsUpTo: child, in: node.transformers)
        if transformers(node.transformers[last...], say: walk) { return true }
        if last > 0 { return false }
        if walk.asks(node) { return true }
        return node.components.dropFirst(Self.number(ofItemsUpTo: child, in: node.components)).contains { folder in
            Self.fileNames.contains { says(folder + "/" + $0, walk, of: "", depth: depth + 1) }
        }
    }

    /// Whether one of the transformers answers yes. A transformer is a file, or a folder with a kustomization of
    /// transformers.
    private func transformers(_ paths: ArraySlice<String>, say walk: Walk, depth: Int = 0) -> Bool {
        guard depth < Self.depthLimit else { return false }
        return paths.contains { path in
            if let node = nodes[path] { return walk.asks(node) }
            return Self.fileNames.contains { name in
                nodes[path + "/" + name].map { transformers($0.resources[...], say: walk, depth: depth + 1) } ?? false
            }
        }
    }

    private static let depthLimit = 16

    // MARK: - Paths

    private static let fileNames: Set<Substring> = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The folder by which a kustomization is named. nil: the file is not a kustomization.
    private static func folder(of file: String) -> String? {
        guard let last = file.split(separator: "/").last, fileNames.contains(last) else { return nil }
        return String(FilePath.folder(of: file).dropLast())
    }

    /// The number of items in a list up to the last one that leads to a file. 0: none does.
    private static func number(ofItemsUpTo file: String, in list: [String]) -> Int {
        let folder = folder(of: file)
        return list.lastIndex { $0 == file || $0 == folder }.map { $0 + 1 } ?? 0
    }
}
