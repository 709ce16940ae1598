// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

extension RunReport {
    /// The value of a report's first member. A later form that older programs misread gets another number.
    static let format = "transship-report-1"

    /// Writes the report as one JSON document, in pieces, so that a million items need not be in memory as text. Its
    /// keys are a public interface.
    ///
    /// - Throws: what `take` throws.
    package func writeJSON<Failure>(_ take: (String) throws(Failure) -> Void) throws(Failure) {
        try take(head.text.dropLast() + ",\"items\":[")
        var piece = ""
        for (position, item) in items.enumerated() {
            piece += (position == 0 ? "" : ",") + item.json.text
            guard piece.utf8.count >= 1 << 16 else { continue }
            try take(piece)
            piece.removeAll(keepingCapacity: true)
        }
        try take(piece + "]}\n")
    }

    /// The JSON document as one text.
    package var jsonText: String {
        var text = ""
        writeJSON { (piece: String) throws(Never) in text += piece }
        return text
    }

    /// The runs whose outcomes this report contains; for a report of one run, that run.
    var allRuns: Set<Digest> {
        guard runs.isEmpty else { return runs }
        var hash = ContentHash(.sha256)
        writeJSON { (piece: String) throws(Never) in Array(piece.utf8).withUnsafeBytes { hash.update($0) } }
        return [hash.finish()]
    }

    /// All members except the items.
    private var head: JSON {
        guard !runs.isEmpty else { return ownHead }
        let runs = JSON.array(runs.map(\.text).sorted().map(JSON.string))
        return .object((ownHead.members ?? []) + [JSON.Member(key: "runs", value: runs)])
    }

    private var ownHead: JSON {
        .object([
            "format": .string(Self.format), "program": .string(program),
            "arguments": .array(arguments.map(JSON.string)), "started": .string(started), "ended": .string(ended),
            "seconds": .seconds(seconds), "exitStatus": JSON(exitStatus), "shard": shard?.json ?? .null,
            "totals": totalsJSON, "registries": .array(registries.map(\.json)), "origins": .array(origins.map(\.json)),
            "plan": plan?.json ?? .null, "timeline": timeline?.json ?? .null,
        ])
    }

    private var totalsJSON: JSON {
        let totals = totals
        return .object(
            [JSON.Member(key: "items", value: JSON(totals.items))]
                + Status.allCases.map { JSON.Member(key: $0.rawValue, value: JSON(totals.count($0))) }
                + [
                    JSON.Member(key: "blobsSent", value: JSON(registries.saturatedSum(of: \.blobsSent))),
                    JSON.Member(key: "blobsMounted", value: JSON(registries.saturatedSum(of: \.blobsMounted))),
                    JSON.Member(key: "blobsPresent", value: JSON(registries.saturatedSum(of: \.blobsPresent))),
                    JSON.Member(key: "bytesSent", value: JSON(sent.all)),
                    JSON.Member(key: "bytesUnfinished", value: JSON(sent.unfinished)),
                    JSON.Member(key: "bytesMounted", value: JSON(registries.saturatedSum(of: \.bytesMounted))),
                    JSON.Member(key: "retries", value: JSON(registries.saturatedSum(of: \.retries))),
                    JSON.Member(key: "referrersLeft", value: JSON(referrersLeft)),
                    JSON.Member(key: "pauses", value: JSON(registries.saturatedSum(of: \.pauses))),
                ] + (totals.audits.isEmpty ? [] : [JSON.Member(key: "audit", value: Self.json(totals.audits))]))
    }

    private static func json(_ audits: [AuditStatus: Int]) -> JSON {
        .object(AuditStatus.allCases.map { JSON.Member(key: $0.rawValue, value: JSON(audits[$0] ?? 0)) })
    }
}

extension RunReport.Item {
    /// The members of a line of `batch --format json`, and what an audit found.
    fileprivate var json: JSON {
        guard let audit else { return .object(members) }
        return .object(members + [JSON.Member(key: "audit", value: .string(audit.rawValue))])
    }

    private var members: [JSON.Member] {
        JSON.object([
            "status": .string(status.rawValue), "source": .string(name.source), "target": .string(name.target),
            "digest": JSON(digest?.text), "sourceDigest": JSON(sourceDigest?.text), "mediaType": JSON(mediaType),
            "bytesSent": JSON(bytesSent), "bytesMounted": JSON(bytesMounted), "blobsSent": JSON(blobsSent),
            "blobsMounted": JSON(blobsMounted), "blobsPresent": JSON(blobsPresent), "attempts": JSON(attempts),
            "seconds": .seconds(seconds), "error": failure?.json ?? .null,
        ]).members ?? []
    }
}

extension RunReport.Failure {
    fileprivate var json: JSON {
        let members: JSON = .object([
            "kind": .string(kind), "message": .string(message), "side": JSON(side), "hint": JSON(hint),
        ])
        guard isPullQuota else { return members }
        return .object((members.members ?? []) + [JSON.Member(key: "isPullQuota", value: .bool(true))])
    }
}

extension RunReport.Registry {
    fileprivate var json: JSON {
        .object([
            "registry": .string(name), "itemsRead": JSON(itemsRead), "itemsWritten": JSON(itemsWritten),
            "failures": JSON(failures), "blobsSent": JSON(blobsSent), "blobsMounted": JSON(blobsMounted),
            "blobsPresent": JSON(blobsPresent), "bytesSent": JSON(bytesSent), "bytesUnfinished": JSON(bytesUnfinished),
            "bytesMounted": JSON(bytesMounted),
            "bytesPresent": JSON(bytesPresent), "manifestsStored": JSON(manifestsStored), "retries": JSON(retries),
            "pauses": JSON(pauses),
            "secondsPaused": .seconds(secondsPaused),
        ])
    }
}

extension RunReport.Origin {
    fileprivate var json: JSON {
        .object([
            "origin": .string(name), "requests": JSON(requests), "bytesSent": JSON(bytesSent),
            "bytesReceived": JSON(bytesReceived),
        ])
    }
}

extension RunReport.Part {
    fileprivate var json: JSON {
        .object([
            "index": JSON(index), "count": JSON(count), "plan": .string(plan),
            "elsewhere": .array(elsewhere.map { .array([.string($0.source), .string($0.target)]) }),
        ])
    }
}

extension JSON {
    fileprivate static func seconds(_ value: Double) -> JSON { .number(Quantity.fixed(value, decimals: 3)) }
}
