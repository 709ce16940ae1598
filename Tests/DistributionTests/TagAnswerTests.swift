// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Synchronization
import Testing

/// What a tag means is known only where two statements agree.
@Suite struct TagAnswerTests {
    private static let type = MediaType.ociManifest.essence
    private static let right = #"{"schemaVersion":2,"note":"seven"}"#
    private static let damaged = #"{"schemaVersion":2,"note":"sefen"}"#

    private static func digest(_ body: String) -> Digest { ContentHash.digest(of: Array(body.utf8)) }

    private static func answer(_ body: String, named digest: Digest?) -> ScriptedTransport.Answer {
        var answer = ScriptedTransport.Answer(status: 200, headers: ["Content-Type": type], body: body)
        answer.headers["Docker-Content-Digest"] = digest?.text
        return answer
    }

    /// A registry that answers for its tag as told, one answer after the other, the last one for ever, and knows these bodies
    /// by their digests.
    private func wire(
        _ tag: [ScriptedTransport.Answer], known: [String] = [right]
    ) -> ScriptedTransport {
        let count = Mutex(0)
        return ScriptedTransport { request in
            let name = String(request.url.path.split(separator: "/").last ?? "")
            if name == "v2" { return .ok }
            if name == "latest" {
                let number = count.withLock { count in
                    defer { count += 1 }
                    return count
                }
                return tag[min(number, tag.count - 1)]
            }
            return known.first { Self.digest($0).text == name }.map { Self.answer($0, named: Self.digest($0)) }
                ?? .notFound
        }
    }

    private func manifest(_ wire: ScriptedTransport) async throws -> ManifestContent {
        try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
    }

    @Test func `an answer that confirms itself is one request`() async throws {
        let wire = wire([Self.answer(Self.right, named: Self.digest(Self.right))])
        #expect(try await manifest(wire).digest == Self.digest(Self.right))
        #expect(wire.requests.count == 2)
    }

    @Test(.covers("M05")) func `a digest of another algorithm confirms as well`() async throws {
        let sha512 = ContentHash.digest(of: Array(Self.right.utf8), .sha512)
        let wire = wire([Self.answer(Self.right, named: sha512)])
        #expect(try await manifest(wire).digest == Self.digest(Self.right))
        #expect(wire.requests.count == 2)
    }

    @Test func `a damaged answer is asked for again, over another connection and past caches`() async throws {
        let named = Self.digest(Self.right)
        let wire = wire([Self.answer(Self.damaged, named: named), Self.answer(Self.right, named: named)])
        #expect(try await manifest(wire).bytes == Array(Self.right.utf8))
        let again = try #require(wire.requests.last)
        #expect(again.connection == .fresh && again.headers["Cache-Control"] == "no-cache")
        #expect(wire.requests.count == 3)
    }

    @Test func `an answer that is damaged every time is passed over for what its header names`() async throws {
        let wire = wire([Self.answer(Self.damaged, named: Self.digest(Self.right))])
        #expect(try await manifest(wire).bytes == Array(Self.right.utf8))
    }

    @Test(.covers("M04"))
    func `a registry whose header is wrong every time is believed by its bytes, and that is said once`()
        async throws
    {
        let sink = NoticeSink()
        var options = RegistryNetworkOptions.patient
        options.notice = { sink.add($1.line(about: $0)) }
        let zeros = try Digest("sha256:" + String(repeating: "0", count: 64))
        let wire = wire([Self.answer(Self.right, named: zeros)])
        let store = try RegistryNetwork(wire, options: options).store("r.io")
        for _ in 0..<2 {
            #expect(try await store.manifest(.tag(.latest), in: .app).digest == Self.digest(Self.right))
        }
        #expect(sink.all == ["r.io: its Docker-Content-Digest headers are wrong; going by the bytes"])
        // Then what it answers by digest is the second statement.
        #expect(wire.conversation.suffix(2).first?.hasPrefix("GET") == true)
        #expect(wire.conversation.last?.hasPrefix("HEAD") == true)
    }

    @Test func `without a header the registry is asked whether it knows the digest`() async throws {
        let wire = wire([Self.answer(Self.right, named: nil)])
        #expect(try await manifest(wire).digest == Self.digest(Self.right))
        #expect(wire.conversation.last == "HEAD https://r.io/v2/team/app/manifests/\(Self.digest(Self.right))")
    }

    @Test func `without a header a damaged answer is found out`() async throws {
        let wire = wire([Self.answer(Self.damaged, named: nil), Self.answer(Self.right, named: nil)])
        #expect(try await manifest(wire).digest == Self.digest(Self.right))
    }

    @Test func `a tag that moves between two answers means the newer one`() async throws {
        let wire = wire([
            Self.answer(Self.damaged, named: Self.digest("old")),
            Self.answer(Self.right, named: Self.digest(Self.right)),
        ])
        #expect(try await manifest(wire).digest == Self.digest(Self.right))
    }

    @Test func `answers that go on contradicting themselves are told, and nothing is taken`() async throws {
        let bodies = (0..<6).map { #"{"schemaVersion":2,"note":"\#($0)"}"# }
        let wire = wire(bodies.map { Self.answer($0, named: Self.digest("else")) }, known: [])
        let failure = await failure { try await manifest(wire) }
        #expect(failure?.kind == .corrupt)
        #expect(
            failure?.message.contains("4 answers contradict themselves: got \(Self.digest(bodies[0]).short)") == true)
        #expect(wire.conversation.count { $0.hasSuffix("/latest") } == 4)
    }

    @Test func `a request for a digest stays one request, whatever its header says`() async throws {
        let wire = wire([], known: [Self.right])
        let store = try RegistryNetwork(wire).store("r.io")
        let digest = Self.digest(Self.right)
        #expect(try await store.manifest(.digest(digest), in: .app).digest == digest)
        #expect(wire.requests.count == 2)
    }
}
