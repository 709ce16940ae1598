// SPDX-License-Identifier: Apache-2.0

package import OCI
import Synchronization

/// Measures transfers: counts bytes as they pass, and lists the blobs under way. The progress display reads it.
package final class TransferMeter: Sendable {
    /// A blob on its way into a repository.
    package final class Passage: Sendable {
        package let blob: Descriptor
        package let source: StoreID
        package let store: StoreID
        package let repository: Repository
        private let offset: Int64
        fileprivate let start: Duration
        private let bytes: Atomic<Int64>

        init(
            _ blob: Descriptor, from source: StoreID, to store: StoreID, _ repository: Repository, offset: Int64,
            start: Duration
        ) {
            self.blob = blob
            self.source = source
            self.store = store
            self.repository = repository
            self.offset = offset
            self.start = start
            bytes = Atomic(offset)
        }

        /// Bytes that have passed in this run.
        fileprivate var passed: Int64 { moved - offset }

        /// Bytes of the blob that have passed so far, including those that the target had before.
        package var moved: Int64 { bytes.load(ordering: .relaxed) }

        fileprivate func add(_ count: Int64) { bytes.add(count, ordering: .relaxed) }
    }

    /// A passage that has ended.
    package struct EndedPassage: Sendable {
        package var blob: Descriptor
        package var source: StoreID
        package var target: StoreID
        package var repository: Repository
        package var start: Duration
        package var end: Duration
    }

    /// Bytes of blobs that passed from a store, and to it.
    package struct Traffic: Sendable, Hashable {
        package var read: Int64 = 0
        package var written: Int64 = 0

        package init() {}
    }

    private struct Open: Sendable {
        var passages: [ObjectIdentifier: Passage] = [:]
        /// The traffic of ended passages.
        var traffic: [StoreID: Traffic] = [:]
        var ended: (@Sendable (EndedPassage) -> Void)?
        var plan: (@Sendable () async -> PlanState)?
    }

    private let moved = Atomic<Int64>(0)
    private let open = Mutex(Open())

    package init() {}

    /// Bytes of blobs handed to targets so far, including repeated ones.
    package var bytesMoved: Int64 { moved.load(ordering: .relaxed) }

    /// The blobs under way, in no particular order.
    package var passages: [Passage] { open.withLock { Array($0.passages.values) } }

    /// The plan's progress; empty before the plan begins.
    package func plan() async -> PlanState { await open.withLock(\.plan)?() ?? PlanState() }

    /// - Parameter plan: returns the plan's current progress.
    func watch(_ plan: @escaping @Sendable () async -> PlanState) { open.withLock { $0.plan = plan } }

    /// The traffic of each store so far.
    package var traffic: [StoreID: Traffic] {
        open.withLock { open in
            open.passages.values.reduce(into: open.traffic) { $0.add($1) }
        }
    }

    /// - Parameter action: called for each passage that has ended, successfully or not.
    package func whenEnded(_ action: @escaping @Sendable (EndedPassage) -> Void) { open.withLock { $0.ended = action } }

    /// - Parameters:
    ///   - offset: bytes that the target already has.
    ///   - start: the time now.
    func begin(
        _ blob: Descriptor, from source: StoreID, to store: StoreID, _ repository: Repository, offset: Int64 = 0,
        at start: Duration
    ) -> Passage {
        let passage = Passage(blob, from: source, to: store, repository, offset: offset, start: start)
        open.withLock { $0.passages[ObjectIdentifier(passage)] = passage }
        return passage
    }

    func add(_ bytes: Int, to passage: Passage) {
        moved.add(Int64(bytes), ordering: .relaxed)
        passage.add(Int64(bytes))
    }

    func end(_ passage: Passage, at end: Duration) {
        let ended = open.withLock { open in
            open.passages[ObjectIdentifier(passage)] = nil
            open.traffic.add(passage)
            return open.ended
        }
        ended?(
            EndedPassage(
                blob: passage.blob, source: passage.source, target: passage.store, repository: passage.repository,
                start: passage.start, end: end))
    }
}

extension [StoreID: TransferMeter.Traffic] {
    fileprivate mutating func add(_ passage: TransferMeter.Passage) {
        self[passage.source, default: .init()].read.add(saturating: passage.passed)
        self[passage.store, default: .init()].written.add(saturating: passage.passed)
    }
}
