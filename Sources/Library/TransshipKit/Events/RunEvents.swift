// SPDX-License-Identifier: Apache-2.0

/// What a run tells while it goes on, in the order things happened.
///
/// The reader has no deadline, and no event is lost. Up to 1024 events wait for their reader. Then the run holds further events
/// back, and once some ten thousand wait, it begins no new image. Requests in flight and images that have begun go on. A reader
/// that never reads on stops the run in this way, until it returns, throws, or the task is cancelled.
///
/// The sequence ends when the run has ended and everything was read. It does not end earlier when the task is cancelled: that
/// ends the run, and the events of its end still come. Two iterators share the events: each event goes to one of them.
///
/// ```swift
/// let results = await transship.copy(items) { events in
///     for await event in events {
///         if case .itemFinished(let result) = event { print(result.item.target, result.outcome) }
///     }
/// }
/// ```
public struct RunEvents<Event: Sendable>: AsyncSequence, Sendable {
    let buffer: EventBuffer<Event>

    /// Begins to read.
    public func makeAsyncIterator() -> some AsyncIteratorProtocol<Event, Never> { EventIterator(buffer: buffer) }
}

private struct EventIterator<Event: Sendable>: AsyncIteratorProtocol {
    let buffer: EventBuffer<Event>

    mutating func next() async -> Event? { await buffer.next() }

    mutating func next(isolation actor: isolated (any Actor)?) async -> Event? { await buffer.next() }
}
