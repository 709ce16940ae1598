// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The two clocks of a registry. Tests can pass their own.
package struct RegistryClock: Sendable {
    /// The calendar time since 1970. It may jump.
    package var calendar: @Sendable () -> Duration
    /// The time since an arbitrary moment, for measuring. It never goes back.
    package var steady: @Sendable () -> Duration

    package init(calendar: @escaping @Sendable () -> Duration, steady: @escaping @Sendable () -> Duration) {
        self.calendar = calendar
        self.steady = steady
    }

    package static let system = RegistryClock(
        calendar: { read(CLOCK_REALTIME) }, steady: { read(CLOCK_MONOTONIC) })

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    /// This time since 1970 as text: `2026-11-23T09:05:00.123Z` (RFC 3339).
    var timestamp: String {
        // Before 1970 both parts are negative. The text needs the beginning of the current second and the positive
        // rest.
        let isBefore = components.attoseconds < 0
        var seconds = time_t(components.seconds) - (isBefore ? 1 : 0)
        let attoseconds = components.attoseconds + (isBefore ? 1_000_000_000_000_000_000 : 0)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(Self.padded(parts.tm_mon + 1, 2))-\(Self.padded(parts.tm_mday, 2))"
        let time = "\(Self.padded(parts.tm_hour, 2)):\(Self.padded(parts.tm_min, 2)):\(Self.padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(Self.padded(CInt(attoseconds / 1_000_000_000_000_000), 3))Z"
    }

    /// Seconds with microseconds, as a JSON number.
    var secondsText: String {
        let microseconds = Int(components.attoseconds / 1_000_000_000_000)
        return "\(components.seconds).\(Self.padded(CInt(microseconds), 6))"
    }

    private static func padded(_ number: CInt, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
