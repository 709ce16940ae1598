// SPDX-License-Identifier: Apache-2.0

package import Reporting
package import TransferEngine

/// How images that are not whole at their targets are copied again.
package struct RepairPlan: Sendable {
    /// Items that are copied in one run.
    package struct Round: Sendable, Hashable {
        package let existing: ExistingContent
        /// The items, as positions in the whole list.
        package let items: [ItemID]
    }

    /// At most two rounds, the one for damaged images first.
    package let rounds: [Round]

    /// Damaged images are sent completely, because the target believes that the content it has is right. For the other
    /// images only the missing content is sent.
    ///
    /// - Parameter isLeftOut: true for an item for which there is nothing to copy, whatever the audit found.
    package init(for found: AuditResult, leavingOut isLeftOut: (ItemID) -> Bool = { _ in false }) {
        let damaged = Set(found.damaged)
        let unsound = found.unsound.filter { !isLeftOut($0) }
        rounds = [
            Round(existing: .ignored, items: unsound.filter(damaged.contains)),
            Round(existing: .proven, items: unsound.filter { !damaged.contains($0) }),
        ].filter { !$0.items.isEmpty }
    }
}
