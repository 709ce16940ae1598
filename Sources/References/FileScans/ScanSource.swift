// SPDX-License-Identifier: Apache-2.0

import FileTree
import OCI
import Scanning

/// The files of a scan, one after the other.
struct ScanSource {
    enum Item: Sendable {
        case text([UInt8], name: String)
        case file(String, isNamed: Bool)
    }

    private var roots: ArraySlice<ScanRun.Root>
    private let honoursIgnoreFiles: Bool
    private let kinds: KindFilter
    private var walk: FileWalk?
    private(set) var failures: [(path: String, text: String)] = []
    /// The number of files that ignore files exclude.
    private(set) var skipped = 0

    init(roots: [ScanRun.Root], kinds: KindFilter = KindFilter(), honoursIgnoreFiles: Bool) {
        self.roots = roots[...]
        self.kinds = kinds
        self.honoursIgnoreFiles = honoursIgnoreFiles
    }

    /// Up to `count` items. Empty at the end.
    mutating func next(_ count: Int) -> [Item] {
        var items: [Item] = []
        while items.count < count, let item = next() { items.append(item) }
        return items
    }

    private mutating func next() -> Item? {
        while true {
            if let path = walk?.next() { return .file(path, isNamed: false) }
            if let walk { failures += walk.failures.map { ($0.path, "\($0.path.displayable): \($0.reason.text)") } }
            skipped += walk?.ignored ?? 0
            walk = nil
            switch roots.popFirst() {
            case nil: return nil
            case .file(let path): return .file(path, isNamed: true)
            case .text(let bytes, let name): return .text(bytes, name: name)
            case .folder(let path):
                walk = walk(path)
            }
        }
    }

    /// Chooses files by their names, or by their first line if the name says nothing.
    private func walk(_ root: String) -> FileWalk {
        FileWalk(
            root: root, honoursIgnoreFiles: honoursIgnoreFiles,
            isMeant: { [kinds] path in
                guard FileKind(path: path) == nil else { return true }
                let beginning = FileReader.beginning(of: path, length: ScriptLine.length)
                return beginning.flatMap(ScriptLine.kind).map(kinds.keeps) ?? false
            },
            isWanted: { [kinds] path in
                FileKind(path: path).map(kinds.keeps) ?? ScriptLine.mayTell(path: path)
            })
    }
}
