// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOCore
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization

/// A wire without a network: answers from a script, for hosts and schemes that no test can listen on.
final class ScriptedTransport: Transport {
    struct Answer: Sendable {
        var status: Int
        var headers: WireHeaders = [:]
        var body = ""
        /// Instead of an answer.
        var failure: WireFailure.Cause?

        static func json(_ body: String, _ status: Int = 200) -> Answer { Answer(status: status, body: body) }
        static func redirect(_ location: String, _ status: Int = 307) -> Answer {
            Answer(status: status, headers: ["Location": location])
        }
        static func challenge(_ text: String) -> Answer { Answer(status: 401, headers: ["WWW-Authenticate": text]) }
        static func failing(_ cause: WireFailure.Cause) -> Answer { Answer(status: 0, failure: cause) }
        static let ok = Answer(status: 200)
        static let notFound = Answer(status: 404)
    }

    private let script: @Sendable (WireRequest) -> Answer
    private let record = Mutex<[WireRequest]>([])
    private let opened = Mutex<[String]>([])
    private let connected: [String: AddressClass]

    private let hold: @Sendable (WireRequest, ScriptedTransport) async -> Void

    /// - Parameters:
    ///   - connected: what origins turn out to be connected to.
    ///   - hold: what is waited for before an answer.
    init(
        connected: [String: AddressClass] = [:],
        hold: @escaping @Sendable (WireRequest, ScriptedTransport) async -> Void = { _, _ in },
        _ script: @escaping @Sendable (WireRequest) -> Answer
    ) {
        self.connected = connected
        self.hold = hold
        self.script = script
    }

    var requests: [WireRequest] { record.withLock { $0 } }

    /// `METHOD URL` of every request.
    var conversation: [String] { requests.map { "\($0.method.rawValue) \($0.url.unredacted)" } }

    /// Origins that connections were opened to before there was a request for them.
    var openedAhead: [String] { opened.withLock { $0 } }

    /// Origins that got an `Authorization`.
    var trusted: Set<String> {
        Set(requests.filter { $0.headers["Authorization"] != nil }.map(\.url.origin.description))
    }

    func addressClass(of origin: WireOrigin) -> AddressClass? { connected[origin.description] }
    func shutdown() async {}

    func openConnection(for request: WireRequest) async {
        opened.withLock { $0.append(request.url.origin.description) }
    }

    func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        record.withLock { $0.append(request) }
        if case .stream(let body, _) = request.body {
            do { for try await _ in body {} } catch { throw WireFailure(.body(error), at: request.url.origin) }
        }
        await hold(request, self)
        let answer = script(request)
        if let cause = answer.failure { throw WireFailure(cause, at: request.url.origin) }
        let body = request.method == .head || answer.body.isEmpty ? [] : [ByteBuffer(string: answer.body)]
        return WireResponse(status: answer.status, headers: answer.headers, url: request.url, body: WireBody(body))
    }
}

/// A clock that stands still until told.
final class ManualClock: Sendable {
    private let time = Mutex((monotonic: ContinuousClock.now, calendar: Int64(784_111_777)))

    var clock: NetworkClock {
        NetworkClock(
            monotonic: { self.time.withLock { $0.monotonic } }, calendar: { self.time.withLock { $0.calendar } },
            sleep: { length in self.time.withLock { $0.monotonic += length } })
    }

    func advance(by seconds: Int64) {
        time.withLock { time in
            time.monotonic += .seconds(seconds)
            time.calendar += seconds
        }
    }
}

extension RegistryNetwork {
    /// A network over a scripted wire.
    convenience init(
        _ transport: ScriptedTransport, credentials: any CredentialSource = NoCredentials(),
        clock: ManualClock = ManualClock(), options: RegistryNetworkOptions = .patient
    ) {
        self.init(options: options, credentials: credentials, transport: transport, clock: clock.clock)
    }

    func store(_ host: String, as role: Role = .source) throws -> RegistryStore {
        store(for: try RegistryHost(host), as: role)
    }
}
