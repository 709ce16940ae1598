import Content
import OCI

/// Walks the graphs that were read and gives each content a number.
struct SurveyCollector {
    enum Node {
        case failed(TransferFailure)
        case known(children: [Descriptor], blobs: [Descriptor], size: Int64)
    }

    private let nodes: [ManifestCache.Key: Node]
    private let settings: TransferSettings
    private var manifestNumbers: [Digest: Int] = [:]
    private var blobNumbers: [Digest: Int] = [:]
    private(set) var survey = Survey()

    init(nodes: [ManifestCache.Key: Node], settings: TransferSettings) {
        self.nodes = nodes
        self.settings = settings
    }

    mutating func add(_ root: Result<Digest, TransferFailure>, named: Digest?, store: StoreID) {
        var item = Survey.Item()
        item.source = named
        switch root {
        case .failure(let failure): item.failure = failure
        case .success(let digest):
            item.root = digest
            walk(from: digest, store, &item)
        }
        survey.items.append(item)
    }

    /// Breadth first, each manifest once, so that a graph that shares or loops costs what it has.
    private mutating func walk(from root: Digest, _ store: StoreID, _ item: inout Survey.Item) {
        var seen: Set<Digest> = [root]
        var seenBlobs: Set<Digest> = []
        var level = [Descriptor(mediaType: .octetStream, digest: root, size: 0)]
        for _ in 0..<settings.graphDepth where !level.isEmpty {
            var next: [Descriptor] = []
            for descriptor in level {
                switch nodes[ManifestCache.Key(store: store, digest: descriptor.digest)] {
                case .known(let children, let blobs, let size):
                    item.manifests.append(number(manifest: descriptor.digest, size: size))
                    next += children.filter { seen.insert($0.digest).inserted }
                    for blob in blobs where seenBlobs.insert(blob.digest).inserted {
                        item.blobs.append(number(blob: blob))
                    }
                case .failed(let failure) where isBlob(descriptor, failure):
                    if seenBlobs.insert(descriptor.digest).inserted { item.blobs.append(number(blob: descriptor)) }
                case .failed(let failure): item.failure = item.failure ?? failure
                case nil: item.failure = item.failure ?? .notRead
                }
            }
            guard seen.count + seenBlobs.count <= settings.graphDescriptors else { return }
            level = next
        }
    }

    /// An entry of unknown type that is no manifest may be a blob, as in a copy.
    private func isBlob(_ descriptor: Descriptor, _ failure: TransferFailure) -> Bool {
        failure.cause.kind == .notFound && descriptor.mediaType.manifestKind == nil && descriptor.size > 0
    }

    private mutating func number(manifest digest: Digest, size: Int64) -> Int {
        if let number = manifestNumbers[digest] { return number }
        let number = survey.manifests.count
        manifestNumbers[digest] = number
        survey.manifests.append(Survey.Content(digest: digest, size: size))
        return number
    }

    private mutating func number(blob descriptor: Descriptor) -> Int {
        if let number = blobNumbers[descriptor.digest] { return number }
        let number = survey.blobs.count
        blobNumbers[descriptor.digest] = number
        survey.blobs.append(Survey.Content(digest: descriptor.digest, size: descriptor.size))
        return number
    }
}
