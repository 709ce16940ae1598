// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import TransshipKit
import TransshipTesting

@Suite struct OwnStoreTests {
    private static let host = "memory.example"

    /// From the source registry to the store, and on to the target registry.
    private func items(_ stage: Stage, _ name: String = "app") throws -> (down: CopyItem, up: CopyItem) {
        let (copy, item) = (try ImageReference("\(Self.host)/team/\(name)"), try stage.item(name))
        return (try CopyItem(from: item.source, to: copy), try CopyItem(from: copy, to: item.target))
    }

    @Test func `the store of the page takes an image from a registry and gives it to another, whole`() async throws {
        try await withStage(stores: [Self.host: MemoryStore()]) { stage in
            let image = SampleImage(index: [
                ("linux/amd64", SampleImage(layers: ["base", "amd"], name: "amd")),
                ("linux/arm64", SampleImage(layers: ["base", "arm", ""], name: "arm")),
            ])
            try await stage.source.add(image)
            let (down, up) = try items(stage)
            for item in [down, up] { #expect(await stage.transship.copy([item]).map(\.copied) == [image.rootDigest]) }
            #expect(try await stage.target.latest() == image.rootDigest)
            #expect(await stage.transship.verify([down, up]).map(\.status) == [.whole, .whole])
            #expect(try await stage.transship.tags(of: "\(Self.host)/team/app") == ["latest"])
            let again = await stage.transship.copy([down, up])
            #expect(again.allSatisfy { if case .unchanged = $0.outcome { true } else { false } })
        }
    }

    @Test func `a blob that a store keeps for all its repositories moves once`() async throws {
        try await withStage(stores: [Self.host: MemoryStore()]) { stage in
            let names = (0..<8).map { "app\($0)" }
            for name in names {
                try await stage.source.add(SampleImage(layers: ["shared", name], name: name), as: name)
            }
            let results = await stage.transship.copy(try names.map { try items(stage, $0).down })
            #expect(results.allSatisfy { $0.copied != nil })
            #expect(results.reduce(0) { $0 + $1.blobs.sent } == 2 * names.count + 1)
        }
    }

    @Test func `a plan reads a store of one's own and writes nothing to it`() async throws {
        let store = MemoryStore()
        try await withStage(stores: [Self.host: store]) { stage in
            let image = SampleImage(layers: ["one"])
            try await stage.source.add(image)
            let plan = await stage.transship.plan([try items(stage).down])
            #expect(plan.outcomes == [.copied(try Digest(image.rootDigest))])
            #expect(plan.bytesToSend == image.blobs.values.reduce(0) { $0 + Int64($1.count) })
            #expect(await store.manifest(.tag("latest"), in: "team/app") == nil)
        }
    }

    @Test func `a blob that a store gives damaged is found out, and repaired by a copy that proves`() async throws {
        let store = OddStore()
        try await withStage(stores: [Self.host: store]) { stage in
            let image = SampleImage(layers: ["one", "two"])
            try await stage.source.add(image)
            let down = try items(stage).down
            _ = await stage.transship.copy([down])
            store.oddity.withLock { $0 = .damagedBlobs }
            #expect(await stage.transship.verify([down]).map(\.status) == [.incomplete])
            store.oddity.withLock { $0 = .shortBlobs }
            #expect(await stage.transship.verify([down]).map(\.status) == [.incomplete])
            store.oddity.withLock { $0 = .damagedUntilStored }
            var options = CopyOptions()
            options.existing = .proven
            #expect(await stage.transship.copy([down], options: options)[0].blobs.sent == 3)
            #expect(await stage.transship.verify([down]).map(\.status) == [.whole])
        }
    }

    @Test func `a manifest that does not match its digest fails the image and goes nowhere`() async throws {
        let store = OddStore()
        try await withStage(stores: [Self.host: store]) { stage in
            let image = SampleImage(layers: ["one"])
            try await stage.source.add(image)
            let (down, up) = try items(stage)
            _ = await stage.transship.copy([down])
            store.oddity.withLock { $0 = .damagedManifests }
            let pinned = try CopyItem(from: up.source.pinned(to: Digest(image.rootDigest)), to: up.target)
            let error = await stage.transship.copy([pinned])[0].error
            #expect(error?.kind == .corrupt)
            #expect(error?.side == .source)
            #expect(try await stage.target.latest() == nil)
        }
    }

    @Test(arguments: [OddStore.Oddity.storesHalf, .readsTwice, .refuses])
    func `a store that does not take a blob fails the image, which gets no tag`(oddity: OddStore.Oddity) async throws {
        let store = OddStore()
        store.oddity.withLock { $0 = oddity }
        try await withStage(stores: [Self.host: store]) { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            let error = await stage.transship.copy([try items(stage).down])[0].error
            #expect(error?.kind == (oddity == .refuses ? .denied : .invalid))
            #expect(error?.side == .target)
            #expect(error?.hint == (oddity == .refuses ? "ask the owner" : nil))
            #expect(await store.base.manifest(.tag("latest"), in: "team/app") == nil)
        }
    }

    @Test func `a store without tags says so, and copies do without`() async throws {
        try await withStage(stores: [Self.host: OddStore()]) { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            #expect(await stage.transship.copy([try items(stage).down])[0].copied != nil)
            let error = await #expect(throws: TransshipError.self) {
                try await stage.transship.tags(of: "\(Self.host)/team/app")
            }
            #expect(error?.kind == .unsupported)
        }
    }

