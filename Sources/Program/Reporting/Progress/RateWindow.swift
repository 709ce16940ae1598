// SPDX-License-Identifier: Apache-2.0

/// Bytes a second over the last ten seconds: long enough to be steady, short enough to notice a stall.
struct RateWindow: Sendable {
    private static let length = 10.0
    private static let step = 0.25

    /// A run begins with 0 bytes, so the first reading already has a rate.
    private var samples: [(time: Double, bytes: Int64)] = [(0, 0)]

    mutating func add(_ bytes: Int64, at time: Double) {
        if let last = samples.last, time - last.time < Self.step { return }
        samples.append((time, bytes))
        while samples.count > 2, samples[1].time <= time - Self.length { samples.removeFirst() }
    }

    /// - Returns: 0 while too few samples are known.
    func rate(of bytes: Int64, at time: Double) -> Double {
        guard let first = samples.first, time - first.time >= Self.step else { return 0 }
        return Double(max(0, bytes - first.bytes)) / (time - first.time)
    }
}
