// SPDX-License-Identifier: Apache-2.0

/// How long a store took to answer small requests.
package struct AnswerTime: Hashable, Sendable {
    private var count = 0
    private var total: Duration = .zero

    package init() {}

    /// The mean time of one request; nil if none was sent.
    package var mean: Duration? { count == 0 ? nil : total / count }

    mutating func add(_ time: Duration) {
        count += 1
        total += time
    }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.count += right.count
        sum.total += right.total
        return sum
    }
}
