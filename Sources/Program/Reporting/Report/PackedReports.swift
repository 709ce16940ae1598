// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// The outcomes of items in about 60 bytes each, so that a run of a million items can be reported. All but 8 of these
/// bytes may be on a shelf. Failures are kept unchanged, equal failures only once.
struct PackedReports: Sendable {
    private let count: Int
    private var pages: RecordPages
    /// The place of each item's record, by the item's position; empty until the first item has ended.
    private var places: [RecordPages.Place] = []
    private var mediaTypes: [MediaType] = []
    private var failures: [TransferFailure] = []
    private var failureNumbers: [FailureKey: Int] = [:]

    /// Failures with the same key are stored once, because a reader of a report cannot tell them apart.
    private struct FailureKey: Hashable {
        var message: String
        var hint: String?
        var kind: ContentFailure.Kind
        var side: TransferSide
        var isPullQuota: Bool
    }

    /// - Parameter shelf: stores what is not in memory; nil: everything is in memory.
    init(count: Int, shelf: (any RecordShelf)? = nil) {
        self.count = count
        pages = RecordPages(shelf: shelf)
    }

    subscript(item: ItemID) -> ItemReport? {
        guard !places.isEmpty else { return nil }
        return pages.reader(at: places[item]).map { unpack($0, as: item) }
    }

    /// Stores an item's report in the place of an earlier one.
    mutating func note(_ report: ItemReport) {
        if places.isEmpty { places = Array(repeating: .nowhere, count: count) }
        places[report.item] = pages.append(record(of: report))
    }

    private mutating func record(of report: ItemReport) -> RecordWriter {
        var record = RecordWriter()
        write(report.outcome, to: &record)
        record.write(report.mediaType.map { number(of: $0) + 1 } ?? 0)
        record.write(report.chosenFrom)
        for count in [report.counts.sent, report.counts.mounted, report.counts.present, report.attempts] {
            record.write(count)
        }
        record.write(Int(report.counts.bytesSent))
        record.write(Int(report.counts.bytesMounted))
        record.write(Int(Quantity.seconds(report.duration) * 1e6))
        return record
    }

    private func unpack(_ packed: RecordReader, as item: ItemID) -> ItemReport {
        var reader = packed
        let outcome = outcome(&reader)
        let mediaType = reader.number()
        let chosenFrom = reader.optionalDigest()
        var counts = BlobCounts()
        (counts.sent, counts.mounted, counts.present) = (reader.number(), reader.number(), reader.number())
        let attempts = reader.number()
        (counts.bytesSent, counts.bytesMounted) = (Int64(reader.number()), Int64(reader.number()))
        var report = ItemReport(
            item: item, outcome: outcome, mediaType: mediaType == 0 ? nil : mediaTypes[mediaType - 1], counts: counts,
            attempts: attempts, duration: .microseconds(reader.number()))
        report.chosenFrom = chosenFrom
        return report
    }

    private mutating func write(_ outcome: ItemOutcome, to record: inout RecordWriter) {
        switch outcome {
        case .copied(let digest):
            record.write(0)
            record.write(digest)
        case .unchanged(let digest):
            record.write(1)
            record.write(digest)
        case .kept(let digest, let offered):
            record.write(2)
            record.write(digest)
            record.write(offered)
        case .failed(let failure):
            record.write(3)
            record.write(number(of: failure))
        }
    }

    private func outcome(_ reader: inout RecordReader) -> ItemOutcome {
        switch reader.number() {
        case 0: return .copied(reader.digest())
        case 1: return .unchanged(reader.digest())
        case 2:
            let digest = reader.digest()
            return .kept(digest, offered: reader.optionalDigest())
        default: return .failed(failures[reader.number()])
        }
    }

    /// Searches from the beginning, because a run has only a few media types.
    private mutating func number(of mediaType: MediaType) -> Int {
        if let number = mediaTypes.firstIndex(of: mediaType) { return number }
        mediaTypes.append(mediaType)
        return mediaTypes.count - 1
    }

    private mutating func number(of failure: TransferFailure) -> Int {
        let key = FailureKey(
            message: failure.cause.message, hint: failure.cause.hint, kind: failure.cause.kind, side: failure.side,
            isPullQuota: failure.cause.isPullQuota)
        if let number = failureNumbers[key] { return number }
        failures.append(failure)
        failureNumbers[key] = failures.count - 1
        return failures.count - 1
    }
}

extension RecordWriter {
    fileprivate mutating func write(_ digest: Digest?) {
        write(digest == nil ? 0 : 1)
        if let digest { write(digest) }
    }
}

extension RecordReader {
    fileprivate mutating func optionalDigest() -> Digest? { number() == 1 ? digest() : nil }
}
