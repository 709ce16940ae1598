// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

private let digits = String(repeating: "0123456789abcdef", count: 4)
private let digest = "sha256:" + digits

/// What gcrane makes of a text. `scheme` is what may be tried: `https`, or `http` after https failed.
private struct Accepted: CustomTestStringConvertible, Sendable {
    let input: String
    let registry: String
    let repository: String
    let identifier: String
    let scheme: String

    init(_ input: String, _ registry: String, _ repository: String, _ identifier: String, _ scheme: String = "https") {
        self.input = input
        self.registry = registry
        self.repository = repository
        self.identifier = identifier
        self.scheme = scheme
    }

    var testDescription: String { input }
}

private let hub = "index.docker.io"

private let accepted: [Accepted] = [
    Accepted("ubuntu", hub, "library/ubuntu", "latest"),
    Accepted("ubuntu:22.04", hub, "library/ubuntu", "22.04"),
    Accepted("library/ubuntu", hub, "library/ubuntu", "latest"),
    Accepted("user/app", hub, "user/app", "latest"),
    Accepted("docker.io/ubuntu", hub, "library/ubuntu", "latest"),
    Accepted("docker.io/library/ubuntu:x", hub, "library/ubuntu", "x"),
    Accepted("docker.io/a/b/c", hub, "a/b/c", "latest"),
    Accepted("index.docker.io/user/app", hub, "user/app", "latest"),
    Accepted("registry-1.docker.io/ubuntu", "registry-1.docker.io", "ubuntu", "latest"),
    Accepted("docker.io:443/app", "docker.io:443", "app", "latest"),
    Accepted("DOCKER.IO/app", "DOCKER.IO", "app", "latest"),
    Accepted("docker.io", hub, "library/docker.io", "latest"),
    Accepted("localhost", hub, "library/localhost", "latest"),
    Accepted("localhost:5000", hub, "library/localhost", "5000"),
    Accepted("localhost/app", "localhost", "app", "latest"),
    Accepted("localhost:5000/app:v1", "localhost:5000", "app", "v1", "http"),
    Accepted("foo.localhost/app", "foo.localhost", "app", "latest", "http"),
    Accepted("foo.localhost:5000/app", "foo.localhost:5000", "app", "latest", "http"),
    Accepted("127.0.0.1/app", "127.0.0.1", "app", "latest", "http"),
    Accepted("127.0.0.1:5000/app", "127.0.0.1:5000", "app", "latest", "http"),
    Accepted("127.0.0.2:5000/app", "127.0.0.2:5000", "app", "latest"),
    Accepted("[::1]:5000/app:v1", "[::1]:5000", "app", "v1", "http"),
    Accepted("::1/app", "::1", "app", "latest", "http"),
    Accepted("10.1.2.3:5000/app", "10.1.2.3:5000", "app", "latest", "http"),
    Accepted("172.16.5.5/app", "172.16.5.5", "app", "latest", "http"),
    Accepted("172.32.0.1/app", "172.32.0.1", "app", "latest"),
    Accepted("192.168.1.1:80/app", "192.168.1.1:80", "app", "latest", "http"),
    Accepted("100.64.0.1/app", "100.64.0.1", "app", "latest"),
    Accepted("169.254.1.1/app", "169.254.1.1", "app", "latest"),
    Accepted("registry:5000/app", "registry:5000", "app", "latest"),
    Accepted("registry/app", hub, "registry/app", "latest"),
    Accepted("gcr.io/p/i:v1", "gcr.io", "p/i", "v1"),
    Accepted("gcr.io/p/i@" + digest, "gcr.io", "p/i", digest),
    Accepted("gcr.io/p/i:v1@" + digest, "gcr.io", "p/i", digest),
    Accepted("ubuntu@" + digest, hub, "library/ubuntu", digest),
    Accepted("example.com:/app", "example.com:", "app", "latest"),
    Accepted("example.com:99999/app", "example.com:99999", "app", "latest"),
    Accepted("ex_ample.com/app", "ex_ample.com", "app", "latest"),
    Accepted("EXAMPLE.com/app", "EXAMPLE.com", "app", "latest"),
    Accepted("bücher.example/app", "bücher.example", "app", "latest"),
    Accepted("example.com//app", "example.com", "/app", "latest"),
    Accepted("a//b", hub, "a//b", "latest"),
    Accepted("/ubuntu", hub, "/ubuntu", "latest"),
    Accepted("ubuntu/", hub, "ubuntu/", "latest"),
    Accepted("example.com/a/../b", "example.com", "a/../b", "latest"),
    Accepted("example.com/.a", "example.com", ".a", "latest"),
    Accepted("example.com/-a-", "example.com", "-a-", "latest"),
    Accepted("example.com/a..b", "example.com", "a..b", "latest"),
    Accepted("./app", ".", "app", "latest"),
    Accepted("../app", "..", "app", "latest"),
    Accepted(":5000/app", ":5000", "app", "latest"),
    Accepted("https://example.com/app", "https:", "/example.com/app", "latest"),
    Accepted("sha256:" + digits, hub, "library/sha256", digits),
    Accepted("ubuntu:.x", hub, "library/ubuntu", ".x"),
    Accepted("ubuntu:-x", hub, "library/ubuntu", "-x"),
    Accepted("ubuntu:LATEST", hub, "library/ubuntu", "LATEST"),
    Accepted("u:" + String(repeating: "t", count: 128), hub, "library/u", String(repeating: "t", count: 128)),
    Accepted(String(repeating: "r", count: 255), hub, "library/" + String(repeating: "r", count: 255), "latest"),
]

