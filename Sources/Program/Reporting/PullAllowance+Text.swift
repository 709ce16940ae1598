// SPDX-License-Identifier: Apache-2.0

package import Content

extension PullAllowance {
    /// `87 of 100 pulls left, in windows of 6h`
    package var text: String {
        let count = limit.map { "\(remaining) of \(Quantity.count($0, "pull"))" } ?? Quantity.count(remaining, "pull")
        return "\(count) left, in windows of \(Quantity.time(window))"
    }
}
