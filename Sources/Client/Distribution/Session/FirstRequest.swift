// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization

/// The first request to a registry, sent in place of the ping. Most answers tell as much as a ping.
///
/// containerd and BuildKit begin the same way. A refusal contains the challenge, and a success shows that this request
/// needs no login. After any other answer, a ping decides whether the answer is used.
final class FirstRequest: Sendable {
    private struct Outcome {
        var asked: WireOrigin
        var result: Result<WireResponse, WireFailure>
    }

    private let repository: Repository?
    private let send: @Sendable (WireOrigin) async throws(WireFailure) -> WireResponse
    private let outcome = Mutex<Outcome?>(nil)

    init(
        about repository: Repository?,
        _ send: @escaping @Sendable (WireOrigin) async throws(WireFailure) -> WireResponse
    ) {
        self.repository = repository
        self.send = send
    }

    /// What the answer says about the registry; nil if a ping has to find it out.
    ///
    /// - Throws: if there was no connection. A connection that broke later says nothing about the registry.
    func endpoint(at origin: WireOrigin) async throws(WireFailure) -> RegistryEndpoint? {
        let response: WireResponse
        do { response = try await send(origin) } catch {
            if error.cause.isWithoutConnection { throw error }
            outcome.withLock { $0 = Outcome(asked: origin, result: .failure(error)) }
            return nil
        }
        let isHome = response.url.origin == origin
        let challenges = Challenge.answerable(in: response.headers.all("WWW-Authenticate"))
        if isHome, response.status == 401, !challenges.isEmpty {
            await response.discard()
            return RegistryEndpoint(origin: origin, challenges: challenges, evidence: .answer(repository))
        }
        outcome.withLock { $0 = Outcome(asked: origin, result: .success(response)) }
        guard isHome, (200...299).contains(response.status) else { return nil }
        return RegistryEndpoint(origin: origin, challenges: [], evidence: .answer(repository))
    }

    /// The result of the request. Can be taken once. nil if the registry turned out to require a token, or to be at another
    /// origin.
    func result(at endpoint: RegistryEndpoint) async -> Result<WireResponse, WireFailure>? {
        guard let outcome = outcome.withLock({ $0.take() }) else { return nil }
        if endpoint.challenges.isEmpty, outcome.asked == endpoint.origin { return outcome.result }
        if case .success(let response) = outcome.result { await response.discard() }
        return nil
    }
}

extension WireResponse {
    /// Reads the rest of the body, so that the connection can be reused.
    func discard() async { _ = await body.beginning(upTo: RegistryErrors.largestBody) }
}

extension WireHeaders {
    /// Adds the user agent, and requests the bytes without compression.
    mutating func addOurs(_ userAgent: String) {
        add("User-Agent", userAgent)
        add("Accept-Encoding", "identity")
    }
}

extension WireFailure.Cause {
    /// True if no request was sent: the connection failed, or TLS did not trust the server.
    fileprivate var isWithoutConnection: Bool {
        switch self {
        case .nameUnknown, .refused, .connectTimeout, .untrusted, .notTLS, .handshakeFailed, .proxyRefused,
            .proxyFailed,
            .certificatesUnusable, .addressRefused, .tooManyOpenFiles, .cancelled, .closed:
            true
        case .stalled, .broken, .malformed, .redirectRefused, .redirectLoop, .body, .other: false
        }
    }
}
