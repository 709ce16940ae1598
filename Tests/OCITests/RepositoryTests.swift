// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

@Suite struct RepositoryTests {
    @Test(
        .covers("S17"),
        arguments: [
            ("library/ubuntu", true), ("a/b/c", true), ("a..b", true), (".a", true), ("a//b", false), ("/a", false),
            ("a/", false), ("a/../b", false), ("..", false), ("./a", false),
        ])
    func `knows which paths every URL parser reads alike`(path: String, isSafe: Bool) throws {
        #expect(try Repository(path).isWireSafe == isSafe)
    }

    @Test(.covers("S17"), arguments: [("v1", true), ("..x", true), (".", false), ("..", false)])
    func `knows which tags survive in a URL`(name: String, isSafe: Bool) throws {
        #expect(try Tag(name).isWireSafe == isSafe)
    }

    @Test(arguments: ["%2e%2e", "a%2fb", "a\u{0}", "a\\b", "a b", "ä", "A"])
    func `refuses characters that could mean something in a URL`(path: String) {
        #expect(throws: ReferenceError.Reason.self) { try Repository(path) }
    }

    @Test func `goes below a prefix`() throws {
        #expect(try Repository("ubuntu").below("mirror/a").path == "mirror/a/ubuntu")
        #expect(try Repository("ubuntu").below("").path == "ubuntu")
    }

    @Test func `is refused below a prefix that makes it too long`() throws {
        let repository = try Repository(String(repeating: "r", count: 250))
        #expect(throws: ReferenceError.Reason.self) { try repository.below("prefix") }
    }

    @Test(arguments: [
        ("localhost:5000/team/app", "localhost:5000", "team/app"), ("ubuntu", "index.docker.io", "library/ubuntu"),
        ("gcr.io/p", "gcr.io", "p"),
    ])
    func `is parsed with its registry, without a tag`(text: String, registry: String, path: String) throws {
        let (host, repository) = try Reference.parseRepository(text)
        #expect(host.name == registry)
        #expect(repository.path == path)
    }

    @Test func `does not take a tag for a part of the repository`() {
        #expect(throws: ReferenceError.self) { try Reference.parseRepository("ubuntu:18.04") }
    }
}

@Suite struct RegistryHostTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("example.com:5000", "example.com"), ("[::1]:5000", "[::1]"),
        ("[::1]", "[::1]"), ("::1", "::1"), ("example.com:", "example.com"),
    ])
    func `tells the host from the port`(name: String, host: String) throws {
        #expect(try RegistryHost(name).hostWithoutPort == host)
    }

    @Test(arguments: ["localhost", "10.1.2.3.4", "10.1.2", "10.1.2.x", "1.10.1.2", "256.10.0.1", "10.example.com"])
    func `allows plain http to no name that only looks local`(name: String) throws {
        #expect(try !RegistryHost(name).allowsPlainHTTP)
    }

    @Test(arguments: ["10.0.0.1", "10.255.255.255:80", "172.16.0.0", "172.31.255.255", "192.168.0.1", "localhost:1"])
    func `allows plain http to private and loopback addresses`(name: String) throws {
        #expect(try RegistryHost(name).allowsPlainHTTP)
    }

    @Test(arguments: ["a b", "a/b", "a#b", "a?b", "a%b", "a@b", "[::1", "[::1]x", "a:b", "a\\b", "a\nb"])
    func `refuses what could not be the authority of a URL`(name: String) {
        #expect(throws: ReferenceError.Reason.self) { try RegistryHost(name) }
    }

    @Test(arguments: [
        ("[::1]:5000", "[0:0:0:0:0:0:0:1]:5000"), ("[2001:DB8:0::1]", "[2001:db8::1]"),
        ("[2001:db8::]:443", "[2001:db8:0:0::0]"),
        ("[::ffff:127.0.0.1]:80", "127.0.0.1:80"), ("[::ffff:7f00:1]:80", "127.0.0.1:80"),
        ("127.0.0.1:0443", "127.0.0.1"),
    ])
    func `two spellings of an address are one place`(left: String, right: String) throws {
        #expect(try RegistryHost(left).canonicalName == RegistryHost(right).canonicalName)
    }

    @Test(arguments: [
        "[::1]", "[::2]", "[1::]", "[1::2:3]", "[fe80::1.2.3.4]", "[::]", "[1:2:3:4:5:6:7:8]", "[::1::2]", "[12345::]",
    ])
    func `other addresses, and what is none, are other places`(name: String) throws {
        #expect(try RegistryHost(name).canonicalName != RegistryHost("[::3]").canonicalName)
        #expect(try RegistryHost(name).canonicalName != RegistryHost("[1::2:4]").canonicalName)
    }

    @Test(arguments: ["\u{FEFF}r.example", "r\u{200B}.example", "r.exa\u{AD}mple", "r\u{A0}.example"])
    func `what cannot be seen is no part of a registry's name`(name: String) {
        #expect(throws: (any Error).self) { try RegistryHost(name) }
        #expect(throws: (any Error).self) { try Reference(parsing: name + "/a:1") }
    }

    @Test(arguments: ["https://user:hunter22@r.io/x:1", "user:hunter22@r.io/x:1", "https://hunter22@r.io/X"])
    func `a login that was pasted with an address is not repeated`(text: String) {
        let error = #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
        #expect(error?.description.contains("hunter22") == false && error?.hint?.contains("hunter22") != true)
        #expect(error?.description.contains("login") == true)
    }
}
