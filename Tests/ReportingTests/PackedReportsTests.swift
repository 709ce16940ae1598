// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import OCI
import Testing
import TransferEngine

@testable import Reporting

@Suite struct PackedReportsTests {
    private static let digests = [
        Digest(.sha256, hash: (0..<32).map { UInt8($0 * 7) }), Digest(.sha512, hash: (0..<64).map { UInt8($0 * 3) }),
    ]

    private static var outcomes: [ItemOutcome] {
        let failure = TransferFailure(ContentFailure(.denied, "no", status: 403, hint: "log in"), side: .target)
        return [
            .copied(digests[0]), .unchanged(digests[1]), .kept(digests[0], offered: digests[1]),
            .kept(digests[1], offered: nil), .failed(failure), .failed(failure),
            .failed(TransferFailure(ContentFailure(.corrupt, "no"), side: .source)),
        ]
    }

    private static func report(_ item: Int, _ outcome: ItemOutcome) -> ItemReport {
        var counts = BlobCounts()
        (counts.sent, counts.mounted, counts.present) = (item, 300, 1 << 20)
        (counts.bytesSent, counts.bytesMounted) = (.max, Int64(item))
        var report = ItemReport(
            item: item, outcome: outcome,
            mediaType: item.isMultiple(of: 2) ? MediaType("application/x\(item % 4)") : nil,
            counts: counts, attempts: 3, duration: .milliseconds(item * 1500))
        report.chosenFrom = item.isMultiple(of: 3) ? digests[item % 2] : nil
        return report
    }

    @Test func `gives back how an item ended as it was noted, the last word where there were two`() {
        let reports = Self.outcomes.enumerated().map { Self.report($0, $1) }
        var packed = PackedReports(count: reports.count + 1)
        packed.note(Self.report(0, .unchanged(Self.digests[1])))
        for report in reports { packed.note(report) }
        for report in reports { #expect("\(packed[report.item]!)" == "\(report)") }
        #expect(packed[reports.count] == nil)
    }

    /// Rows of 20,000 items, in the order in which they end: several pages.
    private static func noted(_ count: Int, in packed: inout PackedReports) {
        for item in (0..<count).reversed() { packed.note(report(item, outcomes[item % outcomes.count])) }
    }

    @Test func `rows that are kept in a file are given back in any order, and the file has no name`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/transship-rows-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shelf = RowShelf(besides: folder + "/run.json")
        var packed = PackedReports(count: 20_000, shelf: shelf)
        Self.noted(20_000, in: &packed)
        packed.note(Self.report(19_999, .unchanged(Self.digests[0])))
        for item in [0, 19_998, 7, 12_345, 3, 19_000, 1] {
            #expect("\(packed[item]!)" == "\(Self.report(item, Self.outcomes[item % Self.outcomes.count]))")
        }
        #expect("\(packed[19_999]!)" == "\(Self.report(19_999, .unchanged(Self.digests[0])))")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(shelf.problem == nil)
    }

    @Test func `rows stay in memory where no file can be made`() {
        let shelf = RowShelf(besides: "/nowhere/run.json")
        var packed = PackedReports(count: 20_000, shelf: shelf)
        Self.noted(20_000, in: &packed)
        for item in [0, 19_999] {
            #expect("\(packed[item]!)" == "\(Self.report(item, Self.outcomes[item % Self.outcomes.count]))")
        }
        #expect(shelf.problem == nil)
    }
}
