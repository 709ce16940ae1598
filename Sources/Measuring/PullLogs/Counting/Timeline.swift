// SPDX-License-Identifier: Apache-2.0

/// The number of pulls in each second. Memory grows with the time that the pulls cover (4 bytes for each second near a
/// pull), not with the number of pulls.
package struct Timeline: Sendable {
    private static let pageBits: Int64 = 8
    private static let pageSize = 1 << Int(pageBits)

    private var pages: [Int64: [UInt32]] = [:]
    package private(set) var total = 0

    package struct Moment: Hashable, Sendable {
        package var at: Instant
        package var pulls: Int
    }

    /// The largest number of pulls in a period of a given length.
    package struct Peak: Hashable, Sendable {
        package var pulls: Int
        /// The start of the first such period, which begins with a pull.
        package var from: Instant
    }

    mutating func add(_ pulls: Int, at instant: Instant) {
        let second = instant.secondsSince1970
        let index = Int(second & Int64(Self.pageSize - 1))
        let page = second >> Self.pageBits
        let sum = (pages[page]?[index] ?? 0).addingReportingOverflow(UInt32(clamping: pulls))
        pages[page, default: [UInt32](repeating: 0, count: Self.pageSize)][index] =
            sum.overflow ? .max : sum.partialValue
        total += pulls
    }

    package var isEmpty: Bool { pages.isEmpty }

    /// The seconds with pulls, oldest first.
    package var moments: some Sequence<Moment> {
        pages.keys.sorted().lazy.flatMap { page in
            pages[page]!.enumerated().lazy.filter { $0.element > 0 }.map { index, pulls in
                Moment(
                    at: Instant(secondsSince1970: page << Self.pageBits + Int64(index)), pulls: Int(pulls))
            }
        }
    }

    /// The busiest window: the largest number of pulls between any moment and `window` later, the end excluded.
    package func peak(window: TimeSpan) -> Peak? {
        var leaving = moments.makeIterator()
        var oldest = leaving.next()
        var pulls = 0
        var peak: Peak?
        for moment in moments {
            pulls += moment.pulls
            while let old = oldest, moment.at.secondsSince1970 - old.at.secondsSince1970 >= window.seconds {
                pulls -= old.pulls
                oldest = leaving.next()
            }
            if let oldest, pulls > peak?.pulls ?? 0 { peak = Peak(pulls: pulls, from: oldest.at) }
        }
        return peak
    }
}
