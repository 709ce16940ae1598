// SPDX-License-Identifier: Apache-2.0

extension Sequence where Self: Sendable, Element: Sendable {
    /// The results for all elements, in their order, worked out at most `limit` at once. The first error ends the rest.
    func concurrentMap<Result: Sendable>(
        limit: Int, _ transform: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            var count = 0
            for element in self {
                if count >= limit, let (position, result) = try await group.next() { results[position] = result }
                let position = count
                group.addTask { (position, try await transform(element)) }
                count += 1
            }
            for try await (position, result) in group { results[position] = result }
            return (0..<count).compactMap { results[$0] }
        }
    }
}
