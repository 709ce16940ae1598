// SPDX-License-Identifier: Apache-2.0

/// How many requests a run sends at once, and how often it sends one again.
package struct RequestSettings: Sendable {
    /// Requests under way at once to one store, for reading and for writing each, at most: each lane finds out how many
    /// the store takes.
    package var connectionsPerStore = 64
    package var retry = RetryPolicy()
    /// The time from one request to a store to the next, at least, in both directions together; stores that are not named have
    /// no limit.
    package var intervals: [StoreID: Duration] = [:]
    /// Sources known to count pulls before their first answer says so.
    package var countedSources: Set<StoreID> = []
    /// Wait, if need be for hours, where a source's pulls are used up; else what needs one fails at once.
    package var waitsForPulls = false
    /// Bytes of blobs in memory at once, and of one blob among them, at most.
    package var transitBytes: Int64 = 64 << 20
    package var transitBytesPerBlob: Int64 = 8 << 20
    /// Start of the random numbers that spread retries.
    package var seed: UInt64 = 0x5DEE_CE66

    package init() {}

    /// Where a source's pulls are used up, waits for more, for up to a day: the longest window of a registry.
    package mutating func waitForPulls() {
        waitsForPulls = true
        retry.longestPause = .seconds(86_400)
        retry.patience = .seconds(86_400)
    }
}
