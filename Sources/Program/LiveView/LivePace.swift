// SPDX-License-Identifier: Apache-2.0

/// How often a page is made anew: once a second, and for long lists so much less often that making it takes a fiftieth of
/// one processor at most.
struct LivePace: Sendable {
    private static let shortest = Duration.seconds(1)
    private static let longest = Duration.seconds(30)

    private(set) var pause = Self.shortest

    /// - Parameter cost: how long making the page took.
    mutating func note(cost: Duration) { pause = min(Self.longest, max(Self.shortest, cost * 50)) }
}
