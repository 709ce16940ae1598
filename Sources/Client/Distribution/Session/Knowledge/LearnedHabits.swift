// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// How a registry accepts blobs: what is known beforehand, and what its answers have shown since.
struct LearnedHabits: Sendable {
    private(set) var current: UploadHabits
    private var bodyTimeouts = 0

    /// A 413 for a body smaller than this is final, because such a registry accepts no bodies at all.
    static let smallestBody: Int64 = 1 << 20
    /// The first size tried after a 413: below what proxies and registries are known to allow (Azure/acr#866).
    static let firstGuess: Int64 = 16 << 20

    init(_ habits: UploadHabits) { current = habits }

    /// The registry answered 413 to a body of this size.
    private mutating func refuseBody(of size: Int64) {
        let guess = min(current.largestBody ?? Self.firstGuess, size / 2)
        if guess >= Self.smallestBody { current.largestBody = guess }
    }

    /// Learns about body sizes from the answer to a body of this size.
    mutating func learn(from status: Int?, toBodyOf size: Int64) {
        guard let status else { return }
        if status == 413 { refuseBody(of: size) }
        if Self.timeoutStatuses.contains(status) { outlast(bodyOf: size) }
    }

    /// Statuses that a proxy sends for a request that took too long.
    private static let timeoutStatuses: Set<Int> = [408, 499, 522, 524]

    /// A proxy gave up on a body of this size. The first time may be an exception. From the second time on, smaller bodies
    /// are tried if the registry accepts pieces.
    private mutating func outlast(bodyOf size: Int64) {
        bodyTimeouts += 1
        if bodyTimeouts > 1, current.takesPieces { refuseBody(of: size) }
    }

    mutating func refusePieces() { current.takesPieces = false }
}
