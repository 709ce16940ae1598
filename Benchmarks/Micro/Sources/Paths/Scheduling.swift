// SPDX-License-Identifier: Apache-2.0

import Content
import ImageFixtures
import OCI
import TransferEngine

extension HotPath {
    /// A whole run of the state machine without any I/O: each image has a layer of its own and one that a hundred share.
    static let scheduling = HotPath(name: "schedule a copy of two hundred images") {
        let registry = try Registry(images: 200)
        return {
            var machine = TransferMachine(items: registry.items, settings: TransferSettings())
            while !machine.isDone {
                guard let work = machine.next(now: .zero) else { throw Stuck() }
                machine.finish(work, registry.answer(to: work.request), now: .zero)
                keep(machine.takeEvents())
            }
        }
    }
}

/// The machine waits for something although nothing runs.
private struct Stuck: Error {}

/// Answers every work at once: the source has all images, the target nothing.
private struct Registry {
    let items: [TransferItem]
    private let manifests: [Repository: ManifestContent]

    init(images count: Int) throws {
        let tag = try Tag("v1")
        var items: [TransferItem] = []
        var manifests: [Repository: ManifestContent] = [:]
        for number in 0..<count {
            let repository = try Repository("team/app\(number)")
            manifests[repository] = Self.manifest(number)
            let source = TransferEndpoint(
                store: StoreID(named: "source"), repository: repository, tag: tag, digest: nil)
            let target = TransferEndpoint(
                store: StoreID(named: "target"), repository: repository, tag: tag, digest: nil)
            items.append(TransferItem(source: source, target: target))
        }
        self.items = items
        self.manifests = manifests
    }

    private static func manifest(_ number: Int) -> ManifestContent {
        func blob(_ type: String, _ name: String) -> String {
            let digest = ContentHash.digest(of: Array(name.utf8))
            return "{\"mediaType\":\"application/vnd.oci.image.\(type)\",\"digest\":\"\(digest)\",\"size\":1000}"
        }
        let layers = [blob("layer.v1.tar+gzip", "base \(number / 100)"), blob("layer.v1.tar+gzip", "own \(number)")]
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest.essence)",\
            "config":\(blob("config.v1+json", "config \(number)")),"layers":[\(layers.joined(separator: ","))]}
            """
        let bytes = Array(text.utf8)
        return ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
    }

    func answer(to task: CopyRequest) -> CopyAnswer {
        switch task {
        case .probeTarget: .summary(nil)
        case .resolveTag(let tag): .summary(summary(tag.repository))
        case .fetchManifest(_, let repository, _): manifests[repository].map { .manifest($0) } ?? .stored()
        case .proveMounts: .mounts(true)
        case .mount: .mounted
        case .findBlob: .absent
        case .fetchBlob: .blob(FetchedBlob())
        case .upload, .storeBlob: .sent(mountRefused: false, resumedAt: nil)
        default: .stored()
        }
    }

    private func summary(_ repository: Repository) -> ManifestSummary? {
        manifests[repository].map {
            ManifestSummary(digest: $0.digest, mediaType: $0.mediaType, size: Int64($0.bytes.count))
        }
    }
}
