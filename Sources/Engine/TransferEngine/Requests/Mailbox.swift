// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Events on their way from a run to whoever is told: put in without waiting, taken out at the reader's pace.
///
/// A terminal, a pipe or a disk may stall whoever is told. That delays neither requests that run nor the next ones: only new
/// items wait while the mailbox is full. No event is lost.
final class Mailbox<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Events that may wait before no new items begin.
    static var limit: Int { 10_000 }

    var isFull: Bool { state.withLock { $0.events.count >= Self.limit } }

    func put(_ events: [Event]) {
        guard !events.isEmpty else { return }
        wake { $0.events.append(contentsOf: events) }
    }

    /// Nothing more will come.
    func close() { wake { $0.isClosed = true } }

    /// Waits for events; there is one reader.
    ///
    /// - Returns: all that wait, in their order; nil once the mailbox is closed and empty.
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
