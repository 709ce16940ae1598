// SPDX-License-Identifier: Apache-2.0

/// Which kustomizations are made of which files, and which names they replace.
///
/// A name in a manifest is no image where each kustomization that nobody else names, and that leads to the manifest, puts
/// another name, tag or digest in its place. One that does not pulls what the manifest says.
struct KustomizationGraph: Sendable {
    private struct Node: Sendable {
        /// Names of which something else is made, as `ProductName` says them.
        var replaced: Set<String> = []
        var components: Set<String> = []
    }

    private var nodes: [String: Node] = [:]
    /// Who names a file or folder, by its path.
    private var parents: [String: Set<String>] = [:]

    private static let fileNames: Set<Substring> = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    mutating func add(_ result: ScanResult, of file: String) {
        guard result.isKustomization else { return }
        let file = FilePath.normalized(file)
        var node = nodes[file] ?? Node()
        node.replaced.formUnion(result.findings.compactMap(Self.replacedName))
        node.components.formUnion(result.components.map { FilePath.resolved($0, from: file) })
        nodes[file] = node
        for followUp in result.followUps {
            guard case .resources = followUp.kind else { continue }
            parents[FilePath.resolved(followUp.path, from: file), default: []].insert(file)
        }
    }

    /// A name that gets another one, or another tag or digest: what a manifest says behind the name is pulled by nobody.
    private static func replacedName(_ finding: Finding) -> String? {
        guard let old = finding.replacedName, let name = finding.parts.first else { return nil }
        let isVersioned = finding.parts.contains { $0.field == .tag || $0.field == .digest }
        let isRenamed = name.insertion == nil && name.value.map(ProductName.of) != ProductName.of(old)
        return isVersioned || isRenamed ? ProductName.of(old) : nil
    }

    func replaces(_ use: ProductUse, in file: String) -> Bool {
        guard !nodes.isEmpty, use.kind == .kubernetes || use.kind == .kustomize else { return false }
        var visited: Set<String> = []
        return isReplaced(use.name, above: FilePath.normalized(file), &visited)
    }

    /// Whether all kustomizations that lead to a file replace the name, each by itself or by one further up.
    private func isReplaced(_ name: String, above file: String, _ visited: inout Set<String>) -> Bool {
        guard visited.insert(file).inserted, visited.count < 4096 else { return false }
        let parents = self.parents(of: file)
        return !parents.isEmpty
            && parents.allSatisfy { parent in
                hasReplacement(name, in: parent, depth: 0) || isReplaced(name, above: parent, &visited)
            }
    }

    private func parents(of file: String) -> Set<String> {
        var found = parents[file] ?? []
        guard let last = file.split(separator: "/").last, Self.fileNames.contains(last) else { return found }
        let folder = FilePath.folder(of: file).dropLast()
        found.formUnion(parents[String(folder)] ?? [])
        return found.subtracting([file])
    }

    private func hasReplacement(_ name: String, in file: String, depth: Int) -> Bool {
        guard depth < 16, let node = nodes[file] else { return false }
        if node.replaced.contains(name) { return true }
        return node.components.contains { folder in
            Self.fileNames.contains { hasReplacement(name, in: folder + "/" + $0, depth: depth + 1) }
        }
    }
}
