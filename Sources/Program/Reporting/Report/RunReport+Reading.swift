// SPDX-License-Identifier: Apache-2.0

import OCI
import TransferEngine

/// Why bytes are not a report.
package struct ReportError: Error, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

extension RunReport {
    /// Reads a report that `writeJSON` wrote. Unknown members are ignored. Missing members are empty, but `format` and
    /// `items` must be there.
    package init(reading bytes: [UInt8]) throws(ReportError) {
        var limits = JSONLimits()
        // 15 values for each item, and room for a million items.
        limits.values = 32_000_000
        let document: JSON
        do { document = try JSON(bytes, limits: limits) } catch { throw ReportError("\(error)") }
        guard document["format"]?.string == Self.format else {
            throw ReportError("it does not begin as a report does: its member \"format\" is not \"\(Self.format)\"")
        }
        self.init()
        program = document["program"]?.string ?? ""
        arguments = document["arguments"]?.array?.compactMap(\.string) ?? []
        started = document["started"]?.string ?? ""
        ended = document["ended"]?.string ?? ""
        seconds = document["seconds"].seconds
        exitStatus = Int32(clamping: document["exitStatus"]?.integer ?? 0)
        referrersLeft = document["totals"]?["referrersLeft"].int ?? 0
        runs = Set(document["runs"]?.array?.compactMap { $0.string.flatMap { try? Digest($0) } } ?? [])
        shard = document["shard"].flatMap(Part.init(reading:))
        registries = document["registries"]?.array?.compactMap(Registry.init(reading:)) ?? []
        origins = document["origins"]?.array?.compactMap(Origin.init(reading:)) ?? []
        plan = document["plan"].flatMap(RunPlan.init(reading:))
        timeline = document["timeline"].flatMap(RunTimeline.init(reading:))
        guard let list = document["items"]?.array else { throw ReportError("it has no list of items") }
        var items: [Item] = []
        for (position, item) in list.enumerated() {
            guard let item = Item(reading: item) else { throw ReportError("its item \(position + 1) is not one") }
            items.append(item)
        }
        setItems(items)
    }
}

extension RunReport.Item {
    fileprivate init?(reading json: JSON) {
        guard let status = json["status"]?.string.flatMap(RunReport.Status.init(rawValue:)),
            let source = json["source"]?.string, let target = json["target"]?.string
        else { return nil }
        self.init(status, ItemName(source: source, target: target))
        audit = json["audit"]?.string.flatMap(AuditStatus.init(rawValue:))
        digest = json["digest"]?.string.flatMap { try? Digest($0) }
        sourceDigest = json["sourceDigest"]?.string.flatMap { try? Digest($0) }
        mediaType = json["mediaType"]?.string
        (blobsSent, blobsMounted, blobsPresent) = (
            json["blobsSent"].int, json["blobsMounted"].int, json["blobsPresent"].int
        )
        (bytesSent, bytesMounted) = (json["bytesSent"].bytes, json["bytesMounted"].bytes)
        attempts = json["attempts"].int
        seconds = json["seconds"].seconds
        guard let error = json["error"], !error.isNull else { return }
        failure = RunReport.Failure(
            kind: error["kind"]?.string ?? "", message: error["message"]?.string ?? "", side: error["side"]?.string,
            hint: error["hint"]?.string)
        failure?.isPullQuota = error["isPullQuota"]?.bool ?? false
    }
}

extension RunReport.Registry {
    fileprivate init?(reading json: JSON) {
        guard let name = json["registry"]?.string else { return nil }
        self.init(name: name)
        (itemsRead, itemsWritten, failures) = (json["itemsRead"].int, json["itemsWritten"].int, json["failures"].int)
        (blobsSent, blobsMounted, blobsPresent) = (
            json["blobsSent"].int, json["blobsMounted"].int, json["blobsPresent"].int
        )
        (bytesSent, bytesMounted) = (json["bytesSent"].bytes, json["bytesMounted"].bytes)
        (bytesPresent, bytesUnfinished) = (json["bytesPresent"].bytes, json["bytesUnfinished"].bytes)
        (manifestsStored, retries, pauses) = (json["manifestsStored"].int, json["retries"].int, json["pauses"].int)
        secondsPaused = json["secondsPaused"].seconds
    }
}

extension RunReport.Origin {
    fileprivate init?(reading json: JSON) {
        guard let name = json["origin"]?.string else { return nil }
        self.init(
            name: name, requests: json["requests"].int, bytesSent: json["bytesSent"].bytes,
            bytesReceived: json["bytesReceived"].bytes)
    }
}

extension RunReport.Part {
    fileprivate init?(reading json: JSON) {
        guard json.members != nil else { return nil }
        let elsewhere = (json["elsewhere"]?.array ?? []).compactMap { pair -> ItemName? in
            guard let names = pair.array?.compactMap(\.string), names.count == 2 else { return nil }
            return ItemName(source: names[0], target: names[1])
        }
        self.init(
            index: json["index"].int, count: json["count"].int, plan: json["plan"]?.string ?? "", elsewhere: elsewhere)
    }
}

extension JSON? {
    /// 0 for a value that is missing, is not a number, or is below 0.
    var bytes: Int64 { max(0, self?.integer ?? 0) }
    var int: Int { Int(clamping: bytes) }
    /// No run lasts longer than 30,000 years.
    var seconds: Double { min(max(0, self?.double ?? 0), 1e12) }
}
