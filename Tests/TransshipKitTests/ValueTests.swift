// SPDX-License-Identifier: Apache-2.0

import Content
import Testing

@testable import TransshipKit

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("redis:7", "docker.io", "library/redis", "7"),
            ("ghcr.io/acme/web", "ghcr.io", "acme/web", "latest"),
            ("localhost:5000/app:1", "localhost:5000", "app", "1"),
        ])
    func `reads references as users write them`(text: String, registry: String, path: String, tag: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.registry == registry)
        #expect(reference.repository == path)
        #expect(reference.tag == tag)
        #expect(reference.description == text)
        #expect(reference.layoutFolder == nil)
    }

    @Test func `reads images of layouts`() throws {
        let reference = try ImageReference("oci:/tmp/images:app")
        #expect(reference.layoutFolder == "/tmp/images")
        #expect(reference.registry == nil)
        #expect(reference.tag == "app")
    }

    @Test func `moves below another place with or without the registry`() throws {
        let source = try ImageReference("quay.io/a/b:1")
        #expect(try source.moved(below: "r.example/m").description == "r.example/m/quay.io/a/b:1")
        #expect(try source.moved(below: "r.example/m", keepingRegistry: false).description == "r.example/m/a/b:1")
        #expect(throws: TransshipError.self) { try source.moved(below: "no-host/m") }
        #expect(throws: TransshipError.self) { try ImageReference("oci:/tmp/x:1").moved(below: "r.example/m") }
    }

    @Test func `pins and tags, and reads back what it prints`() throws {
        let digest = try Digest("sha256:" + String(repeating: "ab", count: 32))
        let pinned = try ImageReference("redis:7").pinned(to: digest)
        #expect(pinned.description == "docker.io/library/redis:7@\(digest)")
        #expect(try ImageReference(pinned.description) == pinned)
        #expect(try pinned.tagged("8").description == "docker.io/library/redis:8")
        #expect(throws: TransshipError.self) { try pinned.tagged("a b") }
    }

    @Test func `refuses texts that are none, with kind and hint`() {
        let error = #expect(throws: TransshipError.self) { try ImageReference("https://ghcr.io/acme/web") }
        #expect(error?.kind == .invalid)
        #expect(error?.hint == "leave out \"https://\": ghcr.io/acme/web")
        #expect(throws: TransshipError.self) { try Digest("sha256:abc") }
        #expect(throws: TransshipError.self) { try Platform("linux") }
        #expect(throws: TransshipError.self) { try Platform("a/b/c/d") }
    }

    @Test func `refuses a target that its registry cannot have`() throws {
        let error = #expect(throws: TransshipError.self) {
            try CopyItem(from: ImageReference("redis:7"), to: ImageReference("us-docker.pkg.dev/project/redis:7"))
        }
        #expect(error?.kind == .invalid)
    }

    /// The names stand in logs: a kind that the engine gets must get its place here.
    @Test func `knows every kind of failure by name`() {
        let known: Set<TransshipError.Kind> = [
            .notFound, .unauthorized, .denied, .rateLimited, .unavailable, .unreachable, .untrusted, .corrupt, .invalid,
            .unsupported, .tooLarge, .conflict, .cancelled,
        ]
        #expect(Set(ContentFailure.Kind.allCases.map { TransshipError.Kind($0) }) == known)
        #expect(known.allSatisfy { ContentFailure.Kind(rawValue: $0.rawValue) != nil })
    }

    @Test func `refuses a pace and a file that cannot be`() {
        var registries = RegistryOptions()
        registries.requestsPerSecond = ["docker.io": 0]
        #expect(throws: TransshipError.self) { try Transship(registries: registries) }
        registries.requestsPerSecond = [:]
        registries.certificates = "/nonexistent/ca.pem"
        #expect(throws: TransshipError.self) { try Transship(registries: registries) }
    }
}
