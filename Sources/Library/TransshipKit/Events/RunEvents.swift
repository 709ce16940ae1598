// SPDX-License-Identifier: Apache-2.0

/// The events of a run, in the order in which things happened.
///
/// The reader has no deadline, and no event is lost. Up to 1024 events wait for the reader. Then the run holds further
/// events back, and when about ten thousand events wait, it begins no new image. Requests in flight and images that have
/// begun continue. In this way a reader that stops reading stops the run, until the reader returns or throws, or the task
/// is cancelled.
///
/// The sequence ends when the run has ended and all events were read. If the task is cancelled, the run ends, and its last
/// events still come before the sequence ends. Two iterators share the events: each event goes to one of them.
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

    /// Creates an iterator over the events.
    public func makeAsyncIterator() -> some AsyncIteratorProtocol<Event, Never> { EventIterator(buffer: buffer) }
}

private struct EventIterator<Event: Sendable>: AsyncIteratorProtocol {
    let buffer: EventBuffer<Event>

    mutating func next() async -> Event? { await buffer.next() }

    mutating func next(isolation actor: isolated (any Actor)?) async -> Event? { await buffer.next() }
}
