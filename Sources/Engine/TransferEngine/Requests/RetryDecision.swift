// SPDX-License-Identifier: Apache-2.0

import Content

/// What to do about a failed request: a value, decided without a clock.
enum RetryDecision: Equatable {
    case giveUp
    case again(after: Duration)
    /// The whole store is paused, not only this request.
    case pauseStore(Duration)
}

extension RetryPolicy {
    /// What to do about a failure that counts as a try.
    ///
    /// - Parameters:
    ///   - attempt: the number of tries so far.
    ///   - random: spreads the delay over 0…1 of its range (full jitter), so that many waiters do not return together.
    func decide(_ failure: ContentFailure, attempt: Int, random: Double) -> RetryDecision {
        guard attempt < limit(failure), failure.retry != .never || failure.saysContentIsMissing else { return .giveUp }
        // Waits the full delay, because replicas need that time to get the content.
        if failure.saysContentIsMissing {
            return .again(after: delay(attempt, base: base, cap: cap, 1) * (1 + 0.1 * random))
        }
        return .again(after: delay(attempt, base: base, cap: cap, random))
    }

    /// Whether a failure concerns the store and not the request: the store answered before, but had no success since this
    /// try began.
    ///
    /// - Parameters:
    ///   - lastSuccess: the time of the store's last success; nil: none in this run.
    ///   - start: when the failed try began.
    func isOutage(_ failure: ContentFailure, lastSuccess: Duration?, begunAt start: Duration) -> Bool {
        guard failure.mayBeOutage, let lastSuccess else { return false }
        return lastSuccess <= start
    }

    /// How long a store that asks for a pause is paused. The request is not at fault, so its tries do not count, only the
    /// time.
    ///
    /// - Parameters:
    ///   - refusals: rounds in which the store refused requests since its last success.
    ///   - waited: the time since the request was first refused for this reason.
    func pause(_ failure: ContentFailure, refusals: Int, waited: Duration, random: Double) -> RetryDecision {
        let isDown = failure.mayBeOutage
        let longestWait = isDown ? longestOutage : longestWait
        if case .notBefore(let asked) = failure.retry {
            guard asked <= longestPause, waited + asked <= longestWait else { return .giveUp }
            // A little longer than the store asked, so that not all clients return at the same moment.
            return .pauseStore(asked + min(asked, .seconds(10)) * (0.1 * random))
        }
        let pause = delay(max(1, refusals), base: base * 2, cap: isDown ? capInOutage : cap, random)
        return waited + pause > longestWait ? .giveUp : .pauseStore(pause)
    }

    private func limit(_ failure: ContentFailure) -> Int {
        switch failure.kind {
        case _ where failure.saysContentIsMissing: min(attempts, attemptsOnMissingContent)
        case _ where failure.saysManifestIsUnreadable: min(attempts, attemptsOnUnreadable)
        case .corrupt: attemptsOnCorruption
        case .unreachable: attemptsOnUnreachable
        default: attempts
        }
    }

    private func delay(_ attempt: Int, base: Duration, cap: Duration, _ random: Double) -> Duration {
        let ceiling = min(cap, base * (1 << min(attempt - 1, 16)))
        return ceiling * (0.1 + 0.9 * random)
    }
}

extension ContentFailure {
    /// Whether the store is overloaded. Then fewer requests must be sent to it, independent of this request.
    var saysTooMuch: Bool { kind == .rateLimited || status == 503 }

    /// Whether the store asks for a pause.
    var asksForPause: Bool {
        switch retry {
        case .never: false
        case .notBefore: true
        case .later: kind == .rateLimited
        }
    }

    /// Whether the whole store may be down: a gateway says so, or no connection succeeds. A failure that waiting cannot
    /// cure is not an outage.
    var mayBeOutage: Bool { retry != .never && (isOutage || kind == .unreachable) }

    /// Whether a target refuses a manifest because it does not see content that the manifest lists.
    var saysContentIsMissing: Bool { codes.contains("MANIFEST_BLOB_UNKNOWN") }
}

/// SplitMix64: small, seedable, good enough to spread retries.
struct JitterSource: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
