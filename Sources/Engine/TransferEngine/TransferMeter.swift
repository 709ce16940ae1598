// SPDX-License-Identifier: Apache-2.0

package import OCI
import Synchronization

/// Measures transfers: counts bytes as they pass, and lists the blobs under way. The progress display reads it.
package final class TransferMeter: Sendable {
    /// A blob on its way into a repository, or a blob that is only read.
    package final class Passage: Sendable {
        package let blob: Descriptor
        package let source: StoreID
        /// The store that the blob is sent to, or where it is only read.
        package let store: StoreID
        package let repository: Repository
        fileprivate let isSent: Bool
        private let offset: Int64
        fileprivate let start: Duration
        private let bytes = Atomic<Int64>(0)
        private let lead = Atomic<Int64>(0)

        fileprivate init(
            _ blob: Descriptor, from source: StoreID, to target: StoreID?, _ repository: Repository, offset: Int64,
            start: Duration
        ) {
            self.blob = blob
            self.source = source
            store = target ?? source
            self.repository = repository
            isSent = target != nil
            self.offset = offset
            self.start = start
        }

        /// The first bytes are only read, because the target already has them and their hash is needed.
        func beginsBefore(offset count: Int64) { lead.store(max(0, count), ordering: .relaxed) }

        /// Bytes that were read in this run.
        fileprivate var read: Int64 { bytes.load(ordering: .relaxed) }
        /// Bytes that have passed in this run without those that were only read again.
        fileprivate var passed: Int64 { max(0, read - lead.load(ordering: .relaxed)) }

        /// Bytes of the blob that have passed so far, including those that the target had before.
        package var moved: Int64 { offset + passed }

        /// - Returns: the bytes by which `passed` has grown.
        fileprivate func add(_ count: Int64) -> Int64 {
            let (before, after) = bytes.add(count, ordering: .relaxed)
            let lead = lead.load(ordering: .relaxed)
            return max(0, after - lead) - max(0, before - lead)
        }
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
        /// All bytes that were sent to the store, in every attempt.
        package var written: Int64 = 0
        /// Of `written`, bytes of attempts under way.
        package var underWay: Int64 = 0
        /// Of `written`, bytes of attempts that failed or were interrupted. A later attempt may have continued behind them.
        package var unfinished: Int64 = 0

        package init() {}

        package mutating func add(_ other: Traffic) {
            read.add(saturating: other.read)
            written.add(saturating: other.written)
            underWay.add(saturating: other.underWay)
            unfinished.add(saturating: other.unfinished)
        }
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

    /// Bytes of blobs handed to targets so far, or only read, including repeated ones.
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
            open.passages.values.reduce(into: open.traffic) { $0.add($1, as: \.underWay) }
        }
    }

    /// - Parameter action: called for each passage that has ended, successfully or not.
    package func whenEnded(_ action: @escaping @Sendable (EndedPassage) -> Void) { open.withLock { $0.ended = action } }

    /// - Parameters:
    ///   - target: the store that the blob is sent to; nil if it is only read.
    ///   - offset: bytes that the target already has.
    ///   - start: the time now.
    func begin(
        _ blob: Descriptor, from source: StoreID, to target: StoreID?, _ repository: Repository, offset: Int64 = 0,
        at start: Duration
    ) -> Passage {
        let passage = Passage(blob, from: source, to: target, repository, offset: offset, start: start)
        open.withLock { $0.passages[ObjectIdentifier(passage)] = passage }
        return passage
    }

    func add(_ bytes: Int, to passage: Passage) {
        moved.add(passage.add(Int64(bytes)), ordering: .relaxed)
    }

    /// - Parameter isDone: the whole blob has passed, and the target has accepted it.
    func end(_ passage: Passage, at end: Duration, isDone: Bool) {
        let ended = open.withLock { open in
            open.passages[ObjectIdentifier(passage)] = nil
            open.traffic.add(passage, as: isDone ? nil : \.unfinished)
            return open.ended
        }
        ended?(
            EndedPassage(
                blob: passage.blob, source: passage.source, target: passage.store, repository: passage.repository,
                start: passage.start, end: end))
    }
}

extension [StoreID: TransferMeter.Traffic] {
    /// - Parameter part: the part of the written bytes that the passage belongs to.
    fileprivate mutating func add(
        _ passage: TransferMeter.Passage, as part: WritableKeyPath<TransferMeter.Traffic, Int64>?
    ) {
        let (read, passed) = (passage.read, passage.passed)
        self[passage.source, default: .init()].read.add(saturating: read)
        guard passage.isSent else { return }
        self[passage.store, default: .init()].written.add(saturating: passed)
        if let part { self[passage.store, default: .init()][keyPath: part].add(saturating: passed) }
    }
}
