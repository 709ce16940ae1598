// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which blobs of a run may be read over several connections, and what the run has learned about each store.
final class SplitGate: Sendable {
    private struct State {
        /// Streams that are being read.
        var streams: [StoreID: Int] = [:]
        var splits = 0
        /// Stores that ignore ranges, or send no faster over more connections.
        var refused: Set<StoreID> = []
    }

    let settings: RangeSettings
    private let state = Mutex(State())

    init(_ settings: RangeSettings) { self.settings = settings }

    /// One stream from a store. It counts for as long as the returned object exists.
    func enter(_ store: StoreID) -> Stream { Stream(gate: self, store: store) }

    final class Stream: Sendable {
        private let gate: SplitGate
        let store: StoreID
        private let isSplit = Mutex(false)

        fileprivate init(gate: SplitGate, store: StoreID) {
            self.gate = gate
            self.store = store
            gate.state.withLock { $0.streams[store, default: 0] += 1 }
        }

        var settings: RangeSettings { gate.settings }

        /// Reserves the additional connections of a split. `join` gives them back, or the end of the stream.
        func split() -> Bool {
            let more = gate.settings.connections - 1
            let isGranted = gate.state.withLock { state in
                guard !state.refused.contains(store), state.splits < gate.settings.splitBlobs,
                    state.streams[store, default: 0] + more <= gate.settings.streamsPerStore
                else { return false }
                state.splits += 1
                state.streams[store, default: 0] += more
                return true
            }
            if isGranted { isSplit.withLock { $0 = true } }
            return isGranted
        }

        /// Returns to one connection.
        ///
        /// - Parameter forGood: no blob of this store is split any more.
        func join(forGood: Bool) {
            let wasSplit = isSplit.withLock { isSplit in
                defer { isSplit = false }
                return isSplit
            }
            gate.state.withLock { state in
                if forGood { state.refused.insert(store) }
                guard wasSplit else { return }
                state.splits -= 1
                state.streams[store, default: 0] -= gate.settings.connections - 1
            }
        }

        deinit {
            join(forGood: false)
            gate.state.withLock { $0.streams[store, default: 1] -= 1 }
        }
    }
}
