// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// A source, a target, and the runs between them: no I/O, no real time.
struct Scene {
    let source = MemoryStore("source")
    let other = MemoryStore("other")
    let target = MemoryStore("target")
    let clock = JumpingClock()
    let recorder = EventRecorder()
    var settings = TransferSettings()
    var earlier = EarlierRuns()

    func run(_ items: [TransferItem]) async -> [ItemID: ItemReport] {
        let stores: [StoreID: MemoryStore] = ["source": source, "other": other, "target": target]
        var run = TransferRun(
            items: items, settings: settings, clock: clock, observer: recorder,
            stores: RunStores { store, _ in stores[store] ?? source })
        run.earlier = earlier
        return await run.execute().byItem
    }

    /// Nobody could have seen anything incomplete, and nothing was left open.
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(target.violations == [], sourceLocation: sourceLocation)
        #expect(target.openSessions == 0, sourceLocation: sourceLocation)
    }
}

extension StoreID: ExpressibleByStringLiteral {
    /// A store by its name.
    public init(stringLiteral value: String) { self.init(named: value) }
}

extension TransferItem {
    /// `repository:tag` of one store to `repository:tag` of another.
    static func copying(
        _ source: String, to target: String, from store: StoreID = "source", into targetStore: StoreID = "target",
        platforms: PlatformChoice? = nil
    ) throws -> TransferItem {
        TransferItem(
            source: try .parsing(source, in: store), target: try .parsing(target, in: targetStore), platforms: platforms
        )
    }
}

extension TransferEndpoint {
    static func parsing(_ text: String, in store: StoreID) throws -> TransferEndpoint {
        let reference = try Reference(parsing: "test.example/" + text)
        return TransferEndpoint(
            store: store, repository: reference.repository, tag: reference.tag, digest: reference.digest)
    }
}

extension PlatformChoice {
    static func of(_ platforms: String..., sparse: Bool = false) throws -> PlatformChoice {
        try #require(PlatformChoice(try platforms.map { try Platform(parsing: $0) }, isSparse: sparse))
    }
}

extension [ItemReport?] {
    /// Those of the items that ended.
    var byItem: [ItemID: ItemReport] {
        Dictionary(uniqueKeysWithValues: compactMap { report in report.map { ($0.item, $0) } })
    }
}

extension ItemReport {
    var copied: Digest? { if case .copied(let digest) = outcome { digest } else { nil } }
    var kept: (Digest, offered: Digest?)? {
        if case .kept(let digest, let offered) = outcome { (digest, offered) } else { nil }
    }
    var unchanged: Digest? { if case .unchanged(let digest) = outcome { digest } else { nil } }
}

extension MemoryStore.Operation {
    var isManifestGet: Bool { if case .manifest = self { true } else { false } }
    var isSummary: Bool { if case .summary = self { true } else { false } }
    var isBlobGet: Bool { if case .blob = self { true } else { false } }
    var isAdmit: Bool { if case .admit = self { true } else { false } }
    var isUpload: Bool { if case .upload = self { true } else { false } }
    var isPut: Bool { if case .put = self { true } else { false } }
}
