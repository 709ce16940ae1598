// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

/// Counts a run's items and says how it went, in a sentence.
package struct RunTally: Sendable {
    package let total: Int
    package private(set) var copied = 0
    package private(set) var unchanged = 0
    package private(set) var failed = 0
    /// Items that were left alone, because the target has something else.
    package private(set) var kept = 0
    package private(set) var counts = BlobCounts()
    /// The number of manifests that refer to images and have types that are not wanted.
    package private(set) var referrersLeft = 0

    package init(total: Int) { self.total = total }

    package var finished: Int { copied + unchanged + kept + failed }
    /// Items that have not ended: only after an interruption.
    package var unfinished: Int { total - finished }

    package mutating func add(_ report: ItemReport) {
        counts += report.counts
        referrersLeft.add(saturating: report.referrersLeft)
        switch report.outcome {
        case .copied: copied += 1
        case .unchanged: unchanged += 1
        case .kept: kept += 1
        case .failed(let failure) where failure.cause.kind == .cancelled: break
        case .failed: failed += 1
        }
    }

    /// `200 items: 197 copied, 2 unchanged, 1 failed; 1.2 GiB sent, 3.4 GiB mounted in 12.3s`
    ///
    /// - Parameter sent: all bytes that were sent, also those of blobs that did not arrive.
    package func summary(after duration: Duration, _ sent: SentBytes) -> String {
        var parts = ["\(copied) copied"]
        if unchanged > 0 { parts.append("\(unchanged) unchanged") }
        if kept > 0 { parts.append("\(kept) kept") }
        if failed > 0 { parts.append("\(failed) failed") }
        if unfinished > 0 { parts.append("\(unfinished) not finished") }
        var bytes = Quantity.bytes(sent.all) + " sent"
        if counts.bytesMounted > 0 { bytes += ", " + Quantity.bytes(counts.bytesMounted) + " mounted" }
        let left = referrersLeft > 0 ? "; \(Quantity.count(referrersLeft, "referrer")) of other types left behind" : ""
        return
            "\(Quantity.count(total, "item")): \(parts.joined(separator: ", ")); \(bytes) in \(Quantity.time(duration))"
            + sent.remark + left
    }

    /// The summary with its numbers as separate fields.
    package func notice(after duration: Duration, _ sent: SentBytes) -> Notice {
        Notice(
            .info, "summary", summary(after: duration, sent),
            fields: [
                "items": JSON(total), "copied": JSON(copied), "unchanged": JSON(unchanged), "kept": JSON(kept),
                "failed": JSON(failed), "unfinished": JSON(unfinished), "referrersLeft": JSON(referrersLeft),
                "bytesSent": JSON(sent.all), "bytesUnfinished": JSON(sent.unfinished),
                "bytesMounted": JSON(counts.bytesMounted), "seconds": .seconds(duration),
            ])
    }
}
