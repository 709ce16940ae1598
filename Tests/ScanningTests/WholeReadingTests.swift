// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Scanning
import Testing

/// Most files are thrown away unread, by the words that are not in them. Nothing that counts is among them.
@Suite struct WholeReadingTests {
    /// Every fixture under its own name, and under names that say less about it.
    @Test(arguments: FixtureTests.names) func `passing over documents loses nothing`(name: String) throws {
        let bytes = try FixtureTests.bytes(name)
        // JSON that says no apiVersion and is no patch is nobody's, whatever is in it.
        let isJSON = name.hasSuffix(".json")
        for kind in Set([FileKind(path: name)] + (isJSON ? [] : [.yaml, .helmValues])) {
            #expect(Self.scan(bytes, kind) == Self.scan(bytes, kind, whole: true), "as \(kind as FileKind?)")
        }
    }

    /// Documents of every kind put together, so that what one lacks another one has.
    @Test(arguments: 0..<40) func `passing over documents of a mixture loses nothing`(seed: Int) throws {
        let names = FixtureTests.names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        let picked = (0..<4).map { names[(seed * 37 + $0 * 53) % names.count] }
        let bytes = Array(try picked.map { try FixtureTests.bytes($0) }.joined(separator: Array("\n---\n".utf8)))
        #expect(Self.scan(bytes, .yaml) == Self.scan(bytes, .yaml, whole: true), "\(picked)")
    }

    private static func scan(_ bytes: [UInt8], _ kind: FileKind?, whole: Bool = false) -> [Finding] {
        var options = ScanOptions()
        options.readsEverything = whole
        return FileScanner(options: options).scan(bytes, kind: kind).findings
    }
}
