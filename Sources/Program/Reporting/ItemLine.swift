// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
package import TransferEngine

/// The names of an item's two ends for the user, as they are written in the list or follow from it.
package struct ItemName: Sendable, Hashable {
    package var source: String
    package var target: String

    package init(source: String, target: String) {
        self.source = source
        self.target = target
    }

    /// The item with the digest that arrived in its target's name. If a digest names an index at the source, one
    /// platform's child may have been copied, and the target has no such index.
    package func arrived(as digest: Digest?) -> ItemName {
        guard let digest, let place = targetPlace else { return self }
        return ItemName(source: source, target: "\(place)@\(digest)")
    }

    /// The target without its digest; nil if the target is not named by one.
    package var targetPlace: Substring? {
        guard let at = target.lastIndex(of: "@"), (try? Digest(target[target.index(after: at)...])) != nil else {
            return nil
        }
        return target[..<at]
    }
}

/// One finished item as a line on standard output.
package struct ItemLine: Sendable {
    package var name: ItemName
    package var report: ItemReport
    /// nil if layers were not inspected.
    package var layers: LayerTally?

    package init(_ name: ItemName, _ report: ItemReport, layers: LayerTally? = nil) {
        self.name = name
        self.report = report
        self.layers = layers
    }

    /// `copied|unchanged|kept|failed`, source, target, digest or `-`, bytes sent; separated by tabs.
    package var text: String {
        [status, name.source, shown.target, digest?.text ?? "-", String(report.counts.bytesSent)]
            .map(\.displayable).joined(separator: "\t")
    }

    /// One JSON object. Its keys are a public interface.
    package var json: String {
        let counts = report.counts
        var members =
            JSON.object([
                "status": .string(status), "source": .string(name.source), "target": .string(shown.target),
                "digest": JSON(digest?.text), "mediaType": JSON(report.mediaType?.essence),
                "bytesSent": JSON(counts.bytesSent), "bytesMounted": JSON(counts.bytesMounted),
                "blobsSent": JSON(counts.sent), "blobsMounted": JSON(counts.mounted),
                "blobsPresent": JSON(counts.present),
                "attempts": JSON(report.attempts),
                "seconds": .number(Quantity.fixed(Quantity.seconds(report.duration), decimals: 3)),
                "error": failure.map(Self.error) ?? .null,
            ]).members ?? []
        if case .kept = report.outcome {
            members.append(JSON.Member(key: "sourceDigest", value: JSON(offered?.text)))
        } else if let index = report.chosenFrom {
            members.append(JSON.Member(key: "sourceDigest", value: JSON(index.text)))
        }
        if let layers {
            members += [
                JSON.Member(key: "layersChecked", value: JSON(layers.checked)),
                JSON.Member(key: "layersNotChecked", value: layers.notCheckedJSON),
            ]
        }
        return JSON.object(members).text
    }

    /// A sentence about an index that was made, and the source's index that it was made of; nil for every other item.
    package var madeIndex: String? {
        guard let index = report.chosenFrom, case .copied(let digest) = report.outcome,
            report.mediaType?.manifestKind == .index
        else { return nil }
        return "the index at the target is \(digest), made of some images of the source's \(index)"
    }

    package var failure: TransferFailure? {
        if case .failed(let failure) = report.outcome { failure } else { nil }
    }

    private var shown: ItemName { name.arrived(as: digest) }

    private var status: String {
        switch report.outcome {
        case .copied: "copied"
        case .unchanged: "unchanged"
        case .kept: "kept"
        case .failed: "failed"
        }
    }

    private var digest: Digest? {
        switch report.outcome {
        case .copied(let digest), .unchanged(let digest), .kept(let digest, _): digest
        case .failed: nil
        }
    }

    /// What the source has, if the target's own content was kept.
    private var offered: Digest? { if case .kept(_, let offered) = report.outcome { offered } else { nil } }

    static func error(_ failure: TransferFailure) -> JSON {
        .object([
            "kind": .string(failure.cause.kind.rawValue), "message": .string(failure.cause.message),
            "side": .string(failure.side.rawValue), "hint": JSON(failure.cause.hint),
        ])
    }
}
