// SPDX-License-Identifier: Apache-2.0

/// Work done once and awaited by many.
///
/// A result is kept until it is found stale; a failure is handed to everybody who waited for it, and the next to ask
/// tries again.
package actor SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error> {
    private var tasks: [Key: SharedTask<Result<Value, Failure>>] = [:]

    package init() {}

    /// - Parameter isStale: whether a result that was kept is of no more use. Not asked of a new one.
    package func value(
        for key: Key, unless isStale: @Sendable (Value) -> Bool = { _ in false },
        _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if let task = tasks[key], !task.isAbandoned {
            let result = await finish(task, key)
            guard case .success(let value) = result, isStale(value) else { return try result.get() }
            if tasks[key] === task { tasks[key] = nil }
        }
        let task = tasks[key].flatMap { $0.isAbandoned ? nil : $0 } ?? start(key, work)
        return try await finish(task, key).get()
    }

    private func finish(
        _ task: SharedTask<Result<Value, Failure>>, _ key: Key
    ) async -> Result<Value, Failure> {
        let result = await task.value()
        if case .failure = result, tasks[key] === task { tasks[key] = nil }
        return result
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
