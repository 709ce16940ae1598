// SPDX-License-Identifier: Apache-2.0

/// Arithmetic on numbers from outside: a result that does not fit becomes the nearest number that does.
///
/// A peer, a file or a user may name any number. A sum that is too large is wrong in a report; a trap ends the whole run.
extension FixedWidthInteger {
    package func adding(saturating other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    package func subtracting(saturating other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    package func multiplied(saturatingBy other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    package mutating func add(saturating other: Self) { self = adding(saturating: other) }

    /// The number without its fraction; the nearest bound if it does not fit; 0 for NaN.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence {
    /// The sum of a figure of each element, saturated.
    package func saturatedSum<Number: FixedWidthInteger>(of figure: (Element) -> Number) -> Number {
        reduce(0) { $0.adding(saturating: figure($1)) }
    }
}
