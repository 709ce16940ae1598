// SPDX-License-Identifier: Apache-2.0

import ProtocolCases
import RegistryAuth
import Testing

@Suite struct ChallengeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let headers: [String]
        let expected: Challenge?
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "none", headers: [], expected: nil),
        Row(
            name: "Bearer as Docker Hub sends it",
            headers: [
                #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#
            ],
            expected: Challenge(
                scheme: "bearer",
                parameters: [
                    "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                    "scope": "repository:a/b:pull",
                ])),
        Row(
            name: "mixed case, escapes and blanks",
            headers: [#"bEARER  Realm = "https://h/\"x\"" , SERVICE=plain"#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": #"https://h/"x""#, "service": "plain"])),
        Row(
            name: "several headers, the first unknown",
            headers: ["Negotiate", #"Bearer realm="https://h/t""#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": "https://h/t"])),
        Row(
            name: "two challenges in one line",
            headers: [#"Digest realm="x", nonce="1,2", Bearer realm="https://h/t",service="s""#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": "https://h/t", "service": "s"])),
        Row(
            name: "a token68 before the challenge",
            headers: [#"Negotiate YIIabc==, Basic realm="r""#],
            expected: Challenge(scheme: "basic", parameters: ["realm": "r"])),
        Row(
            name: "a token can be had without a login, so it comes first",
            headers: [#"Basic realm="r", Bearer realm="https://h/t""#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": "https://h/t"])),
        Row(
            name: "in two lines as well",
            headers: [#"Basic realm="r""#, #"Bearer realm="https://h/t""#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": "https://h/t"])),
        Row(
            name: "a token service that is none leaves Basic",
            headers: [#"Bearer realm="null://h/t""#, #"Basic realm="r""#],
            expected: Challenge(scheme: "basic", parameters: ["realm": "r"])),
        Row(name: "a bare scheme", headers: ["Basic"], expected: Challenge(scheme: "basic")),
        Row(
            name: "commas inside quotes",
            headers: [#"Bearer realm="https://h/t",scope="repository:a:pull,push""#],
            expected: Challenge(
                scheme: "bearer", parameters: ["realm": "https://h/t", "scope": "repository:a:pull,push"])),
        Row(
            name: "a quote that never ends", headers: [#"Bearer realm="https://h"#],
            expected: Challenge(scheme: "bearer")),
        Row(
            name: "a repeated parameter counts once",
            headers: [#"Bearer realm="https://a",realm="https://b""#],
            expected: Challenge(scheme: "bearer", parameters: ["realm": "https://a"])),
        Row(name: "only separators", headers: [" , , "], expected: nil),
        Row(name: "nonsense", headers: ["=\"=,=\""], expected: nil),
    ]

    @Test(.covers("A02", "A04"), arguments: rows) func `finds the challenge to answer`(row: Row) {
        #expect(Challenge.answerable(in: row.headers).first == row.expected)
    }

    @Test(.covers("A04")) func `every challenge that can be answered is kept, token services first`() {
        let headers = [#"Negotiate, Basic realm="r", Bearer realm="https://a/t""#, #"Bearer realm="https://b/t""#]
        #expect(Challenge.answerable(in: headers).map(\.realm) == ["https://a/t", "https://b/t", "r"])
    }

    @Test func `no registry makes a client try more than a few challenges`() {
        let headers = (0..<100).map { #"Bearer realm="https://\#($0)/t""# }
        #expect(Challenge.answerable(in: headers).count == 4)
    }

    @Test func `a challenge of a megabyte is read in bounds`() {
        let many = String(repeating: "Bearer realm=\"x\", ", count: 60_000)
        #expect(Challenge.parse([many]).count <= 16)
        #expect(Challenge.parse([String(repeating: "\\\"", count: 500_000)]).count <= 16)
    }
}
