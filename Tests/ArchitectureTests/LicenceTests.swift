// SPDX-License-Identifier: Apache-2.0

import Testing

/// Whoever has only one file of this project knows its licence, and so do programs that look for it (REUSE, SPDX).
@Suite struct LicenceTests {
    private let tree = SourceTree.checkout

    private static let mark = "SPDX-License-Identifier: Apache-2.0"

    @Test func `every source file says its licence at its top`() {
        let files = (tree.sources + tree.tests).map { ($0.path, tree.text(of: $0.path)) }
        let scripts = [
            "Package.swift", "Benchmarks/Micro/Package.swift", "Tools/build", "Tools/common.bash", ".ci/run",
        ]
        let all = files + scripts.map { ($0, tree.text(of: $0)) }
        let silent = all.filter { !$0.1.split(separator: "\n").prefix(3).contains { $0.hasSuffix(Self.mark) } }
        #expect(silent.map(\.0) == [], "Tools/format adds the line")
    }
}
