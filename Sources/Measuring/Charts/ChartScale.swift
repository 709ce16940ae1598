// SPDX-License-Identifier: Apache-2.0

/// Round numbers for the axes of charts.
package enum ChartScale {
    /// Round lengths of time, in seconds.
    private static let times: [Double] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    ]

    /// The number of seconds between the labels of a time axis, so that there are at most `most` labels.
    package static func timeStep(_ seconds: Double, most: Int) -> Double {
        times.first { seconds / $0 <= Double(most) } ?? (seconds / Double(most)).rounded(.up)
    }

    /// The smallest round number in binary units that is not below `bytes`: 1, 2, 5, 10, 20, … or 500 times a power of
    /// 1024.
    package static func ceiling(ofBytes bytes: Double) -> Double {
        var unit = 1.0
        while unit < 1e18 {
            for factor in [1.0, 2, 5, 10, 20, 50, 100, 200, 500] where unit * factor >= bytes { return unit * factor }
            unit *= 1024
        }
        return max(1, bytes)
    }
}
