// SPDX-License-Identifier: Apache-2.0

package import Benchmarking
import OCI

extension Quantity {
    /// A short time to three digits: `830 µs`, `1.24 ms`, `2.31 s`.
    package static func latency(_ seconds: Double) -> String {
        for (unit, factor) in [("µs", 1e6), ("ms", 1e3)] where seconds * factor < 999.5 {
            return "\(threeDigits(seconds * factor)) \(unit)"
        }
        return "\(threeDigits(seconds)) s"
    }

    /// `0.42`, `5.20`, `13.7`, `830`, `12400`.
    package static func threeDigits(_ value: Double) -> String {
        fixed(value, decimals: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
    }

    /// A ratio as a change: `+12 %`, `-3 %`.
    static func change(_ ratio: Double) -> String {
        (ratio < 1 ? "-" : "+") + share((ratio - 1).magnitude)
    }

    /// A share of something that may be larger than the whole: `84 %`, `0.4 %`.
    static func share(_ share: Double) -> String {
        let percent = share * 100
        return fixed(percent, decimals: percent < 9.95 ? 1 : 0) + " %"
    }
}

extension BenchMachine {
    /// As a part of a sentence: `2 processors (Intel Xeon), 23.5 GiB, Linux 6.1.0 x86_64`.
    package var sentence: String {
        [
            Quantity.count(processors, "processor") + (model.isEmpty ? "" : " (\(model.displayable))"),
            memory.map(Quantity.bytes), system.displayable,
        ].compactMap(\.self).joined(separator: ", ")
    }
}
