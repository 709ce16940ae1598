// SPDX-License-Identifier: Apache-2.0

/// The values of one figure in all repetitions.
package struct Spread: Sendable, Hashable {
    /// In ascending order.
    private let values: [Double]

    /// nil if there is no finite value.
    package init?(_ values: [Double]) {
        let usable = values.filter(\.isFinite)
        guard !usable.isEmpty else { return nil }
        self.values = usable.sorted()
    }

    package var median: Double {
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    package var lowest: Double { values[0] }
    package var highest: Double { values[values.count - 1] }

    /// The difference between the lowest and the highest repetition. nil for one repetition, which says nothing about
    /// noise.
    package var width: Double? { values.count > 1 ? highest - lowest : nil }

    /// Compares a second measurement with this one.
    ///
    /// The medians differ if the difference between them is larger than that between the repetitions of either
    /// measurement. The result is unknown if a measurement has one repetition.
    package func difference(to other: Spread) -> Difference {
        guard let own = width, let others = other.width else { return .unknown }
        let change = other.median - median
        if abs(change) <= max(own, others) { return .noise }
        return change > 0 ? .higher : .lower
    }

    package enum Difference: String, Sendable, Hashable { case noise, higher, lower, unknown }
}
