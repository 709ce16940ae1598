// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A queue of events from a run to its observer. The run adds events without waiting; the reader takes them at its own
/// pace.
///
/// A terminal, a pipe or a disk may stall the observer. This delays neither running requests nor the next ones. Only new
/// items wait while the mailbox is full. No event is lost.
final class Mailbox<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// When this many events wait, no new items begin.
    static var limit: Int { 10_000 }

    var isFull: Bool { state.withLock { $0.events.count >= Self.limit } }

    func put(_ events: [Event]) {
        guard !events.isEmpty else { return }
        wake { $0.events.append(contentsOf: events) }
    }

    /// No more events will be added.
    func close() { wake { $0.isClosed = true } }

    /// Waits for events; there is one reader.
    ///
    /// - Returns: all waiting events, in order; nil if the mailbox is closed and empty.
    func take() async -> [Event]? {
        while true {
            let (events, isClosed) = state.withLock { state in
                defer { state.events = [] }
                return (state.events, state.isClosed)
            }
            if !events.isEmpty { return events }
            if isClosed { return nil }
            await withCheckedContinuation { reader in
                let waits = state.withLock { state in
                    guard state.events.isEmpty, !state.isClosed else { return false }
                    state.reader = reader
                    return true
                }
                if !waits { reader.resume() }
            }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let reader = state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}
