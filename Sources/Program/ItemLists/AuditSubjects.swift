// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Reporting
package import TransferEngine

/// The images that `verify` checks.
package struct AuditSubjects {
    package private(set) var items: [AuditItem] = []
    package private(set) var names: [ItemName] = []
    /// Lines whose tags could not be listed, and why. They come after all others.
    package private(set) var unlisted: [ItemID: TransferFailure] = [:]

    package init() {}

    /// The copies that would repair the images. An image without a source gets a copy from itself to itself.
    package var copies: [TransferItem] {
        items.map { TransferItem(source: $0.source ?? $0.target, target: $0.target, platforms: $0.platforms) }
    }

    /// Whether every image has a source to be copied from.
    package var areRepairable: Bool { items.allSatisfy { $0.source != nil } }

    package mutating func add(_ target: Reference, from source: Reference?, platforms: PlatformChoice?) {
        var end = target.endpoint
        // This digest is that of the source's index, which does not arrive.
        if platforms?.replacesIndex == true, source != nil { end.digest = nil }
        items.append(AuditItem(source: source?.endpoint, target: end, platforms: platforms))
        names.append(ItemName(source: source?.asTyped ?? "-", target: target.asTyped))
    }

    /// Adds a line whose images cannot be determined. No other images may be added after it.
    package mutating func add(_ line: ListedItems.FailedLine) {
        unlisted[items.count] = line.failure
        items.append(AuditItem(source: line.transferItem.source, target: line.transferItem.target))
        names.append(line.name)
    }
}
