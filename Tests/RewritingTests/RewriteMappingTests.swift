// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning
import Testing

/// Which references may change, and what they become.
@Suite struct RewriteMappingTests {
    private let digest: Digest

    init() throws { digest = try Digest("sha256:" + String(repeating: "ab", count: 32)) }

    private func finding(_ text: String) throws -> Finding {
        try #require(Desk.scan("Dockerfile", Array("ARG VERSION\nFROM \(text)\n".utf8)).last)
    }

    private func mapping(excluding: [String] = [], pinning: String? = nil) throws -> RewriteMapping {
        let target = try pinning.map { try Reference(parsing: $0) }
        return RewriteMapping(
            images: ImageMapping(pairs: [
                (try Reference(parsing: "alpine:3"), try Reference(parsing: "p.example/alpine:3")),
                (try Reference(parsing: "quay.io/a/b:1"), try Reference(parsing: "p.example/b:1")),
            ]),
            filter: RegistryFilter(excluding: excluding), pins: target.map { [$0: digest] })
    }

    private func target(_ decision: RewriteDecision) -> String? {
        if case .replace(let target) = decision { target.description } else { nil }
    }

    private func reason(_ decision: RewriteDecision) -> String? {
        if case .refuse(let reason) = decision { reason } else { nil }
    }

    @Test func `a reference becomes its copy; what the filter drops, and what has none, stays`() throws {
        #expect(target(try mapping().decision(for: finding("alpine:3"))) == "p.example/alpine:3")
        let dropped = try mapping(excluding: ["docker.io"]).decision(for: finding("alpine:3"))
        let unknown = try mapping().decision(for: finding("alpine:4"))
        #expect([target(dropped), reason(dropped), target(unknown), reason(unknown)] == [nil, nil, nil, nil])
    }

    @Test func `pinned references are held to the digest that arrived, and refused without one`() throws {
        let mapping = try mapping(pinning: "p.example/alpine:3")
        #expect(target(try mapping.decision(for: finding("alpine:3")))?.hasSuffix("@\(digest)") == true)
        #expect(
            reason(try mapping.decision(for: finding("quay.io/a/b:1"))) == "the report has no digest of p.example/b:1")
    }

    @Test func `where only the tag is unknown the name is replaced, unless it is to be pinned or known whole`() throws {
        let open = try finding("alpine:$VERSION")
        #expect(target(try mapping().decision(for: open))?.hasPrefix("p.example/alpine") == true)
        #expect(reason(try mapping().wholeDecision(for: open)) == "\"VERSION\" has no value here")
        #expect(
            reason(try mapping(pinning: "p.example/alpine:3").decision(for: open))
                == "its tag has no value here, so there is no digest for it")
    }
}
