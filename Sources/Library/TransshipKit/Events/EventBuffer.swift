// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Synchronization

/// The buffer between a run and the reader of its events. If the buffer is full, the run waits. No event is lost.
///
/// ```
///            put, limit reached          next
///   open ─────────────────────▶ full ────────▶ open
///    │ finish                     │ finish
///    ▼                            ▼
///   finished ── next until empty ──▶ ended       abandon, from any state ──▶ abandoned: put keeps nothing
/// ```
final class EventBuffer<Event: Sendable>: Sendable {
    private struct State {
        var events = Deque<Event>()
        var isFinished = false
        var isAbandoned = false
        var readers = Deque<CheckedContinuation<Event?, Never>>()
        var writers = Deque<CheckedContinuation<Void, Never>>()
    }

    /// The number of waiting events at which the run waits.
    static var limit: Int { 1024 }

    private let state = Mutex(State())

    /// Adds an event. Returns when there is room for the next one.
    func put(_ event: Event) async {
        let (reader, isFull) = state.withLock { state -> (CheckedContinuation<Event?, Never>?, Bool) in
            guard !state.isAbandoned else { return (nil, false) }
            if let reader = state.readers.popFirst() { return (reader, false) }
            state.events.append(event)
            return (nil, state.events.count >= Self.limit)
        }
        if let reader { return reader.resume(returning: event) }
        if isFull { await room() }
    }

    private func room() async {
        await withCheckedContinuation { writer in
            let waits = state.withLock { state in
                guard state.events.count >= Self.limit, !state.isAbandoned else { return false }
                state.writers.append(writer)
                return true
            }
            if !waits { writer.resume() }
        }
    }

    /// No more events will be added. Waiting events can still be read.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume(returning: nil) }
    }

    /// No more events will be read. Drops all waiting and later events.
    func abandon() {
        let writers = state.withLock { state in
            state.isAbandoned = true
            state.events = []
            defer { state.writers = [] }
            return state.writers
        }
        for writer in writers { writer.resume() }
    }

    /// Waits for an event; nil once the buffer is finished and empty.
    func next() async -> Event? {
        await withCheckedContinuation { reader in
            let (answer, writers) = state.withLock { state -> (Event??, Deque<CheckedContinuation<Void, Never>>) in
                guard let event = state.events.popFirst() else {
                    if state.isFinished || state.isAbandoned { return (.some(nil), []) }
                    state.readers.append(reader)
                    return (nil, [])
                }
                guard state.events.count < Self.limit else { return (event, []) }
                defer { state.writers = [] }
                return (event, state.writers)
            }
            for writer in writers { writer.resume() }
            if let answer { reader.resume(returning: answer) }
        }
    }
}
