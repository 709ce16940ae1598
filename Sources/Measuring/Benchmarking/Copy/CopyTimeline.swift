// SPDX-License-Identifier: Apache-2.0

/// What a copy did in equal parts of its time, estimated from samples.
package struct CopyTimeline: Sendable, Hashable {
    /// One part of the time.
    package struct Row: Sendable, Hashable {
        /// Seconds from the beginning of the copy to that of the part.
        package var start: Double
        /// The registries when it ended.
        package var source: CopyMoment.Lane
        package var target: CopyMoment.Lane
        /// The requests that began in it.
        package var begun: CopyRequests
    }

    package var rows: [Row] = []

    /// - Parameter most: how many parts there may be at most. Each is 1, 2 or 5 times a power of ten, and at least 10 ms,
    ///   long. Parts without a sample belong to the next one that has a sample.
    package init(_ moments: [CopyMoment], most: Int = 20) {
        guard let last = moments.last, last.time > 0, most > 0 else { return }
        let length = Self.length(atLeast: last.time / Double(most))
        var before = CopyRequests()
        for (position, moment) in moments.enumerated() {
            let part = Self.part(of: moment, length)
            // Only the last sample of a part counts.
            if position + 1 < moments.count, Self.part(of: moments[position + 1], length) == part { continue }
            rows.append(
                Row(
                    start: Double(part) * length, source: moment.source, target: moment.target,
                    begun: moment.begun.since(before)))
            before = moment.begun
        }
    }

    private static func part(of moment: CopyMoment, _ length: Double) -> Int { Int(moment.time / length) }

    private static func length(atLeast least: Double) -> Double {
        var unit = 0.01
        while true {
            for factor in [1.0, 2, 5] where factor * unit >= least { return factor * unit }
            unit *= 10
        }
    }
}
