// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

/// How a registry wants to get blobs: what is known of it beforehand, and what its answers taught since.
final class LearnedHabits: Sendable {
    private let habits: Mutex<UploadHabits>
    private let lostPatience = Mutex(0)

    /// A registry that took no body of any size is not one that takes small ones: below this, 413 is final.
    static let smallestBody: Int64 = 1 << 20
    /// The first size tried after a 413: below what proxies and registries are known to allow (Azure/acr#866).
    static let firstGuess: Int64 = 16 << 20

    init(_ habits: UploadHabits) { self.habits = Mutex(habits) }

    var current: UploadHabits { habits.withLock { $0 } }

    /// The registry answered 413 to a body of this size.
    private func refuseBody(of size: Int64) {
        habits.withLock { habits in
            let guess = min(habits.largestBody ?? Self.firstGuess, size / 2)
            if guess >= Self.smallestBody { habits.largestBody = guess }
        }
    }

    /// Takes note of what the answer to a body of this size says about bodies.
    func learn(from status: Int?, toBodyOf size: Int64) {
        guard let status else { return }
        if status == 413 { refuseBody(of: size) }
        if Self.impatience.contains(status) { outlast(bodyOf: size) }
    }

    /// Statuses by which a proxy says that a request took it too long.
    private static let impatience: Set<Int> = [408, 499, 522, 524]

    /// A proxy gave up on a body of this size. Once may be a moment's; from the second time on smaller bodies are tried, where
    /// the registry takes pieces.
    private func outlast(bodyOf size: Int64) {
        let isHabit = lostPatience.withLock { count in
            count += 1
            return count > 1
        }
        if isHabit, current.takesPieces { refuseBody(of: size) }
    }

    func refusePieces() { habits.withLock { $0.takesPieces = false } }
}
