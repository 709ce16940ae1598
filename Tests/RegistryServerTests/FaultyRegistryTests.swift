// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

struct FaultyRegistryTests {
    /// A registry with one blob, behind a script.
    private func registry(_ rules: FaultRule...) async throws -> (RegistryUnderTest, FaultyRegistry) {
        var registry = try RegistryUnderTest(.disk)
        try await registry.push(blob: "0123456789")
        let faulty = FaultyRegistry(registry.responder, rules: rules) { _ in }
        registry.responder = faulty
        return (registry, faulty)
    }

    private let blob = "/v2/app/blobs/\("0123456789".digest())"

    @Test func `answers instead of the registry, the nth time only`() async throws {
        let (registry, faulty) = try await registry(
            FaultRule(
                .init(.GET, .blob), .nth(2), .answer(.tooManyRequests, headers: ["Retry-After": "3"], body: "slow down")
            ))
        #expect(try await registry.send(.GET, blob).status == 200)
        let limited = try await registry.send(.GET, blob)
        #expect(limited.status == 429)
        #expect(limited["Retry-After"] == "3")
        #expect(limited.text == "slow down")
        #expect(try await registry.send(.GET, blob).status == 200)
        #expect(faulty.requests.map(\.wasFaulty) == [false, true, false])
        #expect(faulty.requests.map(\.status?.code) == [200, 429, 200])
    }

    @Test(arguments: [
        (FaultRule.Hits.always, [1, 2, 3, 4]), (.nth(3), [3]), (.first(2), [1, 2]), (.after(2), [3, 4]),
        (.every(2), [2, 4]),
        (.chance(percent: 100, seed: 1), [1, 2, 3, 4]), (.chance(percent: 0, seed: 1), []),
    ])
    func `counts matching requests`(hits: FaultRule.Hits, due: [Int]) {
        #expect((1...4).filter { hits.includes($0) } == due)
    }

    @Test func `strikes about as often as its chance says, the same way each time`() {
        let hits = FaultRule.Hits.chance(percent: 5, seed: 42)
        let struck = (1...10_000).filter { hits.includes($0) }
        #expect((400...600).contains(struck.count))
        #expect(struck == (1...10_000).filter { hits.includes($0) })
    }

    @Test(arguments: [
        (Fault.corrupt(atByte: 3), "012\u{32}456789"), (.shorten(toBytes: 4), "0123"), (.append("!"), "0123456789!"),
    ])
    func `mangles a body`(fault: Fault, text: String) async throws {
        let (registry, _) = try await registry(FaultRule(.init(.GET, .blob), .always, fault))
        let answer = try await registry.send(.GET, blob)
        #expect(answer.text == text)
        #expect(answer.response.announcedLength == nil)
    }

    @Test func `lies about lengths and headers, and redirects`() async throws {
        let (registry, _) = try await registry(
            FaultRule(.init(.GET, .blob), .nth(1), .announceLength(5)),
            FaultRule(.init(.GET, .blob), .nth(2), .header("Docker-Content-Digest", nil)),
            FaultRule(.init(.GET, .blob), .nth(3), .redirect(to: "http://cdn.test/x")))
        #expect(try await registry.send(.GET, blob).response.announcedLength == 5)
        #expect(try await registry.send(.GET, blob)["Docker-Content-Digest"] == nil)
        let moved = try await registry.send(.GET, blob)
        #expect(moved.status == 307)
        #expect(moved["Location"] == "http://cdn.test/x")
    }

    @Test func `gives the registry a part of a request and then breaks it off`() async throws {
        let shelf = try RegistryUnderTest(.disk)
        let faulty = FaultyRegistry(
            shelf.responder, rules: [FaultRule(.init(.PATCH), .nth(1), .cutRequest(.reset, afterBytes: 4))])
        let location = try await shelf.open()
        let request = RegistryRequest(.PATCH, location, body: .arriving(["012", "345"]))
        let response = await faulty.respond(to: request)
        #expect(response.cut == ResponseCut(.reset, afterBytes: nil))
        #expect(try await shelf.send(.GET, location)["Range"] == "0-3")
    }

    @Test func `loses an answer after the registry has done its part`() async throws {
        let shelf = try RegistryUnderTest(.disk)
        let faulty = FaultyRegistry(
            shelf.responder, rules: [FaultRule(.init(.PUT, .upload), .first(1), .replaceAnswer(.badGateway))])
        let registry = try RegistryUnderTest { _ in faulty }
        let location = try await shelf.open()
        let digest = "hello".digest()
        #expect(try await registry.send(.PUT, "\(location)?digest=\(digest)", body: "hello").status == 502)
        #expect(try await shelf.send(.HEAD, "/v2/app/blobs/\(digest)").status == 200)
    }

    @Test func `waits with the clock of the test, or for ever`() async throws {
        let shelf = try RegistryUnderTest()
        let waits = Mutex<[Duration]>([])
        let rules = [
            FaultRule(.init(.GET, .ping), .first(1), .delay(.seconds(60))),
            FaultRule(.init(.GET, .ping), .after(1), .hang),
        ]
        let faulty = FaultyRegistry(shelf.responder, rules: rules) { time in waits.withLock { $0.append(time) } }
        #expect(await faulty.respond(to: RegistryRequest(.GET, "/v2/")).status == .ok)
        #expect(waits.withLock { $0 } == [.seconds(60)])
        #expect(await faulty.respond(to: RegistryRequest(.GET, "/v2/")).cut?.manner == .hang)
    }

    @Test(arguments: [
        (RequestMatch(), true), (RequestMatch(.GET, .blob), true), (RequestMatch(.HEAD), false),
        (RequestMatch(nil, .manifest), false), (RequestMatch(repository: "app"), true),
        (RequestMatch(repository: "ap"), false),
        (RequestMatch(reference: "0123456789".digest().text), true), (RequestMatch(reference: "v1"), false),
        (RequestMatch(header: "range"), true), (RequestMatch(header: "authorization"), false),
    ])
    func `matches by what is given`(match: RequestMatch, matches: Bool) {
        #expect(match.matches(RegistryRequest(.GET, blob, headers: ["Range": "bytes=0-1"])) == matches)
    }

    @Test(arguments: [
        ("/v2/", RequestMatch.Subject.ping), ("/token?x=y", .token), ("/v2/_catalog", .catalog),
        ("/v2/a/tags/list", .tags),
        ("/v2/a/manifests/v1", .manifest), ("/v2/a/blobs/x", .blob), ("/v2/a/blobs/uploads/", .uploadStart),
        ("/v2/a/blobs/uploads/x", .upload), ("/v2/a/referrers/x", .referrers), ("/x", .other),
    ])
    func `knows what a request asks about`(target: String, subject: RequestMatch.Subject) {
        #expect(RequestMatch.Subject(RegistryRequest(.GET, target)) == subject)
    }

    @Test func `remembers requests with their headers, through a change of script`() async throws {
        let (registry, faulty) = try await registry()
        try await registry.send(.GET, blob, headers: ["Accept": "a/b"])
        faulty.replaceRules([FaultRule(.init(), .always, .answer(.serviceUnavailable))])
        #expect(try await registry.send(.GET, blob).status == 503)
        #expect(faulty.requests.map { $0.headers.first(name: "accept") } == ["a/b", nil])
        #expect(faulty.requests.allSatisfy { $0.subject == .blob && $0.target == blob })
        faulty.forgetRequests()
        #expect(faulty.requests.isEmpty)
    }
}
