// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI
package import Scanning

extension LocatedFinding {
    /// A description of the finding, shown next to its line.
    package var sentence: String {
        finding.reference.map { "uses the image " + ImageName.fullName(of: $0) }
            ?? "names an image that depends on " + (finding.unresolved ?? "")
    }

    /// A workflow command by which GitHub shows a note beside the line (docs.github.com, "Workflow commands").
    package func annotation(isOffence: Bool) -> String {
        let title = isOffence ? "image outside of the registries expected" : "image reference"
        return "::\(isOffence ? "error" : "notice") file=\(Self.property(file)),line=\(line),col=\(characterColumn),"
            + "title=\(Self.property(title))::\(Self.data(sentence))"
    }

    /// A workflow command for something that could not be read.
    package static func annotation(problem: String) -> String { "::error::" + data(problem) }

    private static func data(_ text: String) -> String {
        text.replacingScalars { ["%": "%25", "\r": "%0D", "\n": "%0A"][$0] }
    }

    private static func property(_ text: String) -> String {
        data(text).replacingScalars { [":": "%3A", ",": "%2C"][$0] }
    }
}

/// Findings as a JUnit report: one test case for each finding, which fails if the image should not be there.
package enum JUnitReport {
    package static func testCase(_ found: LocatedFinding, isOffence: Bool) -> String {
        let name = found.finding.reference.map(ImageName.fullName) ?? found.finding.text
        let head = testCase(name, file: "\(found.file):\(found.line)")
        guard isOffence else { return head + "/>" }
        let place = "\(found.file):\(found.line):\(found.column): \(found.finding.text)"
        return head + "><failure message=\(attribute(found.sentence))>\(escaped(place))</failure></testcase>"
    }

    /// A test case for something that could not be read.
    package static func testCase(problem: String) -> String {
        testCase("read", file: "files") + "><error message=\(attribute(problem))/></testcase>"
    }

    package static func opening(tests: Int, failures: Int, errors: Int) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite name="transship scan" tests="\(tests)" failures="\(failures)" errors="\(errors)">
        """
    }

    package static let closing = "</testsuite>"

    private static func testCase(_ name: String, file: String) -> String {
        "<testcase classname=\(attribute(file)) name=\(attribute(name))"
    }

    private static func attribute(_ text: String) -> String { "\"" + escaped(text) + "\"" }

    /// Control characters have no place in XML.
    private static func escaped(_ text: String) -> String { text.displayable.escapedForXML }
}
