// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

@Suite struct FindingTests {
    private let finding = Finding(
        kind: .kubernetes, range: 1..<6, text: "nginx", meaning: .unresolved("TAG"),
        parts: [ReferencePart(.name, 1..<6, value: "nginx")])

    @Test func `a changed copy leaves the original as it is`() {
        var copy = finding
        copy.isBuilt = true
        copy.parts.append(ReferencePart(.tag, 6..<6, value: nil))
        copy.advice = "look"
        #expect(!finding.isBuilt)
        #expect(finding.parts.count == 1)
        #expect(finding.advice == nil)
        #expect(copy.parts.count == 2)
        #expect(copy != finding)
    }

    @Test func `findings with equal fields are equal, however they were made`() {
        var (one, other) = (finding, finding)
        one.container = "web"
        other.container = "web"
        #expect(one == other)
        #expect(Set([one, other, finding]).count == 2)
    }
}
