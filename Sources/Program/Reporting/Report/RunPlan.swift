// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The output of `plan` for a list, for comparison with the run.
package struct RunPlan: Sendable, Hashable {
    /// Bytes of blobs at one target.
    package struct Target: Sendable, Hashable {
        package var registry: String
        package var bytesWritten: Int64 = 0
        package var bytesMounted: Int64 = 0
        package var bytesPresent: Int64 = 0
    }

    /// The digest of the list that was planned; nil in a report, which does not keep it, and in older plans.
    package var list: Digest?
    package var items = 0
    package var toCopy = 0
    package var unchanged = 0
    package var kept = 0
    package var bytes: Int64 = 0
    package var bytesMounted: Int64 = 0
    package var requests = 0
    package var seconds = 0.0
    package var targets: [Target] = []

    /// Reads what `transship plan --format json` printed, or a report's member `plan`.
    package init(reading bytes: [UInt8]) throws(ReportError) {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw ReportError("\(error)") }
        guard let plan = RunPlan(reading: document) else {
            throw ReportError("it has no member \"toCopy\", as a plan has")
        }
        self = plan
    }

    init?(reading json: JSON) {
        guard json["toCopy"]?.integer != nil else { return nil }
        (items, toCopy, unchanged) = (json["items"].int, json["toCopy"].int, json["unchanged"].int)
        kept = json["kept"].int
        list = (json["list"]?.string).flatMap { try? Digest($0) }
        (bytes, bytesMounted, requests) = (json["bytes"].bytes, json["bytesMounted"].bytes, json["requests"].int)
        seconds = json["seconds"].seconds
        targets = (json["registries"]?.array ?? []).prefix(1000).compactMap(Target.init(reading:))
    }

    /// The members of a plan that a report keeps, under the plan's own keys.
    var json: JSON {
        .object([
            "items": JSON(items), "toCopy": JSON(toCopy), "unchanged": JSON(unchanged), "kept": JSON(kept),
            "bytes": JSON(bytes),
            "bytesMounted": JSON(bytesMounted), "requests": JSON(requests),
            "seconds": .number(Quantity.fixed(seconds, decimals: 3)), "registries": .array(targets.map(\.json)),
        ])
    }
}

extension RunPlan.Target {
    /// Returns nil for a registry that is only read from.
    fileprivate init?(reading json: JSON) {
        guard let name = json["registry"]?.string else { return nil }
        self.init(
            registry: name, bytesWritten: json["bytesWritten"].bytes, bytesMounted: json["bytesMounted"].bytes,
            bytesPresent: json["bytesPresent"].bytes)
        guard bytesWritten > 0 || bytesMounted > 0 || bytesPresent > 0 else { return nil }
    }

    fileprivate var json: JSON {
        .object([
            "registry": .string(registry), "bytesWritten": JSON(bytesWritten), "bytesMounted": JSON(bytesMounted),
            "bytesPresent": JSON(bytesPresent),
        ])
    }
}
