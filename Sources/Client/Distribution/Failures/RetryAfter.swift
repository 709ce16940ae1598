// SPDX-License-Identifier: Apache-2.0

import OCI

/// The pause that a registry asks for (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    /// A bound for absurdly large numbers. It is longer than any pause that a run waits for, because only the run's retry
    /// policy decides whether a pause is too long, and it needs the true length.
    static let longest = Duration.seconds(10 * 86_400)

    /// - Parameter now: seconds since 1970, for the date form.
    static func parse(_ value: String?, now: Int64) -> Duration? {
        guard let value else { return nil }
        if let seconds = Int64(saturatingDecimal: value) { return clamped(seconds) }
        return HTTPDate.seconds(value).map { clamped($0.subtracting(saturating: now)) }
    }

    private static func clamped(_ seconds: Int64) -> Duration {
        min(.seconds(max(0, seconds)), longest)
    }
}

/// Dates as HTTP headers write them.
enum HTTPDate {
    /// Seconds since 1970 of an IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`), the only form that is still sent.
    static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT" else { return nil }
        guard let day = Int64(decimal: parts[1]), let month = months.firstIndex(of: parts[2]),
            let year = Int64(decimal: parts[3])
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64(decimal: $0) }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year) else { return nil }
        guard (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]) else { return nil }
        let days = GregorianCalendar.daysSince1970(Int(year), month + 1, Int(day))
        return Int64(days) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
