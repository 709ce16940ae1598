// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The results of a run by position, as they come.
final class ResultRecorder<Result: Sendable>: Sendable {
    private let found: Mutex<[Result?]>

    init(count: Int) { found = Mutex(Array(repeating: nil, count: count)) }

    func keep(_ result: Result, at position: Int) { found.withLock { $0[position] = result } }

    /// - Parameter missing: gives the result of an item that did not end, by its position.
    func results(missing: (Int) -> Result) -> [Result] {
        found.withLock { $0 }.enumerated().map { $1 ?? missing($0) }
    }
}
