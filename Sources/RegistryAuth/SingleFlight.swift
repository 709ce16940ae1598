/// Work done once and awaited by many.
///
/// A result is kept for the life of this value; a failure is handed to everybody who waited for it, and the next to
/// ask tries again.
package actor SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error> {
    private var tasks: [Key: SharedTask<Result<Value, Failure>>] = [:]

    package init() {}

    package func value(
        for key: Key, _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let task = tasks[key].flatMap { $0.isAbandoned ? nil : $0 } ?? start(key, work)
        let result = await task.value()
        if case .failure = result, tasks[key] === task { tasks[key] = nil }
        return try result.get()
    }

    private func start(
        _ key: Key, _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) -> SharedTask<Result<Value, Failure>> {
        let task = SharedTask {
            do throws(Failure) { return Result<Value, Failure>.success(try await work()) } catch {
                return .failure(error)
            }
        }
        tasks[key] = task
        return task
    }
}
