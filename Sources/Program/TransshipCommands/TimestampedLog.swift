// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import TransferEngine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines with gcrane's time in front: local, to the second, no zone.
struct TimestampedLog: Sendable {
    let console: Console

    func line(_ text: String) { console.note(Self.text(text)) }

    /// Logs retries and pauses of the requests of a plan, in the words of a copy's log.
    func tell(_ trouble: RequestTrouble) {
        switch trouble {
        case .retrying(let failure): line("retrying \(failure.cause.message)")
        case .paused(let store, let pause, .outage): line(CopyLog.outage(of: store, askingAgainIn: pause.length))
        case .paused(_, _, .asked): break
        }
    }

    /// The complete line.
    static func text(_ text: String) -> String { "\(LocalTime.now()) \(text.displayable(limit: 4096))" }
}

/// Times as the clock on the wall shows them.
enum LocalTime {
    /// The time of day this many seconds from now, `14:05`.
    static func clock(in seconds: Double) -> String {
        let parts = parts(time(nil) + time_t(saturating: seconds.rounded()))
        return "\(two(parts.tm_hour)):\(two(parts.tm_min))"
    }

    private static func parts(_ time: time_t) -> tm {
        var (seconds, parts) = (time, tm())
        localtime_r(&seconds, &parts)
        return parts
    }

    private static func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }

    /// `YYYY/MM/DD HH:MM:SS`
    static func now() -> String {
        let parts = parts(time(nil))
        let date = "\(1900 + Int(parts.tm_year))/\(two(parts.tm_mon + 1))/\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
