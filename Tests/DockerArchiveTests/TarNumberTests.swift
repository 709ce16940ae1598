// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing
import TransshipTesting

@testable import DockerArchive

/// Numbers in tar headers: octal, base 256, and in pax records.
@Suite struct TarNumberTests {
    /// A header with exact bytes in a field and the right checksum.
    private func header(_ name: String, size: [UInt8], kind: Character = "0") -> [UInt8] {
        var block = TarHeader(name: name, size: 0, kind: kind).bytes
        block.replaceSubrange(124..<136, with: (size + [UInt8](repeating: 0, count: 12)).prefix(12))
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(
            148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20])
        return block
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private func problem(_ layer: [UInt8]) -> ArchiveProblem? {
        var flattener = LayerFlattener()
        do {
            try layer.withUnsafeBytes { bytes in try flattener.take(bytes) { _ in } }
            try flattener.finishLayer { _ in }
            return nil
        } catch {
            return error as? ArchiveProblem
        }
    }

    private func archiveProblem(_ bytes: [UInt8]) throws -> ArchiveProblem? {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        do { _ = try DockerArchive(path) } catch { return error as? ArchiveProblem }
        return nil
    }

    private static let badSizes: [[UInt8]] = [
        Array("-1".utf8), Array("+7".utf8), Array("1_0".utf8), Array("9".utf8), Array("7 7".utf8), Array("1e3".utf8),
        Array("\u{663}".utf8), [0x80] + [UInt8](repeating: 0xFF, count: 11), [UInt8](repeating: 0xFF, count: 12),
        [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7), [0x80, 1] + [UInt8](repeating: 0, count: 10),
        [0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1], [0xC0] + [UInt8](repeating: 0, count: 11),
    ]

    @Test(arguments: badSizes) func `a size that cannot be names the entry and the field`(size: [UInt8]) throws {
        for problem in [problem(header("etc/a", size: size)), try archiveProblem(header("etc/a", size: size))] {
            guard case .field("size", of: "etc/a", shown: _) = problem else {
                Issue.record("\(String(describing: problem))")
                continue
            }
            #expect(problem?.description.contains("entry \"etc/a\": the field \"size\" is") == true)
        }
    }

    @Test(arguments: [("0", 0), ("17", 15), (" 17 ", 15), ("00000000017", 15), ("77777777777", 8_589_934_591), ("", 0)])
    func `a size in octal digits is read`(size: String, expected: Int64) throws {
        #expect(try TarHeader(header("a", size: Array(size.utf8)))?.size == expected)
    }

    @Test func `a size of base 256 is read up to 16 TiB`() throws {
        #expect(try TarHeader(header("a", size: [0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0]))?.size == 1 << 44)
    }

    private func record(_ text: String) -> [UInt8] {
        var length = text.utf8.count + 3
        while "\(length) \(text)\n".utf8.count != length { length += 1 }
        return Array("\(length) \(text)\n".utf8)
    }

    private func extended(_ records: [UInt8]) -> [UInt8] {
        TarHeader(name: "PaxHeaders/a", size: Int64(records.count), kind: "x").bytes + padded(records)
            + header("etc/a", size: Array("4".utf8)) + padded(Array("text".utf8)) + LayerFlattener.end
    }

    @Test(arguments: ExtremeNumber.all) func `a pax size is 0 to 16 TiB, or its field is named`(
        number: ExtremeNumber
    ) throws {
        let layer = extended(record("size=\(number.text)"))
        let isSize = number.value.map { $0 <= 1 << 44 } ?? number.text.isEmpty
        for problem in [problem(layer), try archiveProblem(layer)] {
            if case .field("size", of: "PaxHeaders/a", shown: number.text) = problem {
                #expect(!isSize)
            } else {
                #expect(isSize, "\(String(describing: problem))")
            }
        }
    }

    @Test(arguments: ExtremeNumber.all) func `a pax record has the length it says, or it is named`(
        number: ExtremeNumber
    ) throws {
        let problem = problem(extended(Array("\(number.text) path=b\n".utf8)))
        guard case .field("pax record", of: "PaxHeaders/a", shown: _) = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
    }

    @Test func `a pax value may hold what looks like another record`() throws {
        let path = "a\n20 size=99999999999\n"
        #expect(problem(extended(record("path=\(path)"))) == nil)
    }

    @Test func `extensions without an entry are refused before they fill the memory`() {
        let records = [UInt8](repeating: 0x20, count: 1 << 20)
        let one = TarHeader(name: "g", size: Int64(records.count), kind: "g").bytes + records
        let few = Array(repeatElement(one, count: 3).joined())
        #expect(problem(few + header("a", size: Array("0".utf8)) + LayerFlattener.end) == nil)
        guard case .field("extension headers", of: "g", shown: _)? = problem(few + one + one) else {
            Issue.record("\(String(describing: problem(few + one + one)))")
            return
        }
    }

    @Test(arguments: [(4096, true), (4097, false)])
    func `a name is as long as a path can be, or is refused`(length: Int, isTaken: Bool) {
        let name = String(String(repeating: "a/", count: length).prefix(length))
        let problem = problem(extended(record("path=\(name)")))
        guard !isTaken else {
            #expect(problem == nil)
            return
        }
        guard case .field("name", of: name, shown: "4097 bytes")? = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
    }

    @Test func `what is in a marked folder is found, at any depth`() {
        var marks = FolderMarks()
        #expect(!marks.hasFolder(above: "a/b") { _ in true })
        marks.insert("a/b")
        for (name, isBelow) in [("a/b/c", true), ("a/b/c/d", true), ("a/b", false), ("a/bc", false), ("a", false)] {
            #expect(marks.hasFolder(above: name) { $0 == "a/b" } == isBelow, "\(name)")
        }
        #expect(!marks.hasFolder(above: "a/b/c") { _ in false })
        marks.insert("")
        #expect(marks.hasFolder(above: "x") { $0 == "" })
    }

    @Test func `an extension without end is refused by name`() {
        let problem = problem(header("PaxHeaders/a", size: Array("77777777777".utf8), kind: "x"))
        guard case .field("size", of: "PaxHeaders/a", shown: _) = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
    }
}
