// SPDX-License-Identifier: Apache-2.0

import Testing

/// The threat model names the tests that hold its promises: a promise without a test is none.
@Suite struct ThreatModelTests {
    private let tree = SourceTree.checkout

    /// What stands between backticks in the last column of the page's tables.
    private var promisedTests: [String] {
        let rows = tree.text(of: "docs/threat-model.md").split(separator: "\n").filter {
            $0.hasPrefix("| ") && !$0.hasPrefix("| promise")
        }
        return rows.flatMap { row in
            (row.split(separator: "|").last ?? "").split(separator: "`").enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
    }

    private var testNames: Set<String> {
        Set(tree.tests.flatMap(\.lines).compactMap { $0.firstMatch(of: /func `([^`]+)`/).map { String($0.output.1) } })
    }

    @Test func `every test that the threat model names exists`() {
        #expect(promisedTests.count > 40)
        #expect(Set(promisedTests).subtracting(testNames).sorted() == [])
    }
}
