// SPDX-License-Identifier: Apache-2.0

import BatchList
import Foundation
import OCI
import Rewriting
import Scanning
import Testing

/// Every file that the scanners' tests have, rewritten.
@Suite struct FixtureTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/scan").path
    static let names: [String] = {
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".expected") }.map { String($0.dropLast(".expected".count)) }.sorted()
    }()

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(root)/\(name)")))
    }

    @Test(arguments: names, TargetMapping.allCases)
    func `name the copies afterwards, whatever is listed aside, and no other byte has changed`(
        name: String, map: TargetMapping
    ) throws {
        let desk = try Desk(to: "registry.example:5000/mirror", map)
        let bytes = try Self.bytes(name)
        let result = desk.rewrite(name, bytes)
        let (old, new) = (Desk.scan(name, bytes), Desk.scan(name, result.bytes))
        let refused = Set(result.refused.map(\.finding))
        try #require(old.count == new.count)
        for (before, after) in zip(old, new) {
            guard !refused.contains(before), case .replace(let target) = desk.decision(before) else {
                #expect(after.meaning == before.meaning)
                continue
            }
            if before.reference == nil {
                let name = try #require(after.named?.reference)
                #expect(after.unresolved == before.unresolved && FieldValues(name).name == FieldValues(target).name)
            } else {
                #expect(after.reference == target)
            }
        }
        var (position, shifted) = (0, 0)
        for edit in result.edits {
            let kept = bytes[position..<edit.range.lowerBound]
            #expect(result.bytes[shifted..<shifted + kept.count] == kept)
            position = edit.range.upperBound
            shifted += kept.count + edit.replacement.count
        }
        #expect(result.bytes[shifted...] == bytes[position...])
    }

    @Test(arguments: names) func `stay as they are the second time`(name: String) throws {
        let desk = try Desk(to: "registry.example/mirror")
        let first = desk.rewrite(name, try Self.bytes(name))
        let second = desk.rewrite(name, first.bytes)
        #expect(second.edits == [] && second.bytes == first.bytes)
    }

    @Test func `are nearly all changed`() throws {
        let desk = try Desk(to: "registry.example/mirror")
        var (wanted, refused) = (0, 0)
        for name in Self.names {
            let bytes = try Self.bytes(name)
            wanted += Desk.scan(name, bytes).count { $0.reference != nil }
            refused += desk.rewrite(name, bytes).refused.count { $0.finding.reference != nil }
        }
        #expect(wanted > 300 && refused * 10 < wanted, "\(refused) of \(wanted)")
    }
}
