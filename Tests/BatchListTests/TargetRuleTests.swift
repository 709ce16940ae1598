// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

private let hex = String(repeating: "ab", count: 32)

@Suite struct TargetRuleTests {
    private func target(_ source: String, _ mapping: TargetMapping, below prefix: String) throws -> Reference {
        try TargetRule(prefix: TargetPrefix(parsing: prefix), mapping: mapping).target(for: Reference(parsing: source))
    }

    @Test(arguments: [
        ("ubuntu:18.04", "us-docker.pkg.dev/p/r/ubuntu:18.04"),
        ("jupyter/tensorflow-notebook", "us-docker.pkg.dev/p/r/jupyter/tensorflow-notebook"),
        ("quay.io/a/b@sha256:\(hex)", "us-docker.pkg.dev/p/r/quay.io/a/b@sha256:\(hex)"),
        ("docker.io/library/ubuntu:1", "us-docker.pkg.dev/p/r/docker.io/library/ubuntu:1"),
        ("a:v1@sha256:\(hex)", "us-docker.pkg.dev/p/r/a:v1@sha256:\(hex)"),
    ])
    func `writes the source as it was typed below the prefix`(source: String, target: String) throws {
        #expect(try self.target(source, .asWritten, below: "us-docker.pkg.dev/p/r").asTyped == target)
    }

    @Test(arguments: [
        ("ubuntu:18.04", "localhost:5000/m/ubuntu:18.04"),
        ("127.0.0.1:5001/ubuntu:18.04", "localhost:5000/m/ubuntu:18.04"),
        ("quay.io/a/b@sha256:\(hex)", "localhost:5000/m/a/b@sha256:\(hex)"),
        ("docker.io/library/ubuntu", "localhost:5000/m/library/ubuntu"),
        ("localhost/a", "localhost:5000/m/a"),
        ("team/app:1", "localhost:5000/m/team/app:1"),
    ])
    func `drops the registry when mapping by repository`(source: String, target: String) throws {
        #expect(try self.target(source, .repository, below: "localhost:5000/m").asTyped == target)
    }

    @Test(arguments: [
        ("ubuntu:18.04", "localhost:5000/ubuntu:18.04"), ("127.0.0.1:5001/x/ubuntu", "localhost:5000/ubuntu"),
        ("quay.io/a/b/c:1@sha256:\(hex)", "localhost:5000/c:1@sha256:\(hex)"),
    ])
    func `keeps only the last component when flattening`(source: String, target: String) throws {
        #expect(try self.target(source, .flatten, below: "localhost:5000").asTyped == target)
    }

    @Test func `resolves a missing tag to latest on both sides`() throws {
        let target = try self.target("ubuntu", .asWritten, below: "localhost:5000")
        #expect(target.tag == .latest)
        #expect(target.asTyped == "localhost:5000/ubuntu")
    }

    @Test func `gives a target by digest no tag`() throws {
        #expect(try target("ubuntu@sha256:\(hex)", .asWritten, below: "localhost:5000").tag == nil)
    }

    @Test func `writes to Docker Hub's namespaces`() throws {
        let target = try target("quay.io/a/b:1", .flatten, below: "docker.io/team")
        #expect(target.canonical == "index.docker.io/team/b:1")
    }

    @Test(arguments: ["127.0.0.1:5001/ubuntu:18.04", "EXAMPLE.com/a"])
    func `cannot write a port or capitals into a path`(source: String) {
        #expect(throws: ReferenceError.self) { try target(source, .asWritten, below: "localhost:5000") }
    }

    @Test func `has names for its mappings`() {
        #expect(TargetMapping.allCases.map(\.rawValue) == ["as-written", "repository", "flatten"])
    }
}

@Suite struct TargetPrefixTests {
    @Test(arguments: [
        ("us-docker.pkg.dev/p/r", "us-docker.pkg.dev", "p/r"), ("localhost:5000", "localhost:5000", ""),
        ("127.0.0.1:5000/mirror/", "127.0.0.1:5000", "mirror"), ("docker.io/team", "index.docker.io", "team"),
        ("[::1]:5000/a", "[::1]:5000", "a"), ("gcr.io/", "gcr.io", ""),
    ])
    func `is a registry and perhaps a path`(text: String, registry: String, path: String) throws {
        let prefix = try TargetPrefix(parsing: text)
        #expect(prefix.registry.name == registry)
        #expect(prefix.path == path)
    }

    @Test(arguments: [
        "", "/", "team", "team/app", "gcr.io//a", "gcr.io/a//", "gcr.io/../a", "gcr.io/A", "gcr.io/a:1", "gcr.io/a b",
        "https://gcr.io/a", "user@gcr.io/a", "gcr.io:port/a",
    ])
    func `refuses everything else`(text: String) {
        #expect(throws: TargetPrefixError.self) { try TargetPrefix(parsing: text) }
    }

    @Test(
        arguments: [
            ("https://gcr.io/a", "leave out \"https://\": gcr.io/a"), ("team", "for Docker Hub write docker.io/team"),
            ("gcr.io/A", nil),
            ("gcr.io/a@sha256:0", nil),
            ("https://bob:hush@gcr.io/a", "write gcr.io/a; transship auth login keeps the login"),
        ] as [(String, String?)])
    func `hints at what to type instead`(text: String, hint: String?) throws {
        let error = try #require(throws: TargetPrefixError.self) { try TargetPrefix(parsing: text) }
        #expect(error.hint == hint)
        #expect(!error.description.contains("hush"))
    }
}
