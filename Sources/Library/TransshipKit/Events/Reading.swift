// SPDX-License-Identifier: Apache-2.0

/// Runs a function while the caller reads its events.
///
/// When the reader returns, later events are dropped and the run continues to its end. When the reader throws, the run is
/// cancelled.
///
/// - Returns: what the run returned.
/// - Throws: the reader's error, after the run has ended.
func withEvents<Event: Sendable, Results: Sendable, Failure: Error>(
    isolation: isolated (any Actor)?,
    of run: @escaping @Sendable (EventBuffer<Event>) async -> Results,
    read: (RunEvents<Event>) async throws(Failure) -> Void
) async throws(Failure) -> Results {
    let buffer = EventBuffer<Event>()
    let (results, reading) = await withTaskGroup(of: Results?.self, isolation: isolation) { group in
        _ = isolation
        group.addTask {
            let results = await run(buffer)
            buffer.finish()
            return results
        }
        let reading: Result<Void, Failure>
        do throws(Failure) {
            reading = .success(try await read(RunEvents(buffer: buffer)))
        } catch {
            reading = .failure(error)
            group.cancelAll()
        }
        buffer.abandon()
        return (await group.next() ?? nil, reading)
    }
    try reading.get()
    guard let results else { preconditionFailure("the group has one task, which returns results") }
    return results
}
