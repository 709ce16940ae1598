// SPDX-License-Identifier: Apache-2.0

import Testing

/// A reader of outside bytes is fuzzed from examples of what it reads: a fuzzer without one learns little in ten minutes.
@Suite struct FuzzerTests {
    private let tree = SourceTree.checkout

    /// What `Tools/fuzz --list` says.
    private var fuzzers: Set<String> {
        let sources = tree.names(in: "Tools/fuzzing/Sources").map { tree.text(of: "Tools/fuzzing/Sources/\($0)") }
        return Set(
            sources.flatMap { $0.matches(of: /\b(?:Fuzzer|text|scan)\(\s*"([a-z0-9-]+)",/).map { String($0.output.1) } }
        )
    }

    /// Those that `Tools/fuzz` sends elsewhere for examples.
    private var startingElsewhere: Set<String> {
        let cases = tree.text(of: "Tools/fuzz").matches(of: #/(?m)^ +([a-z0-9 |-]+)\) echo /#)
        return Set(cases.flatMap { $0.output.1.split { " |".contains($0) }.map(String.init) })
    }

    @Test func `every fuzzer has something to start from, and every example a fuzzer`() {
        let folders = Set(tree.names(in: "Fixtures/fuzz").filter { !$0.hasSuffix(".dict") })
        #expect(fuzzers.count > 30)
        #expect(fuzzers.subtracting(folders).subtracting(startingElsewhere).sorted() == [])
        #expect(folders.union(startingElsewhere).subtracting(fuzzers).sorted() == [])
    }
}
