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
        /// HTTP requests that began in it: to the registries, and to other hosts.
        package var sourceBegun: Int
        package var targetBegun: Int
        package var othersBegun: Int
    }

    package var rows: [Row] = []

    /// - Parameter most: how many parts there may be at most. Each is 1, 2 or 5 times a power of ten, and at least 10 ms,
    ///   long. Parts without a sample belong to the next one that has a sample.
    package init(_ moments: [CopyMoment], most: Int = 20) {
        guard let last = moments.last, last.time > 0, most > 0 else { return }
        let length = Self.length(atLeast: last.time / Double(most))
        var before = CopyMoment(time: 0, source: .init(), target: .init(), cpu: 0)
        for (position, moment) in moments.enumerated() {
            let part = Self.part(of: moment, length)
            // Only the last sample of a part counts.
            if position + 1 < moments.count, Self.part(of: moments[position + 1], length) == part { continue }
            rows.append(Row(from: Double(part) * length, before, moment))
            before = moment
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

extension CopyTimeline.Row {
    fileprivate init(from start: Double, _ before: CopyMoment, _ end: CopyMoment) {
        self.start = start
        (source, target) = (end.source, end.target)
        sourceBegun = end.source.begun - before.source.begun
        targetBegun = end.target.begun - before.target.begun
        othersBegun = end.othersBegun - before.othersBegun
    }
}
