// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import OCI
import ProtocolCases
import Testing
import TransferEngine

@testable import RunJournal

@Suite struct RunJournalTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private var path: String { folder.appendingPathComponent("journal").path }
    private let digest = Digest(.sha256, hash: [UInt8](repeating: 7, count: 32))

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func place(_ repository: String) throws -> BlobPlace {
        BlobPlace(store: StoreID(named: "r.io"), repository: try Repository(repository), digest: digest)
    }

    private func session(_ acknowledged: Int64, _ repository: String = "m/app") throws -> UploadSession {
        var session = UploadSession(location: "https://r.io/u?state=\"s\"&x=1", repository: try Repository(repository))
        session.acknowledged = acknowledged
        session.smallestPiece = 5
        return session
    }

    /// Of the blob, as the next run learns it.
    private func holder(_ journal: RunJournal, in store: String = "r.io") -> Repository? {
        var holders = journal.takeEarlierRuns(in: [StoreID(named: store)]).holders
        return holders.take(TargetBlob(store: StoreID(named: "r.io"), digest: digest))
    }

    private func journal(at time: Int64 = 1000) throws -> RunJournal { try RunJournal(path) { time } }

    @Test func `the next run knows blobs, items and open uploads`() throws {
        do {
            let journal = try journal()
            journal.noteBlob(at: try place("m/app"))
            journal.noteItem("docker.io/app:1", at: "r.io/m/app:1", digest)
            journal.note(try session(100), at: try place("m/app"))
            journal.note(try session(200), at: try place("m/app"))
        }
        let next = try journal()
        #expect(holder(next) == (try Repository("m/app")))
        #expect(next.countArrived([("docker.io/app:1", "r.io/m/app:1"), ("docker.io/app:2", "r.io/m/app:1")]) == 1)
        #expect(next.openUpload(at: try place("m/app")) == (try session(200)))
    }

    @Test func `what is known of blobs is told of the stores that are asked for, and once`() throws {
        try journal().noteBlob(at: try place("m/app"))
        #expect(holder(try journal(), in: "other") == nil)
        let next = try journal()
        #expect(holder(next) != nil)
        #expect(holder(next) == nil)
    }

    @Test func `a blob gets one line, in however many repositories it is`() throws {
        do {
            let journal = try journal()
            for repository in ["m/app", "m/other", "m/app"] { journal.noteBlob(at: try place(repository)) }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count { $0.contains("blob") } == 1)
    }

    @Test func `a choice of platforms gets one line, and a run that only reads the journal leaves it as it is`() throws
    {
        let index = Digest(.sha256, hash: [UInt8](repeating: 9, count: 32))
        let platforms = try ["linux/arm/v7", "windows/amd64:10.0.1"].map { try Platform(parsing: $0) }
        let choice = IndexChoice(of: try #require(PlatformChoice(platforms)), from: index)
        #expect(throws: JournalError.self) { try RunJournal.earlierRuns(in: [], reading: folder.path, now: 1000) }
        #expect(try RunJournal.earlierRuns(in: [], reading: path, now: 1000).choices == [:])
        do {
            let journal = try journal()
            for _ in 0..<3 { journal.note(digest, chosenBy: choice) }
            journal.noteMounts(false, in: StoreID(named: "r.io"))
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8)
        #expect(lines.split(separator: "\n").count == 2)

        let known = try RunJournal.earlierRuns(in: [StoreID(named: "r.io")], reading: path, now: 1000)
        #expect(known.choices == [choice: digest] && known.mounts == [StoreID(named: "r.io"): false])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == lines)
        #expect(try journal().takeEarlierRuns(in: []).choices == [choice: digest])
        #expect(try journal(at: 1000 + 30 * 86_400).takeEarlierRuns(in: []).choices == [:])
    }

    @Test func `an upload that ended is forgotten`() throws {
        do {
            let journal = try journal()
            journal.note(try session(100), at: try place("m/app"))
            journal.noteEnd(at: try place("m/app"))
        }
        #expect(try journal().openUpload(at: try place("m/app")) == nil)
    }

    @Test(.covers("S23")) func `only its user may read it`() throws {
        let journal = try journal()
        journal.noteBlob(at: try place("m/app"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `two runs at once write to files of their own, and the third takes over both`() throws {
        do {
            let (first, second) = (try journal(), try journal())
            first.noteItem("a", at: "x", digest)
            second.noteItem("b", at: "y", digest)
            #expect(FileManager.default.fileExists(atPath: path + ".1"))
            #expect(second.countArrived([("a", "x")]) == 0)
        }
        let third = try journal()
        #expect(third.countArrived([("a", "x"), ("b", "y")]) == 2)
        #expect(!FileManager.default.fileExists(atPath: path + ".1"))
    }

    @Test(.covers("L24"), arguments: [1, 5, 20, 60]) func `a torn last line costs that line only`(missing: Int) throws {
        do {
            let journal = try journal()
            journal.noteItem("a", at: "x", digest)
            journal.noteItem("b", at: "y", digest)
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.dropLast(missing + 1).write(to: URL(fileURLWithPath: path))
        do {
            let next = try journal()
            #expect(next.countArrived([("a", "x"), ("b", "y")]) == 1)
            next.noteItem("c", at: "z", digest)
        }
        #expect(try journal().countArrived([("c", "z")]) == 1)
    }

    @Test func `lines that are not a journal's are passed over`() throws {
        try Data("garbage\n{\"is\":\"blob\"}\n{\"at\":1,\"is\":\"later\"}\n\u{0}\n".utf8).write(
            to: URL(fileURLWithPath: path))
        let journal = try journal()
        #expect(holder(journal) == nil)
    }

    @Test func `what is old is dropped, and the file does not grow from run to run`() throws {
        do {
            let journal = try journal()
            for _ in 0..<100 { journal.note(try session(1), at: try place("m/app")) }
        }
        do { _ = try journal(at: 2000) }
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        #expect(size < 500)
        #expect(try journal(at: 1000 + 8 * 86_400).openUpload(at: try place("m/app")) == nil)
    }

    @Test func `of an item's lines the newest is kept, once, over any number of runs`() throws {
        do {
            let journal = try journal()
            for _ in 0..<50 { journal.noteItem("a", at: "x", digest) }
            journal.noteItem("b", at: "x", digest)
            journal.noteItem("c", at: "y", digest)
        }
        for time in [2000, 3000] as [Int64] {
            #expect(try journal(at: time).countArrived([("a", "x"), ("b", "x"), ("c", "y")]) == 2)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
        #expect(try journal(at: 1000 + 31 * 86_400).countArrived([("b", "x")]) == 0)
    }

    @Test func `lines of any length that are not a journal's cost themselves only`() throws {
        let (long, item) = (
            String(repeating: "x", count: 3 << 20), { JournalRecord.item(source: $0, target: $0, digest) }
        )
        let lines = [item("a").line(at: 1000), long + "\n", "\n", item("b").line(at: 1000), long]
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path))
        #expect(try journal().countArrived([("a", "a"), ("b", "b")]) == 2)
        #expect(try String(contentsOfFile: path, encoding: .utf8).utf8.count < 1000)
    }

    @Test func `a journal that cannot be opened says why`() throws {
        #expect(throws: JournalError.self) { try RunJournal(folder.path + "/missing/journal") { 0 } }
    }

    @Test(.covers("S23")) func `a link or a pipe at the journal's place is refused, and what the link leads to stays`()
        throws
    {
        let precious = folder.appendingPathComponent("precious").path
        try Data("keep".utf8).write(to: URL(fileURLWithPath: precious))
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: precious)
        #expect(throws: JournalError.self) { try journal() }
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "keep")
        try FileManager.default.removeItem(atPath: path)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: JournalError.self) { try journal() }
    }

    @Test(arguments: ["docker.io/app:1 r.io/m/app:1\n", "notes\n\nof mine", "{\"a\":1}\n"])
    func `a file that is no journal is refused, and stays as it is`(text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(throws: JournalError.self) { try journal() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test(arguments: ["", "\n", "{\"at\":17,\"is\":\"blo", "\0\0\0\0", "{\"at\":17,\"is\":\"something later\"}\nx\n"])
    func `what a crash or a later version left is a journal`(text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try journal().noteBlob(at: try place("m/app"))
        #expect(holder(try journal()) != nil)
    }

    @Test func `of very many blobs the newest are kept`() throws {
        var contents = JournalContents()
        let store = StoreID(named: "r.io")
        for number in 0..<(2 * JournalContents.mostBlobs) {
            var hash = [UInt8](repeating: 0, count: 32)
            for byte in 0..<4 { hash[byte] = UInt8(truncatingIfNeeded: number >> (8 * byte)) }
            let place = BlobPlace(store: store, repository: try Repository("m"), digest: Digest(.sha256, hash: hash))
            contents.add(.blob(place), at: Int64(number / 10), now: 1_000_000)
        }
        var count = 0
        contents.forEachChunk { (chunk: String) throws(Never) in count += chunk.utf8.count { $0 == 10 } }
        #expect(count == JournalContents.mostBlobs)
        let newest = Int64(2 * JournalContents.mostBlobs / 10 - 1)
        var text = ""
        contents.forEachChunk { (chunk: String) throws(Never) in text += chunk }
        #expect(text.contains("{\"at\":\(newest),") && !text.contains("{\"at\":0,"))
    }
}
