// SPDX-License-Identifier: Apache-2.0

/// How often a page is rendered again: every 2 seconds, and less often for long lists, up to every 30 seconds, so that
/// rendering takes at most about 1 % of one processor. All displays of a run together must not take more than 2 % of
/// its CPU time.
struct LivePace: Sendable {
    private static let shortest = Duration.seconds(2)
    private static let longest = Duration.seconds(30)

    private(set) var pause = Self.shortest

    /// - Parameter cost: how long making the page took.
    mutating func note(cost: Duration) { pause = min(Self.longest, max(Self.shortest, cost * 100)) }
}