private let refused: [String] = [
    "",
    "ubuntu:",
    "ubuntu@",
    "ubuntu:@" + digest,
    "ubuntu:+x",
    "ubuntu:v1:v2",
    "ubuntu@sha256:abcd",
    "ubuntu@sha512:" + digits + digits,
    "ubuntu@md5:abcd",
    "ubuntu@SHA256:" + digits,
    "ubuntu@sha256:" + digits.uppercased(),
    "ubuntu@" + digest + "@" + digest,
    "r:bad+tag@" + digest,
    "Ubuntu",
    "Example/app",
    "example.com/büch",
    "example.com/",
    "a:b/c",
    "example.com:abc/app",
    "user@example.com/app",
    "user:pw@example.com/app",
    "example.com/app#f",
    "example.com/app?x=1",
    " ubuntu",
    "ubuntu ",
    "ubu ntu",
    "ubuntu:1 0",
    "ubuntu:1\t0",
    "exam ple.com/app",
    "exam\tple.com/app",
    "http://127.0.0.1:5000/app:v1",
    "u:" + String(repeating: "t", count: 129),
    String(repeating: "r", count: 256),
]

@Suite struct ReferenceTests {
    @Test(arguments: accepted)
    fileprivate func `names what gcrane names`(row: Accepted) throws {
        let reference = try Reference(parsing: row.input, dialect: .gcrane)
        #expect(reference.registry.name == row.registry)
        #expect(reference.repository.path == row.repository)
        #expect((reference.digest?.text ?? reference.tag?.name) == row.identifier)
        #expect(reference.tag == nil || reference.digest == nil)
        #expect(reference.registry.allowsPlainHTTP == (row.scheme == "http"))
        #expect(reference.asTyped == row.input)
    }

    @Test(arguments: accepted)
    fileprivate func `names the same in the full dialect, apart from a tag beside a digest`(row: Accepted) throws {
        let reference = try Reference(parsing: row.input)
        #expect(reference.registry.name == row.registry)
        #expect(reference.repository.path == row.repository)
        #expect((reference.digest?.text ?? reference.tag?.name) == row.identifier)
    }

    @Test(arguments: refused)
    func `refuses what gcrane refuses`(input: String) {
        #expect(throws: ReferenceError.self) { try Reference(parsing: input, dialect: .gcrane) }
    }

    @Test(arguments: refused.filter { !$0.contains("@sha512:") })
    func `refuses the same in the full dialect`(input: String) {
        #expect(throws: ReferenceError.self) { try Reference(parsing: input) }
    }

    @Test(arguments: [
        // One character to Swift, two to everyone else: a colon or an at sign with a combining accent on it.
        "example.com:\u{301}/app", "ubuntu@\u{301}" + digest, "ubuntu:\u{301}v1", "ubuntu\u{0}", "ubuntu\r\n",
    ])
    func `is not fooled by combining characters and controls`(input: String) {
        #expect(throws: ReferenceError.self) { try Reference(parsing: input) }
    }

    @Test func `keeps the tag beside a digest in the full dialect`() throws {
        let reference = try Reference(parsing: "gcr.io/p/i:v1@" + digest)
        #expect(reference.tag?.name == "v1")
        #expect(reference.digest?.text == digest)
        #expect(reference.canonical == "gcr.io/p/i:v1@" + digest)
    }

    @Test func `takes sha512 in the full dialect only`() throws {
        let input = "ubuntu@sha512:" + digits + digits
        #expect(try Reference(parsing: input).digest?.algorithm == .sha512)
        #expect(throws: ReferenceError.self) { try Reference(parsing: input, dialect: .gcrane) }
    }

    @Test func `has no tag where only a digest was typed`() throws {
        #expect(try Reference(parsing: "ubuntu@" + digest).tag == nil)
    }

    @Test func `writes every default out in its canonical form`() throws {
        #expect(try Reference(parsing: "ubuntu").canonical == "index.docker.io/library/ubuntu:latest")
        #expect(try Reference(parsing: "localhost:5000/a").canonical == "localhost:5000/a:latest")
    }

