// SPDX-License-Identifier: Apache-2.0

import OCI

extension RunTimeline {
    /// A part of a report. Its keys are a public interface.
    var json: JSON {
        .object([
            "secondsPerColumn": .decimal(step), "registries": .array(series.map(\.json)),
            "blobs": .array(blobs.map(\.json)), "pauses": .array(pauses.map(\.json)),
            "retries": .array(retries.map(\.json)),
        ])
    }

    init?(reading json: JSON) {
        guard json.members != nil else { return nil }
        self.init()
        step = max(0.001, json["secondsPerColumn"]?.double ?? 1)
        series = (json["registries"]?.array ?? []).prefix(Self.mostMarks).compactMap(Series.init(reading:))
        blobs = (json["blobs"]?.array ?? []).prefix(Self.mostBlobs).compactMap(Blob.init(reading:))
        pauses = (json["pauses"]?.array ?? []).prefix(Self.mostMarks).compactMap(Mark.init(reading:))
        retries = (json["retries"]?.array ?? []).prefix(Self.mostMarks).compactMap(Mark.init(reading:))
    }
}

extension RunTimeline.Series {
    fileprivate var json: JSON {
        .object([
            "registry": .string(registry), "read": .array(read.map { JSON($0) }),
            "written": .array(written.map { JSON($0) }),
        ])
    }

    fileprivate init?(reading json: JSON) {
        guard let name = json["registry"]?.string else { return nil }
        self.init(name)
        read = Self.columns(json["read"])
        written = Self.columns(json["written"])
    }

    private static func columns(_ json: JSON?) -> [Int64] {
        (json?.array ?? []).prefix(RunTimeline.mostColumns).map { max(0, $0.integer ?? 0) }
    }
}

extension RunTimeline.Blob {
    fileprivate var json: JSON {
        .object([
            "digest": .string(digest), "size": JSON(size), "source": .string(source), "target": .string(target),
            "start": .decimal(start), "end": .decimal(end),
        ])
    }

    fileprivate init?(reading json: JSON) {
        guard let digest = json["digest"]?.string, let target = json["target"]?.string else { return nil }
        self.init(
            digest: digest, size: max(0, json["size"]?.integer ?? 0), source: json["source"]?.string ?? "",
            target: target, start: json["start"].time, end: json["end"].time)
    }
}

extension RunTimeline.Mark {
    fileprivate var json: JSON {
        .object([
            "registry": .string(registry), "start": .decimal(start), "seconds": .decimal(seconds),
            "reason": .string(reason),
        ])
    }

    fileprivate init?(reading json: JSON) {
        guard let name = json["registry"]?.string else { return nil }
        self.init(
            registry: name, start: json["start"].time, seconds: json["seconds"].time,
            reason: json["reason"]?.string ?? "")
    }
}

extension JSON {
    fileprivate static func decimal(_ value: Double) -> JSON { .number(Quantity.fixed(value, decimals: 3)) }
}

extension JSON? {
    /// No run lasts longer than 30,000 years.
    fileprivate var time: Double { min(max(0, self?.double ?? 0), 1e12) }
}