    @Test func `what refers to an image is copied to a store and out of it`() async throws {
        try await withStage(stores: [Self.host: MemoryStore()]) { stage in
            let image = SampleImage(layers: ["one"])
            try await stage.source.add(image)
            let note = SampleImage(about: image.root, layers: ["signed"])
            try await stage.source.add(note, tags: [])
            let (down, up) = try items(stage)
            var options = CopyOptions()
            options.copiesReferrers = true
            for item in [down, up] { #expect(await stage.transship.copy([item], options: options)[0].copied != nil) }
            var closely = VerifyOptions()
            closely.includesReferrers = true
            #expect(await stage.transship.verify([down, up], options: closely).map(\.status) == [.whole, .whole])
            let referrer = try ImageReference("\(stage.target.authority)/team/app@\(note.rootDigest)")
            #expect(await stage.transship.verify(images: [referrer]).map(\.status) == [.whole])
        }
    }

    @Test(arguments: ["bucket", "a.example/b", "oci:folder", "library", ""])
    func `a name that references would not read as a host cannot be a store's`(name: String) {
        let error = #expect(throws: TransshipError.self) { try Transship(stores: [name: MemoryStore()]) }
        #expect(error?.kind == .invalid)
    }

    @Test func `a host in another spelling is the same store`() async throws {
        try await withStage(stores: ["Memory.Example:443": MemoryStore()]) { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            #expect(await stage.transship.copy([try items(stage).down])[0].copied != nil)
        }
        #expect(throws: TransshipError.self) {
            try Transship(stores: ["memory.example": MemoryStore(), "MEMORY.example": MemoryStore()])
        }
    }
}

/// A store that does not do what it promises.
final class OddStore: ContentStore {
    enum Oddity: Sendable {
        case damagedBlobs, damagedUntilStored, shortBlobs, damagedManifests, storesHalf, readsTwice, refuses
    }

    let base = MemoryStore()
    let oddity = Mutex<Oddity?>(nil)
    private let stored = Mutex<Set<TransshipKit.Digest>>([])

    func manifest(_ name: ManifestName, in repository: String) async -> ImageManifest? {
        guard let found = await base.manifest(name, in: repository) else { return nil }
        guard oddity.withLock({ $0 == .damagedManifests }) else { return found }
        return ImageManifest(bytes: found.bytes + [32], mediaType: found.mediaType)
    }

    func blob(
        _ digest: TransshipKit.Digest, bytes range: Range<Int64>, in repository: String
    ) async throws -> BlobBytes? {
        guard let bytes = await base.blob(digest, bytes: range, in: repository) else { return nil }
        var blob: [UInt8] = []
        for try await piece in bytes { blob += piece }
        let oddity = oddity.withLock { $0 }
        let isDamaged = oddity == .damagedUntilStored && !stored.withLock { $0.contains(digest) }
        if isDamaged || oddity == .damagedBlobs { blob = blob.map { $0 ^ 1 } }
        if oddity == .shortBlobs { blob = Array(blob.dropLast()) }
        return AsyncThrowingStream { [blob] stream in
            stream.yield(blob)
            stream.finish()
        }
    }

    func hasBlob(_ digest: TransshipKit.Digest, size: Int64, in repository: String) async -> Bool {
        await base.hasBlob(digest, size: size, in: repository)
    }

    func store(
        _ bytes: BlobBytes, as digest: TransshipKit.Digest, size: Int64, in repository: String
    ) async throws {
        switch oddity.withLock({ $0 }) {
        case .storesHalf: return
        case .readsTwice:
            for try await _ in bytes {}
            for try await _ in bytes {}
        case .refuses: throw TransshipError(.denied, "not yours", hint: "ask the owner")
        default:
            try await base.store(bytes, as: digest, size: size, in: repository)
            if oddity.withLock({ $0 == .damagedUntilStored }) { stored.withLock { _ = $0.insert(digest) } }
        }
    }

    func store(_ manifest: ImageManifest, tag: String?, in repository: String) async {
        await base.store(manifest, tag: tag, in: repository)
    }
}