    @Test func `is identified by what it names, not by how it was typed`() throws {
        let short = try Reference(parsing: "ubuntu")
        let long = try Reference(parsing: "docker.io/library/ubuntu:latest")
        #expect(short == long)
        #expect(Set([short, long]).count == 1)
        #expect("\(short)" == "ubuntu")
    }

    @Test(arguments: accepted.map(\.input))
    func `parses its canonical form to itself`(input: String) throws {
        let reference = try Reference(parsing: input)
        // Hub's `library/` counts towards the limit of 255 only once it is written out.
        guard reference.repository.path.utf8.count <= 255 else { return }
        // A name beginning with a slash cannot be written with its registry's default prefix and stay the same.
        #expect(try Reference(parsing: reference.canonical) == reference)
    }
}

@Suite struct ReferenceErrorTests {
    private func message(_ input: String) -> String {
        do {
            return "accepted: \(try Reference(parsing: input))"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("", "a repository name must be specified"),
        ("ubuntu:", "ubuntu: must specify a tag name after the colon"),
        (
            "ubuntu:+x",
            "tag can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ`: +x"
        ),
        ("Ubuntu", "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: Ubuntu"),
        ("example.com/", "repository must be between 1 and 255 characters in length: "),
        ("example.com:abc/app", "registries must be valid RFC 3986 URI authorities: example.com:abc"),
        (
            "a@b@c",
            "a digest must contain exactly one '@' separator (e.g. registry/repository@digest) saw: a@b@c"
        ),
        ("a@md5:abcd", "the digest \"md5:abcd\" uses an algorithm other than sha256 and sha512"),
        ("a@sha256:abcd", "the digest \"sha256:abcd\" has the wrong length for its algorithm"),
    ])
    func `says which rule was broken, and by what`(input: String, reason: String) {
        #expect(message(input) == "\"\(input)\" is not a reference: \(reason)")
    }

    @Test(arguments: [
        "https://bob:hush@example.com", "bob:hush@example.com", "https://bob:hush@example.com/app",
        "bob:hu/sh@example.com",
    ])
    func `a login in front of a registry is not repeated`(input: String) throws {
        let error = try #require(throws: ReferenceError.Reason.self) { try RegistryHost(input) }
        for text in [error.text, ReferenceError.shownPlace(input)] {
            #expect(!text.contains("hush") && !text.contains("sh@") && text.contains("REDACTED@example.com"), "\(text)")
        }
    }

    @Test(arguments: ["https://bob:hush@example.com/app", "bob:hush@example.com/app"])
    func `a login in front of a repository is not repeated`(input: String) throws {
        let error = try #require(throws: ReferenceError.self) { _ = try Reference.parseRepository(input) }
        for text in [error.description, error.reasonText, error.hint ?? ""] {
            #expect(!text.contains("hush"), "\(text)")
        }
    }

    @Test func `escapes what the user typed`() {
        let text = message("evil\u{1B}[2J\u{202E}")
        #expect(!text.unicodeScalars.contains("\u{1B}"))
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains("\\u{1b}[2J\\u{202e}"))
    }

    @Test(arguments: [
        ("http://127.0.0.1:5000/app:v1", "leave out \"http://\": 127.0.0.1:5000/app:v1"),
        ("Example/app", "repository names are lower case: example/app"),
        ("docker://Ubuntu", "leave out \"docker://\": Ubuntu"),
        ("ghcr.io/Acme/web:1.0", "repository names are lower case: ghcr.io/acme/web:1.0"),
        ("ghcr.io/Acme/web:RC1", "repository names are lower case: ghcr.io/acme/web:RC1"),
    ])
    func `hints at what to type instead`(input: String, hint: String) throws {
        let error = try #require(throws: ReferenceError.self) { try Reference(parsing: input) }
        #expect(error.hint == hint)
    }

    @Test(arguments: ["ubuntu:+x", "a@md5:abcd", "example.com/büch"])
    func `gives no hint rather than a vague one`(input: String) throws {
        let error = try #require(throws: ReferenceError.self) { try Reference(parsing: input) }
        #expect(error.hint == nil)
    }

    /// Found by fuzzing: the host of such a reference passed for a layout's folder, and its path was lost.
    @Test(arguments: ["oci:5000/team/app", "oci:5000/team/app:v1", "oci:7::1/x", "oci:/x"])
    func `names no registry that could be taken for a layout`(text: String) {
        #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
        #expect(throws: ReferenceError.self) { try Reference(parsing: text, dialect: .gcrane) }
        #expect((try? Reference(parsing: "oci:v1"))?.repositoryName == "index.docker.io/library/oci")
    }
}
