// SPDX-License-Identifier: Apache-2.0

import ProtocolCases
import RegistryTransport
import Synchronization
import Testing

/// A name that an answer gave us is looked up and judged before anything is connected to.
@Suite struct AddressTests {
    private static let ok: RawServer.Answer = { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }

    private func settings(_ addresses: [String]...) -> (TransportSettings, asked: @Sendable () -> [String]) {
        let (asked, answers) = (Box<[String]>([]), addresses)
        var settings = TransportSettings.patient
        let start = ContinuousClock.now
        settings.now = { start }
        settings.resolve = { host in
            asked.change { $0.append(host) }
            return answers[min(asked.value.count, answers.count) - 1]
        }
        return (settings, { asked.value })
    }

    private func failure(_ request: WireRequest, _ settings: TransportSettings) async throws -> WireFailure.Cause? {
        try await withTransport(settings) { transport in
            do throws(WireFailure) {
                _ = try await transport.send(request)
                return nil
            } catch {
                return error.cause
            }
        }
    }

    private func expectAnswer(to request: WireRequest, _ transport: HTTPClientTransport) async throws {
        let response = try await transport.send(request)
        #expect(response.status == 200)
    }

    @Test(
        .covers("S08"),
        arguments: [
            WireRequest.Reach.publicOr(.everywhere), .publicOr(.privateNetwork), .publicOr(.forbidden),
        ])
    func `a name that leads inwards is refused without a handshake`(reach: WireRequest.Reach) async throws {
        try await RawServer.running(answer: Self.ok) { server in
            let request = WireRequest(.get, try server.url(host: "cdn.example"), reach: reach)
            let cause = try await failure(request, settings(["127.0.0.1"]).0)
            guard case .addressRefused? = cause else {
                Issue.record("\(String(describing: cause))")
                return
            }
            #expect(server.connections == 0)
        }
    }

    @Test(arguments: [
        "169.254.169.254", "fe80::1%1", "0.0.0.0", "fd00:ec2::254", "::ffff:169.254.169.254", "192.0.0.192",
        "168.63.129.16", "100.100.100.200", "2002:a9fe:a9fe::1",
    ])
    func `nobody leads to a metadata service, not even by a name`(address: String) async throws {
        let request = WireRequest(.get, try WireURL("http://cdn.example/"), reach: .publicOr(.loopback))
        guard case .addressRefused? = try await failure(request, settings([address]).0) else {
            Issue.record("\(address) was tried")
            return
        }
    }

    @Test(.covers("S08")) func `the address that was judged is used, by the name that was given`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            let (settings, asked) = settings(["127.0.0.1"], ["169.254.169.254"])
            let request = WireRequest(.get, try server.url(host: "cdn.example"), reach: .publicOr(.loopback))
            try await withTransport(settings) { transport in
                for _ in 0..<3 { try await expectAnswer(to: request, transport) }
            }
            #expect(asked() == ["cdn.example"])
            #expect(server.requests.allSatisfy { $0.head.contains("\r\nHost: cdn.example:\(server.port)") })
        }
    }

    @Test func `of several addresses those that may be reached are tried in turn`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            let (settings, _) = settings(["10.0.0.1", "127.0.0.2", "127.0.0.1"])
            let request = WireRequest(.get, try server.url(host: "cdn.example"), reach: .publicOr(.loopback))
            try await withTransport(settings) { transport in
                try await expectAnswer(to: request, transport)
            }
            #expect(server.connections == 1)
        }
    }

    @Test func `a name without an address is told as that`() async throws {
        let request = WireRequest(.get, try WireURL("http://cdn.example/"), reach: .publicOr(.everywhere))
        guard case .nameUnknown? = try await failure(request, settings([]).0) else {
            Issue.record("another failure")
            return
        }
    }

    @Test func `the user's own hosts are not looked up here`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            let (settings, asked) = settings(["127.0.0.2"])
            try await withTransport(settings) { transport in
                _ = try await transport.send(WireRequest(.get, try server.url()))
            }
            #expect(asked().isEmpty)
        }
    }

    @Test(.covers("S07")) func `an address in any spelling is judged without a handshake`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            for host in ["127.0.0.1", "2130706433", "0x7f.1"] {
                let request = WireRequest(.get, try server.url(host: host), reach: .publicOr(.everywhere))
                guard case .addressRefused? = try await failure(request, .patient) else {
                    Issue.record("\(host) was tried")
                    return
                }
            }
            #expect(server.connections == 0)
        }
    }

    @Test func `the system's resolver knows this machine`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            let request = WireRequest(.get, try server.url(host: "localhost"), reach: .publicOr(.loopback))
            try await withTransport { transport in
                try await expectAnswer(to: request, transport)
            }
        }
    }

    @Test func `a host for every blob costs no client for every blob`() async throws {
        try await RawServer.running(answer: Self.ok) { server in
            try await withTransport(settings(["127.0.0.1"]).0) { transport in
                for number in 1...70 {
                    let url = try server.url(host: "cdn\(number).example")
                    try await expectAnswer(to: WireRequest(.get, url, reach: .publicOr(.loopback)), transport)
                }
            }
        }
    }
}

private final class Box<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    var value: Value { content.withLock { $0 } }

    func change(_ change: (inout Value) -> Void) { content.withLock { change(&$0) } }
}
