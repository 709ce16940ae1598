// SPDX-License-Identifier: Apache-2.0

/// How many requests a run sends at once, and how often it retries one.
package struct RequestSettings: Sendable {
    /// The most requests in flight to one store, for each direction. Each lane finds out how many the store accepts.
    package var connectionsPerStore = 64
    package var retry = RetryPolicy()
    /// The shortest time between two requests to a store, both directions together. Stores without an entry have no limit.
    package var intervals: [StoreID: Duration] = [:]
    /// Sources that are known to count pulls before their first answer.
    package var countedSources: Set<StoreID> = []
    /// Waits, if necessary for hours, when a source's pulls are used up. Otherwise items that need a pull fail at once.
    package var waitsForPulls = false
    /// The most bytes of blobs in memory at once, and of one blob among them.
    package var transitBytes: Int64 = 64 << 20
    package var transitBytesPerBlob: Int64 = 8 << 20
    /// The seed of the random numbers that spread retries.
    package var seed: UInt64 = 0x5DEE_CE66

    package init() {}

    /// When a source's pulls are used up, waits for new ones, for up to a day: the longest window of a registry.
    package mutating func waitForPulls() {
        waitsForPulls = true
        retry.longestPause = .seconds(86_400)
        retry.longestWait = .seconds(86_400)
    }
}
