// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

@testable import Benchmarking

/// Deletes from nothing, and notes what it was asked for.
private final class NotingEraser: ContentEraser {
    let deleted = Mutex<[String]>([])
    /// The answer to the request with this number, counted from 0; nil: it is deleted.
    private let refusal: @Sendable (Int) -> ContentFailure?

    init(refusal: @escaping @Sendable (Int) -> ContentFailure? = { _ in nil }) { self.refusal = refusal }

    func delete(_ selector: ManifestSelector, in repository: Repository) throws(ContentFailure) {
        try note("manifest \(selector)")
    }

    func delete(blob digest: Digest, in repository: Repository) throws(ContentFailure) { try note("blob \(digest)") }

    private func note(_ what: String) throws(ContentFailure) {
        let number = deleted.withLock { deleted in
            deleted.append(what)
            return deleted.count - 1
        }
        if let failure = refusal(number) { throw failure }
    }
}

@Suite struct ContentRemovalTests {
    private let clock = JumpingClock()

    private var pace: RemovalPace {
        RemovalPace(StoreID(named: "bench.example"), connections: 1, limit: .seconds(60), clock: clock)
    }

    /// What the phases of manifests need: 16 manifests and 65 blobs.
    private func stored(_ phase: RegistryPhase = .manifestGet) async throws -> ContentRemoval {
        var settings = RegistryBenchSettings()
        settings.blobSize = 64
        let load = RegistryLoad(MemoryStore(), root: try Repository("bench/x"), settings: settings, seed: 1)
        try await load.prepare(phase)
        return ContentRemoval(load.content, root: load.root)
    }

    private static func throttled(_ pause: Duration) -> ContentFailure {
        ContentFailure(.rateLimited, "429 Too Many Requests", retry: .notBefore(pause), status: 429)
    }

    @Test func `everything that was stored is deleted, manifests first`() async throws {
        let eraser = NotingEraser()
        let left = await (try stored(.referrers)).remove(with: eraser, pace)
        #expect(left.isEmpty && left.bytes == 0 && left.reason == nil, "\(left)")
        let kinds = eraser.deleted.withLock { $0.map { $0.prefix { $0 != " " } } }
        #expect(kinds == Array(repeating: "manifest", count: 26) + Array(repeating: "blob", count: 65))
    }

    @Test
    func `what may not have come is not left where it is not found, and is told as at most where it cannot be deleted`()
        async throws
    {
        var removal = try await stored()
        removal.isUncertain = true
        for (kind, isLeft) in [(ContentFailure.Kind.notFound, false), (.unauthorized, true)] {
            let eraser = NotingEraser { _ in ContentFailure(kind, "no") }
            let left = await removal.remove(with: eraser, pace)
            #expect(left.isUncertain && left.isEmpty == !isLeft && (left.reason == nil) == !isLeft, "\(left)")
        }
    }

    @Test func `a registry that does not delete is asked twice, and what is left is told`() async throws {
        let removal = try await stored()
        let eraser = NotingEraser { _ in ContentFailure(.unsupported, "deleting is off", status: 405) }
        let left = await removal.remove(with: eraser, pace)
        #expect(eraser.deleted.withLock { $0.count } == 2)
        #expect(left.manifests == 16 && left.blobs == 65 && left.reason == "deleting is off")
        #expect(removal.everything.blobs == 65)
    }

    // MARK: - Time

    @Test(arguments: [0, 5, 30])
    func `a pause that the registry asks for is waited for, and then everything is deleted`(at number: Int) async throws
    {
        let eraser = NotingEraser { $0 == number ? Self.throttled(.seconds(20)) : nil }
        let left = await (try stored()).remove(with: eraser, pace)
        #expect(left.isEmpty && left.reason == nil, "\(left)")
        #expect(clock.now >= .seconds(20) && eraser.deleted.withLock { $0.count } == 16 + 65 + 1)
    }

    @Test func `nobody waits for a pause that is longer than the time for the removal`() async throws {
        let eraser = NotingEraser { $0 < 3 ? nil : Self.throttled(.seconds(61)) }
        let left = await (try stored()).remove(with: eraser, pace)
        #expect(left.manifests == 13 && left.blobs == 65 && left.reason == "429 Too Many Requests", "\(left)")
        #expect(clock.now == .zero && eraser.deleted.withLock { $0.count } == 5)
    }

    @Test func `a registry that asks for one pause after the other is left alone when the time is over`() async throws {
        let eraser = NotingEraser { $0.isMultiple(of: 2) ? Self.throttled(.seconds(25)) : nil }
        let left = await (try stored()).remove(with: eraser, pace)
        #expect(left.manifests == 14 && left.blobs == 62 && left.reason == "429 Too Many Requests", "\(left)")
        #expect(clock.now < .seconds(120))
    }

    @Test func `a deletion that fails for a moment is tried again`() async throws {
        let eraser = NotingEraser { number in
            number == 7 ? ContentFailure(.unavailable, "502 Bad Gateway", retry: .later, status: 502) : nil
        }
        let left = await (try stored()).remove(with: eraser, pace)
        #expect(left.isEmpty && left.reason == nil, "\(left)")
    }

    @Test func `a task that is cancelled meanwhile deletes the rest in haste, and waits for no pause`() async throws {
        let removal = try await stored()
        let pace = pace
        let removing = Mutex<Task<Leftovers, Never>?>(nil)
        let eraser = NotingEraser { number in
            if number == 3 { removing.withLock { $0?.cancel() } }
            return number == 10 ? Self.throttled(.seconds(5)) : nil
        }
        let left = await removing.withLock { removing in
            // It cannot cancel itself before it is known: the fourth request waits for this lock.
            let task = Task { await removal.remove(with: eraser, pace, haste: .seconds(2)) }
            removing = task
            return task
        }.value
        #expect(left.isUncertain && left.reason == "429 Too Many Requests", "\(left)")
        #expect(clock.now == .zero)
    }
}
