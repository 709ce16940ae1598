// SPDX-License-Identifier: Apache-2.0

import Content

/// What to do about a failed request: a value, decided without a clock.
enum RetryDecision: Equatable {
    case giveUp
    case again(after: Duration)
    /// The whole store rests, not only this request.
    case pauseStore(Duration)
}

extension RetryPolicy {
    /// What to do about a failure that counts as a try.
    ///
    /// - Parameters:
    ///   - attempt: how often the request was tried by now.
    ///   - random: spreads the delay over 0…1 of its range (full jitter), so that many waiters do not return together.
    func decide(_ failure: ContentFailure, attempt: Int, random: Double) -> RetryDecision {
        guard attempt < limit(failure), failure.retry != .never || failure.saysContentIsMissing else { return .giveUp }
        // Never earlier than the full delay: replicas need that time to learn of the content.
        if failure.saysContentIsMissing {
            return .again(after: delay(attempt, base: base, cap: cap, 1) * (1 + 0.1 * random))
        }
        return .again(after: delay(attempt, base: base, cap: cap, random))
    }

    /// Whether a failure is the store's and not the request's: the store answered before, and nothing since this try began.
    ///
    /// - Parameters:
    ///   - lastSuccess: when the store last did what it was asked; nil: never in this run.
    ///   - start: when the failed try began.
    func isOutage(_ failure: ContentFailure, lastSuccess: Duration?, begunAt start: Duration) -> Bool {
        guard failure.mayBeOutage, let lastSuccess else { return false }
        return lastSuccess <= start
    }

    /// How long a store rests that asks for it. This is no fault of the request, so its tries do not count; only time does.
    ///
    /// - Parameters:
    ///   - refusals: rounds in which the store refused since it last answered.
    ///   - waited: since the request was first refused for this.
    func pause(_ failure: ContentFailure, refusals: Int, waited: Duration, random: Double) -> RetryDecision {
        let isDown = failure.mayBeOutage
        let patience = isDown ? patienceInOutage : patience
        if case .notBefore(let asked) = failure.retry {
            guard asked <= longestPause, waited + asked <= patience else { return .giveUp }
            // A little more than the store says, so that not every client returns in the same instant.
            return .pauseStore(asked + min(asked, .seconds(10)) * (0.1 * random))
        }
        let pause = delay(max(1, refusals), base: base * 2, cap: isDown ? capInOutage : cap, random)
        return waited + pause > patience ? .giveUp : .pauseStore(pause)
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
    /// The store is asked more than it takes: it must be asked less, whatever becomes of this request.
    var saysTooMuch: Bool { kind == .rateLimited || status == 503 }

    /// The store wants to be left alone for a while.
    var asksForPause: Bool {
        switch retry {
        case .never: false
        case .notBefore: true
        case .later: kind == .rateLimited
        }
    }

    /// The store as a whole may be out of order: a gateway says so, or nobody listens any more. What no waiting mends is no outage.
    var mayBeOutage: Bool { retry != .never && (isOutage || kind == .unreachable) }

    /// A target refuses a manifest because it does not see something the manifest lists.
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
