// SPDX-License-Identifier: Apache-2.0

import OCI

/// Numbers the way people read them.
package enum Quantity {
    /// `512 B`, `1.5 KiB`, `70.0 MiB`: binary units, one decimal.
    package static func bytes(_ count: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(fixed(value, decimals: 1)) \(units[unit])"
    }

    /// `0.4s`, `3m12s`, `4h10m`.
    package static func time(_ duration: Duration) -> String { time(seconds(duration)) }

    /// - Parameter seconds: any number, also one read from a file. A negative number and NaN count as 0.
    package static func time(_ seconds: Double) -> String {
        if !(seconds >= 60) { return fixed(seconds, decimals: 1) + "s" }
        let whole = Int(saturating: seconds.rounded())
        if whole < 3600 { return "\(whole / 60)m\(whole % 60)s" }
        return "\(whole / 3600)h\(whole % 3600 / 60)m"
    }

    package static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// `1 item`, `2 items`.
    package static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// A speed: `1.5 MiB/s`.
    package static func rate(_ bytes: Int64, in seconds: Double) -> String {
        Self.bytes(Int64(saturating: Double(bytes) / max(seconds, 0.001))) + "/s"
    }

    /// A non-negative number with this many digits after the point.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int(saturating: (max(0, value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        guard decimals > 0 else { return String(scaled) }
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
