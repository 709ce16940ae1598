// SPDX-License-Identifier: Apache-2.0

/// When and how often a failed request is tried again.
package struct RetryPolicy: Sendable {
    /// Tries of one request or blob, the first one included.
    package var attempts = 5
    /// Tries when content does not match its digest, each over a new connection. A fault that damages one transfer in a
    /// hundred does not damage four of the same content, and a source whose stored content is damaged returns the same
    /// bytes each time.
    package var attemptsOnCorruption = 4
    /// Tries of a manifest that the target cannot parse. Its bytes may have been damaged during the upload.
    package var attemptsOnUnreadable = 3
    /// Tries of a manifest whose content the target does not see yet. Stores with several replicas need some seconds
    /// (quay#208, goharbor/harbor#22417). Four pauses from `base` on are 7.5 s; then the content is placed once more.
    package var attemptsOnMissingContent = 5
    /// Tries when no connection succeeds. `cp` uses 1, so that a mistyped host is reported at once.
    package var attemptsOnUnreachable = 5
    package var base: Duration = .milliseconds(500)
    package var cap: Duration = .seconds(60)
    /// A store that answered before and does not answer now may be restarting. It is retried at least this often, for at
    /// most `longestOutage`.
    package var capInOutage: Duration = .seconds(15)
    package var longestOutage: Duration = .seconds(900)
    /// The longest pause that a store may ask for. A request of a store that asks for a longer one fails at once.
    package var longestPause: Duration = .seconds(900)
    /// How long a throttled request (429) is retried before it fails.
    package var longestWait: Duration = .seconds(1800)
    /// How often other requests must succeed between two refusals of one request before its refusal counts as concerning
    /// only that request.
    package var timesAloneOfLimit = 2
    package var timesAloneOfOutage = 1
    /// How long a request is retried while this process has too many open files.
    package var longestDescriptorShortage: Duration = .seconds(120)

    package init() {}
}
