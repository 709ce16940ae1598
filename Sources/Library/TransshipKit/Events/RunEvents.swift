// SPDX-License-Identifier: Apache-2.0

/// What a run tells while it goes on, in the order things happened.
///
/// The reader sets no deadline and loses nothing. Events that are not read yet wait, up to 1024 of them; then the run holds
/// events back, and once some ten thousand wait, images that have not begun wait, too. Requests under way and images that have
/// begun go on. A reader that stops for good stops the run in this way until it reads on, returns, or the task is cancelled.
///
/// The sequence ends when the run has ended and everything was read. It does not end earlier when the task is cancelled: that
/// ends the run, and the events of its end still come. Two iterators share the events, each of which goes to one of them.
///
/// ```swift
/// let results = await transship.copy(items) { events in
///     for await event in events {
///         if case .itemFinished(let result) = event { print(result.item.target, result.outcome) }
///     }
/// }
/// ```
public struct RunEvents<Event: Sendable>: AsyncSequence, Sendable {
    /// What `for await` asks for the events.
    public struct Iterator: AsyncIteratorProtocol {
        let buffer: EventBuffer<Event>

        /// Waits for the next event.
        ///
        /// - Returns: nil when the run has ended and no event is left.
        public mutating func next() async -> Event? { await buffer.next() }

        /// As ``next()``.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Event? { await buffer.next() }
    }

    let buffer: EventBuffer<Event>

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer) }
}
