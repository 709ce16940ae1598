// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Scanning
import Testing

/// `Fixtures/scan`: files of every kind, each with its findings beside it in `NAME.expected`: one a line, tab-separated:
/// line, column, kind, text, reference or `-`, the variable without a value or `-`.
@Suite struct FixtureTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/scan").path
    static let names: [String] = {
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".expected") }.map { String($0.dropLast(".expected".count)) }.sorted()
    }()

    @Test func `are many, and of every kind of finding`() throws {
        #expect(Self.names.count >= 150)
        let kinds = Set(try Self.names.flatMap { try Self.expected($0).map { $0.split(separator: "\t")[2] } })
        #expect(Set(FindingKind.allCases.map(\.rawValue)).subtracting(kinds.map(String.init)) == [])
    }

    @Test(arguments: names)
    func `are found exactly: line, column, kind, text, reference`(name: String) throws {
        let bytes = try Self.bytes(name)
        let lines = LineTable(bytes)
        let found = Self.scan(name, bytes).findings.map {
            Self.line(LocatedFinding($0, file: name, bytes: bytes, lines: lines))
        }
        #expect(found == (try Self.expected(name)))
    }

    /// What a rewriter edits must be what decides the reference: the parts' bytes, put together, are it.
    @Test(arguments: names)
    func `have parts whose bytes make up the reference`(name: String) throws {
        let bytes = try Self.bytes(name)
        for finding in Self.scan(name, bytes).findings {
            for part in finding.parts {
                #expect(part.range.lowerBound >= 0 && part.range.upperBound <= bytes.count)
                let written = String(decoding: bytes[part.range], as: UTF8.self)
                #expect(part.range.isEmpty == (part.insertion != nil))
                // A number without quotes means what is left of it.
                let (number, meant) = (Double(written), part.value.flatMap { Double($0) })
                let isNumber = number != nil && number == meant
                if !part.range.isEmpty, !written.contains("\\") { #expect(written == part.value || isNumber) }
            }
            guard let reference = finding.reference, finding.parts.count > 0 else { continue }
            let whole = finding.parts.first { $0.field == .reference }?.value
            #expect(whole == nil || whole == reference.asTyped)
            if whole == nil, let tag = finding.parts.first(where: { $0.field == .tag })?.value {
                #expect(reference.asTyped.contains(":" + tag))
            }
        }
    }

    /// Line ends are no part of any rule: the same file with CRLF gives the same findings on the same lines.
    @Test(arguments: names)
    func `are found with CRLF, too`(name: String) throws {
        let bytes = try Self.bytes(name)
        guard !bytes.contains(13) else { return }
        let windows = bytes.flatMap { $0 == 10 ? [13, 10] : [$0] }
        let before = Self.scan(name, bytes).findings.map { [$0.kind.rawValue, $0.reference?.asTyped, $0.unresolved] }
        let after = Self.scan(name, windows).findings.map { [$0.kind.rawValue, $0.reference?.asTyped, $0.unresolved] }
        #expect(before == after)
    }

    // MARK: -

    static func scan(_ name: String, _ bytes: [UInt8]) -> ScanResult {
        let folder = (name as NSString).deletingLastPathComponent
        let around = NearbyFiles(
            name: (name as NSString).lastPathComponent,
            names: {
                (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder + "/" + $0).sorted()) ?? []
            },
            read: { try? Self.bytes(folder + "/" + $0) })
        return FileScanner().scan(bytes, kind: FileKind(path: name), in: around)
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: root + "/" + name)))
    }

    private static func expected(_ name: String) throws -> [String] {
        String(decoding: try bytes(name + ".expected"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func line(_ found: LocatedFinding) -> String {
        let finding = found.finding
        return [
            String(found.line), String(found.column), finding.kind.rawValue, escaped(finding.text),
            escaped(finding.reference?.asTyped ?? "-"), escaped(finding.unresolved ?? "-"),
        ].joined(separator: "\t")
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\t": "\\t"
            case "\r": "\\r"
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }
}
