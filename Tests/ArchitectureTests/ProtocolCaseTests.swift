// SPDX-License-Identifier: Apache-2.0

import Testing

/// Every protocol case has a test, and every test that names one names a case there is.
@Suite struct ProtocolCaseTests {
    private static let page = SourceTree.checkout.text(of: "Tests/ProtocolCases.md")
    private static let cases = ProtocolCase.table(in: page)

    @Test func `the table holds every case once, each with a sentence`() {
        let names = Self.cases.map(\.name)
        #expect(names.count == 160 && Set(names).count == 160)
        #expect(Self.cases.allSatisfy { $0.sentence.hasSuffix(".") })
    }

    @Test func `every case has a test that carries its identifier`() {
        let tested = Set(Self.tested.map(\.name))
        #expect(Self.cases.map(\.name).filter { !tested.contains($0) } == [], "cases without a test")
    }

    @Test func `no test carries an identifier that is none`() {
        let known = Set(Self.cases.map(\.name))
        #expect(Self.tested.filter { !known.contains($0.name) }.map { "\($0.path): \($0.name)" } == [])
    }

    @Test func `identifiers are read as tests write them`() {
        let text = """
            @Test(.covers("A01", "L10b"), arguments: ["Z99"]) func `one`() {}
            // @Test(.covers("A02"))
            @Test(
                .covers(
                    "A03"), arguments: []) func `two`() {}
            """
        #expect(ProtocolCase.named(in: text) == ["A01", "L10b", "A03"])
    }

    /// Identifiers with the files that name them.
    private static let tested: [(path: String, name: String)] = SourceTree.checkout.tests
        .filter { !$0.path.hasSuffix("ProtocolCaseTests.swift") }
        .flatMap { file in
            ProtocolCase.named(in: SourceTree.checkout.text(of: file.path)).map { (file.path, $0) }
        }
}

/// A line of the table of protocol cases.
struct ProtocolCase {
    let name: String
    let sentence: String

    /// Lines such as `| A01 | What must come of it. |`.
    static func table(in page: String) -> [ProtocolCase] {
        page.split(separator: "\n").compactMap { line in
            guard let cells = line.wholeMatch(of: #/\| ([A-Z][0-9]+b?) \| (.+) \|/#)?.output else { return nil }
            return ProtocolCase(name: String(cells.1), sentence: String(cells.2))
        }
    }

    /// The identifiers in the `.covers("…")` of a source text, comments aside.
    static func named(in text: String) -> [String] {
        guard text.contains(".covers(") else { return [] }
        let code = SourceText(text, keepingStrings: true).code
        return code.matches(of: #/\.covers\(([^)]*)\)/#).flatMap { call in
            call.output.1.matches(of: #/\x22([^\x22]*)\x22/#).map { String($0.output.1) }
        }
    }
}
