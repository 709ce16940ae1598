// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import OCI
import Testing
import TransferEngine
import TransshipTesting

@testable import RunJournal

@Suite struct JournalNumberTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private let digest = Digest(.sha256, hash: [UInt8](repeating: 7, count: 32))

    private func place() throws -> BlobPlace {
        BlobPlace(store: StoreID(named: "r.io"), repository: try Repository("a"), digest: digest)
    }

    /// Every line of a journal with a number in place of one of its own, between two good lines.
    private func lines(_ number: String) throws -> [String] {
        var session = UploadSession(location: "https://r.io/u", repository: try Repository("a"))
        session.believe(smallestPiece: 5, largestPiece: 1 << 20)
        session.acknowledged = 3
        let records = [
            JournalRecord.upload(try place(), session), .blob(try place()), .uploadEnd(try place()),
            .item(source: "bad", target: "bad", digest),
        ].map { $0.line(at: 1000) }
        let fields = ["\"at\":1000", "\"acknowledged\":3", "\"smallest\":5", "\"largest\":1048576"]
        return records.flatMap { line in
            fields.filter { line.contains($0) }.map { field in
                line.replacingOccurrences(of: field, with: field.prefix { $0 != ":" } + ":" + number)
            }
        }
    }

    @Test(arguments: ExtremeNumber.all) func `a bad number in a line costs that line only, in this run and the next`(
        number: ExtremeNumber
    ) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        for line in try lines(number.text) {
            let good = ["a", "b"].map { JournalRecord.item(source: $0, target: $0, digest).line(at: 1000) }
            try Data((good[0] + line + good[1]).utf8).write(to: URL(filePath: path))
            do {
                let journal = try RunJournal(path) { 1000 }
                let upload = journal.openUpload(at: try place())
                #expect(upload.map { Descriptor.sizes.contains($0.acknowledged) } ?? true)
                #expect(upload?.smallestPiece.map { (1...1 << 30).contains($0) } ?? true)
                #expect(upload?.largestPiece.map { $0 >= 65_536 } ?? true)
            }
            #expect(try RunJournal(path) { 1000 }.countArrived([("a", "a"), ("b", "b")]) == 2, "\(line)")
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 1 << 53, .max]) func `times count as far as they are near`(
        time: Int64
    ) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(JournalRecord.item(source: "a", target: "a", digest).line(at: time).utf8).write(
            to: URL(filePath: path))
        let arrived = try RunJournal(path) { 1000 }.countArrived([("a", "a")])
        #expect(arrived == ((-1...1).contains(time) ? 1 : 0))
    }
}
