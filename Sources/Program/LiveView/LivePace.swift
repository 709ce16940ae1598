// SPDX-License-Identifier: Apache-2.0

/// How often a page is made anew: every other second, and for long lists so much less often that making it takes a hundredth
/// of one processor at most. All displays of a run together must not take more than a fiftieth of its CPU time.
struct LivePace: Sendable {
    private static let shortest = Duration.seconds(2)
    private static let longest = Duration.seconds(30)

    private(set) var pause = Self.shortest

    /// - Parameter cost: how long making the page took.
    mutating func note(cost: Duration) { pause = min(Self.longest, max(Self.shortest, cost * 100)) }
}
