// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Testing

@testable import LiveView

/// What a request gets, decided by its head alone.
@Suite struct LiveDoorTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private func head(
        _ target: String, _ method: HTTPMethod = .GET, _ headers: HTTPHeaders = ["Host": "127.0.0.1:9000"]
    )
        -> HTTPRequestHead
    { HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers) }

    private let loopback = LiveDoor(key: .loopback)

    private func token(_ seed: UInt64) -> LiveToken {
        var generator = Generator(state: seed)
        return LiveToken(using: &generator)
    }

    private func status(_ answer: LiveDoor.Answer) -> HTTPResponseStatus {
        if case .refused(let status, _) = answer { status } else { .ok }
    }

    @Test func `the page, its events, metrics and health are all there is`() {
        #expect(loopback.answer(to: head("/")) == .page)
        #expect(loopback.answer(to: head("/events")) == .events(since: nil))
        #expect(loopback.answer(to: head("/metrics?x=1")) == .metrics(.prometheus))
        #expect(loopback.answer(to: head("/healthz", .HEAD)) == .health)
        for target in ["/x", "/metrics/", "//", "http://127.0.0.1:9000/", "*", "", "/.."] {
            #expect(status(loopback.answer(to: head(target))) == .notFound, "\(target)")
        }
    }

    @Test(arguments: [HTTPMethod.POST, .PUT, .DELETE, .PATCH, .OPTIONS])
    func `nothing can be changed`(method: HTTPMethod) {
        for target in ["/", "/events", "/metrics", "/healthz"] {
            #expect(status(loopback.answer(to: head(target, method))) == .methodNotAllowed)
        }
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:9000", "localhost:80", "LOCALHOST", "[::1]:9000", "127.1.2.3"])
    func `this machine's names are taken`(host: String) {
        #expect(loopback.answer(to: head("/", .GET, ["Host": host])) == .page)
    }

    @Test(arguments: [
        "evil.example", "evil.example:9000", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1x", "",
    ])
    func `a name that was made to lead here is refused`(host: String) {
        #expect(status(loopback.answer(to: head("/metrics", .GET, ["Host": host]))) == .misdirectedRequest)
    }

    @Test func `a request without one host is refused`() {
        #expect(status(loopback.answer(to: head("/", .GET, [:]))) == .badRequest)
        let two: HTTPHeaders = ["Host": "127.0.0.1", "host": "evil.example"]
        #expect(status(loopback.answer(to: head("/", .GET, two))) == .badRequest)
    }

    @Test func `another site's page may link here and ask for nothing`() {
        let link: HTTPHeaders = ["Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"]
        let fetch: HTTPHeaders = ["Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"]
        #expect(loopback.answer(to: head("/", .GET, link)) == .page)
        #expect(status(loopback.answer(to: head("/events", .GET, fetch))) == .forbidden)
    }

    @Test func `beyond this machine nothing is found without the token`() {
        let door = LiveDoor(key: .token(token(1)))
        let right = token(1).revealed
        #expect(right.utf8.count == 32)
        #expect(door.answer(to: head("/\(right)/")) == .page)
        #expect(door.answer(to: head("/\(right)/metrics", .GET, ["Host": "any.example"])) == .metrics(.prometheus))
        let wrong = [
            "/", "/metrics", "/healthz", "/\(right)", "/\(right)x/", "/\(right.dropLast())/", "//\(right)/",
            "/\(token(2).revealed)/", "/\(right.uppercased())/",
        ]
        for target in wrong {
            #expect(status(door.answer(to: head(target))) == .notFound, "\(target)")
            #expect(status(door.answer(to: head(target, .POST))) == .notFound, "\(target)")
        }
        #expect(status(door.answer(to: head("/\(right)/", .POST))) == .methodNotAllowed)
    }

    @Test func `a token does not print`() {
        let token = token(3)
        var dumped = ""
        dump(token, to: &dumped)
        #expect(![dumped, "\(token)", String(reflecting: token)].contains { $0.contains(token.revealed) })
    }

    @Test func `a browser that connects again says what it was told last`() {
        #expect(loopback.answer(to: head("/events?since=ab-7")) == .events(since: LivePlace(run: "ab", position: 7)))
        let again: HTTPHeaders = ["Host": "127.0.0.1", "Last-Event-ID": "ab-9"]
        let answer = loopback.answer(to: head("/events?since=ab-7", .GET, again))
        #expect(answer == .events(since: LivePlace(run: "ab", position: 9)))
        for target in [
            "/events?since=ab", "/events?since=ab--1", "/events?since=-1", "/events?since=ab-99999999999999999999",
        ] {
            #expect(loopback.answer(to: head(target)) == .events(since: nil), "\(target)")
        }
    }

    @Test(arguments: [
        ([], MetricsForm.prometheus), (["*/*"], .prometheus), (["text/plain"], .prometheus),
        (["application/openmetrics-text"], .openMetrics),
        (
            [
                "application/openmetrics-text;version=1.0.0;q=0.5", "application/openmetrics-text;version=0.0.1;q=0.4",
                "text/plain;version=0.0.4;q=0.3", "*/*;q=0.2",
            ], .openMetrics
        ),
        (["application/openmetrics-text; q=0.1", "text/plain"], .prometheus),
        (["application/openmetrics-text;q=0"], .prometheus),
    ])
    func `the form of metrics is what is accepted most`(accepted: [String], form: MetricsForm) {
        #expect(MetricsForm(accepted: accepted) == form)
    }
}
