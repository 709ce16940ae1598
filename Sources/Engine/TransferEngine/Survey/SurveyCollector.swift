// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Content by number, each once.
struct ContentTable: Sendable {
    private(set) var contents: [Survey.Content] = []
    private var numbers: [Digest: Int] = [:]

    mutating func number(_ digest: Digest, size: Int64) -> Int {
        if let number = numbers[digest] { return number }
        numbers[digest] = contents.count
        contents.append(Survey.Content(digest: digest, size: size))
        return contents.count - 1
    }
}

/// Walks the graphs that were read, and lists what each item reaches.
struct SurveyCollector {
    enum Node {
        case failed(TransferFailure)
        case known(children: [Child], blobs: [Int], size: Int64)
    }

    /// An entry of an index, as far as a survey needs it.
    struct Child: IndexEntry, Sendable {
        var digest: Digest
        var size: Int64
        /// Its media type is that of a manifest.
        var isManifest: Bool
        var platform: Platform?
        var attestedDigest: Digest?

        init(_ descriptor: Descriptor) {
            digest = descriptor.digest
            size = descriptor.size
            isManifest = descriptor.isManifest
            platform = descriptor.platform
            attestedDigest = descriptor.attestedDigest
        }
    }

    private let nodes: [ManifestCache.Key: Node]
    private var manifests = ContentTable()
    private var blobs: ContentTable
    private var items: [Survey.Item] = []

    init(nodes: [ManifestCache.Key: Node], blobs: ContentTable) {
        self.nodes = nodes
        self.blobs = blobs
    }

    var result: Survey {
        var survey = Survey()
        survey.items = items
        survey.manifests = manifests.contents
        survey.blobs = blobs.contents
        return survey
    }

    /// The start of an item's walk.
    struct Root {
        var digest: Digest
        /// The children to copy; nil: all children of the manifest.
        var children: [Child]?
    }

    mutating func add(_ root: Result<Root, TransferFailure>, named: Digest?, store: StoreID) {
        var item = Survey.Item()
        item.source = named
        switch root {
        case .failure(let failure): item.failure = failure
        case .success(let root):
            item.root = root.digest
            walk(from: root, store, &item)
        }
        items.append(item)
    }

    /// Breadth first, each manifest once, so that shared manifests and loops do not cost more. Manifests that are nested
    /// too deeply were not read.
    private mutating func walk(from root: Root, _ store: StoreID, _ item: inout Survey.Item) {
        var seen: Set<Digest> = [root.digest]
        var seenBlobs: Set<Int> = []
        var level: [Child?] = [nil]
        while !level.isEmpty {
            var next: [Child] = []
            for child in level {
                let digest = child?.digest ?? root.digest
                switch nodes[ManifestCache.Key(store: store, digest: digest)] ?? .failed(.notRead) {
                case .known(_, _, let size) where size != child?.size ?? size:
                    let promised = child?.size ?? size
                    item.failure = item.failure ?? .wrongSize(of: digest, size, promised: promised, side: .source)
                case .known(let children, let blobs, let size):
                    item.manifests.append(manifests.number(digest, size: size))
                    let wanted = child == nil ? root.children ?? children : children
                    next += wanted.filter { seen.insert($0.digest).inserted }
                    item.blobs += blobs.filter { seenBlobs.insert($0).inserted }
                case .failed(let failure):
                    if let child, child.isBlob(afterReadingFailedWith: failure.cause) {
                        let blob = blobs.number(digest, size: child.size)
                        if seenBlobs.insert(blob).inserted { item.blobs.append(blob) }
                    } else {
                        item.failure = item.failure ?? failure
                    }
                }
            }
            level = next
        }
    }
}
