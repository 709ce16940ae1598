// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Fuzzers are built and fed with their examples in every run of the tests: those that are only built for an evening of fuzzing stop
/// compiling without anybody noticing.
@Suite struct SeedTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func files(in folder: String) throws -> [URL] {
        let below = FileManager.default.enumerator(
            at: Self.checkout.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
        return try (below?.allObjects as? [URL] ?? []).filter {
            try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
        }
    }

    @Test(arguments: Fuzzer.all.map(\.name))
    func `holds its promises for every example`(name: String) throws {
        let fuzzer = try #require(Fuzzer.all.first { $0.name == name })
        let examples = try fuzzer.seedFolders.flatMap(files)
        #expect(!examples.isEmpty, "a fuzzer without an example learns little in ten minutes")
        // A promise that is broken ends the process and says which one.
        for example in examples { fuzzer.run([UInt8](try Data(contentsOf: example))) }
    }

    @Test func `every folder of examples has a fuzzer, and every name is its own`() throws {
        let names = Fuzzer.all.map(\.name)
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.checkout.appending(path: "Fixtures/fuzz").path())
        #expect(Set(names).count == names.count && names.count > 30)
        #expect(folders.filter { !$0.hasSuffix(".dict") && !names.contains($0) } == [])
        #expect(Set(Fuzzer.otherSeeds.keys).subtracting(names) == [])
    }
}
