// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI

extension LayerTally {
    /// `layers: 12 checked; not checked: 2 encrypted, 1 already at the target`
    ///
    /// - Parameter unchangedItems: the items that were at the target already. None of their layers was read.
    package func summary(unchangedItems: Int = 0) -> String {
        var parts = sortedReasons.map { "\($0.count) \($0.reason.words)" }
        if unchangedItems > 0 { parts.append("those of \(Quantity.count(unchangedItems, "unchanged item"))") }
        return "layers: \(checked) checked" + (parts.isEmpty ? "" : "; not checked: " + parts.joined(separator: ", "))
    }

    /// Numbers by reason.
    var notCheckedJSON: JSON {
        .object(sortedReasons.map { JSON.Member(key: $0.reason.rawValue, value: JSON($0.count)) })
    }

    /// The counts in the order in which the reasons are declared.
    private var sortedReasons: [(reason: Reason, count: Int)] {
        Reason.allCases.compactMap { reason in notChecked[reason].map { (reason, $0) } }
    }
}

extension LayerTally.Reason {
    fileprivate var words: String {
        switch self {
        case .encrypted, .uncompressed: rawValue
        case .foreign: "not distributable"
        case .notALayer: "no layer but other content"
        case .alreadyAtTarget: "already at the target"
        case .noDiffID: "without a diff ID in the config"
        }
    }
}
