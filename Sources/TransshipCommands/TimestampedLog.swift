import OCI
import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lines with gcrane's time in front: local, to the second, no zone.
struct TimestampedLog: Sendable {
    let console: Console

    func line(_ text: String) { console.note("\(Self.now()) \(text.displayable(limit: 4096))") }

    /// `YYYY/MM/DD HH:MM:SS`
    private static func now() -> String {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        let date = "\(1900 + Int(parts.tm_year))/\(two(parts.tm_mon + 1))/\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
