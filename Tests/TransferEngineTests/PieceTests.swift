// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import ProtocolCases
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct PieceTests {
    private static let text = String(repeating: "0123456789", count: 1000)
    private let image = SampleImage(layers: [text])
    private let digest = ContentHash.digest(of: Array(text.utf8))

    private func scene() throws -> Scene {
        var scene = Scene()
        scene.settings.pieces.worthwhile = 5000
        scene.settings.pieces.size = 3000
        scene.source.add(image, to: try Repository("big"), tag: .latest)
        return scene
    }

    private func appends(_ store: MemoryStore) -> [Int64] {
        store.log.compactMap { if case .append(_, let offset) = $0 { offset } else { nil } }
    }

    private func reads(_ store: MemoryStore) -> [Int64] {
        store.log.compactMap { if case .blob(_, digest, let offset) = $0 { offset } else { nil } }
    }

    @Test func `a large blob arrives in pieces, read once`() async throws {
        let scene = try scene()
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.copied == image.root.digest)
        #expect(appends(scene.target) == [0, 3000, 6000, 9000])
        #expect(reads(scene.source) == [0])
        #expect(scene.target.contains(image, in: try Repository("m/big")))
        scene.expectClean()
    }

    @Test func `a target that fails in a piece gets what it lacks, and the digest is checked over all bytes`()
        async throws
    {
        let scene = try scene()
        scene.target.addFault { operation, earlier in
            guard case .append(_, offset: 6000) = operation, earlier == 0 else { return nil }
            return ContentFailure(.unavailable, "reset", retry: .later)
        }
        // Would be found out only if the second reading went through the same hash as the first.
        scene.source.alter(digest) { bytes, offset in offset == 2000 ? bytes.map { $0 ^ 1 } : bytes }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.failure?.cause.kind == .corrupt)
        #expect(reads(scene.source).prefix(2) == [0, 6000])
        #expect(scene.target.count { if case .commit = $0 { true } else { false } } == 0)
        scene.expectClean()
    }

    @Test func `tries count from where the blob stands`() async throws {
        let scene = try scene()
        scene.target.addFault { operation, earlier in
            guard case .append = operation, earlier < 3 else { return nil }
            return ContentFailure(.unavailable, "reset", retry: .later)
        }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.copied == image.root.digest)
        #expect(appends(scene.target).count == 16)
        scene.expectClean()
    }

    @Test(.covers("U05")) func `a target that answers 413 gets pieces, and later blobs get them at once`() async throws
    {
        var scene = try scene()
        scene.settings.pieces.worthwhile = 1 << 30
        let second = SampleImage(layers: [Self.text + "more"])
        scene.source.add(second, to: try Repository("two"), tag: .latest)
        let large = [digest, ContentHash.digest(of: Array((Self.text + "more").utf8))]
        scene.target.addFault { [target = scene.target] operation, _ in
            guard case .upload(_, let digest) = operation, large.contains(digest) else { return nil }
            target.habits.largestBody = 4000
            return ContentFailure(.tooLarge, "413", status: 413)
        }
        scene.settings.jobs = 1
        let reports = await scene.run([try .copying("big", to: "m/big"), try .copying("two", to: "m/two")])
        #expect(reports[0]?.copied != nil && reports[1]?.copied != nil)
        let refused = scene.target.count {
            if case .upload(_, let digest) = $0 { digest == self.digest } else { false }
        }
        #expect(refused == 1)
        scene.expectClean()
    }

    @Test func `wrong bytes in pieces are never committed`() async throws {
        let scene = try scene()
        scene.source.alter(digest) { bytes, offset in offset >= 9000 ? bytes.map { $0 ^ 1 } : bytes }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.failure?.cause.kind == .corrupt)
        #expect(scene.target.count { if case .commit = $0 { true } else { false } } == 0)
        scene.expectClean()
    }

    @Test func `a source without ranges is read from the start and only the rest is sent`() async throws {
        let scene = try scene()
        scene.source.ignoresRanges = true
        scene.target.addFault { operation, earlier in
            if case .append(_, offset: 6000) = operation, earlier == 0 {
                ContentFailure(.unavailable, "reset", retry: .later)
            } else {
                nil
            }
        }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.copied == image.root.digest)
        #expect(appends(scene.target) == [0, 3000, 6000, 6000, 9000])
        scene.expectClean()
    }

    @Test func `the next run goes on where a killed one stopped`() async throws {
        let scene = try scene()
        let journal = MemoryJournal()
        let killed = Mutex(false)
        scene.target.addFault { operation, _ in
            guard case .append(_, offset: 6000) = operation, !killed.withLock({ $0 }) else { return nil }
            return ContentFailure(.unavailable, "the process died", retry: .never)
        }
        _ = try await run(scene, journal)
        #expect(scene.target.openSessions == 1)
        killed.withLock { $0 = true }

        let recorder = EventRecorder()
        let report = try await run(scene, journal, recorder)
        #expect(report?.copied == image.root.digest)
        #expect(reads(scene.source) == [0, 6000])
        #expect(report?.counts.bytesSent == 4000)
        let sent = recorder.events.reduce(Int64(0)) { sum, event in
            if case .blobPlaced(.sent, _, let bytes, _, _) = event { sum + bytes } else { sum }
        }
        #expect(sent == 4000, "registries and progress count what items count")
        #expect(
            recorder.events.contains {
                if case .uploadResumed(_, from: 6000, _, _) = $0 { true } else { false }
            })
        #expect(journal.isEmpty)
        scene.expectClean()
    }

    @Test func `a session that the target has forgotten is begun anew`() async throws {
        let scene = try scene()
        let journal = MemoryJournal()
        var gone = UploadSession(location: "gone", repository: try Repository("m/big"))
        gone.acknowledged = 6000
        journal.note(gone, at: BlobPlace(store: "target", repository: try Repository("m/big"), digest: digest))
        #expect(try await run(scene, journal)?.copied == image.root.digest)
        #expect(reads(scene.source) == [0])
        scene.expectClean()
    }

    private func run(
        _ scene: Scene, _ journal: MemoryJournal, _ recorder: EventRecorder? = nil
    ) async throws -> ItemReport? {
        let item = try TransferItem.copying("big", to: "m/big")
        let stores: [StoreID: MemoryStore] = ["source": scene.source, "target": scene.target]
        return await TransferRun(
            items: [item], settings: scene.settings, clock: scene.clock, observer: recorder, journal: journal,
            stores: RunStores { store, _ in stores[store] ?? scene.source }
        ).execute()[0]
    }

    @Test(.covers("U06")) func `pieces keep to what the target wants`() throws {
        var session = UploadSession(location: "s", repository: try Repository("a"))
        var settings = PieceSettings()
        settings.worthwhile = 100
        settings.size = 40
        #expect(PiecePlan(size: 99, session: session, habits: UploadHabits(), settings: settings) == .whole)
        #expect(PiecePlan(size: 100, session: session, habits: UploadHabits(), settings: settings) == .pieces(of: 40))
        #expect(
            PiecePlan(size: 1000, session: session, habits: UploadHabits(takesPieces: false), settings: settings)
                == .whole)
        #expect(
            PiecePlan(size: 50, session: session, habits: UploadHabits(largestBody: 20), settings: settings)
                == .pieces(of: 20))
        session.smallestPiece = 60
        #expect(PiecePlan(size: 1000, session: session, habits: UploadHabits(), settings: settings) == .pieces(of: 60))
        session.largestPiece = 80
        #expect(PiecePlan(size: 90, session: session, habits: UploadHabits(), settings: settings) == .pieces(of: 60))
    }
}

/// Open uploads, kept over runs.
final class MemoryJournal: UploadJournal {
    private let uploads = Mutex<[BlobPlace: UploadSession]>([:])

    var isEmpty: Bool { uploads.withLock { $0.isEmpty } }

    func openUpload(at place: BlobPlace) -> UploadSession? { uploads.withLock { $0[place] } }
    func note(_ session: UploadSession, at place: BlobPlace) { uploads.withLock { $0[place] = session } }
    func noteEnd(at place: BlobPlace) { uploads.withLock { $0[place] = nil } }
}
