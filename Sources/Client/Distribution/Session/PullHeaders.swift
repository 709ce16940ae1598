// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryTransport

/// Header fields about pulls, as Docker Hub sends them with manifests: `ratelimit-remaining: 76;w=21600`.
enum PullHeaders {
    /// Seconds. Shorter windows limit the request rate, and a 429 with its pause tells enough about those.
    static let shortestWindow: Int64 = 3600

    static func allowance(_ headers: WireHeaders) -> PullAllowance? {
        guard let (remaining, window) = count(headers["RateLimit-Remaining"]), window >= shortestWindow else {
            return nil
        }
        return PullAllowance(
            remaining: remaining, limit: count(headers["RateLimit-Limit"])?.count, window: .seconds(window))
    }

    private static func count(_ value: String?) -> (count: Int, window: Int64)? {
        guard let value else { return nil }
        let parts = value.split(separator: ";")
        guard parts.count == 2, let count = Int(decimal: parts[0]), parts[1].hasPrefix("w="),
            let window = Int64(decimal: parts[1].dropFirst(2)), window < 1 << 31
        else { return nil }
        return (count, window)
    }
}

extension ContentFailure {
    /// Adds the known pull allowance to a failure that says that no pulls are left.
    mutating func explainPulls(_ allowance: PullAllowance?) {
        let isSaid = message.lowercased().contains("pull rate limit")
        guard kind == .rateLimited, isSaid || allowance?.remaining == 0 else { return }
        isPullQuota = true
        if let allowance {
            let limit = allowance.limit.map { " of \($0)" } ?? ""
            message += " (\(allowance.remaining)\(limit) pulls left in \(allowance.window.components.seconds / 3600) h)"
        }
        hint = "log in for a larger quota, run it again later, or use batch --wait, which waits for more pulls"
    }
}
