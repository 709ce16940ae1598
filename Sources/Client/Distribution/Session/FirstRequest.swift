// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization

/// A request to a registry of which nothing is known yet, sent in place of the ping: most answers tell as much.
///
/// containerd and BuildKit begin the same way. A refusal brings the challenge, a success shows that this request needs none;
/// after anything else the ping decides whether the answer stands.
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

    /// What the answer says of the registry; nil where that has to be asked.
    ///
    /// - Throws: where no connection came about. One that broke later says nothing of the registry.
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

    /// What came of it, once: nil where the registry, as it turned out, wants to be asked with a token or elsewhere.
    func result(at endpoint: RegistryEndpoint) async -> Result<WireResponse, WireFailure>? {
        guard let outcome = outcome.withLock({ $0.take() }) else { return nil }
        if endpoint.challenges.isEmpty, outcome.asked == endpoint.origin { return outcome.result }
        if case .success(let response) = outcome.result { await response.discard() }
        return nil
    }
}

extension WireResponse {
    /// Reads what is left, so that the connection serves the next request.
    func discard() async { _ = await body.beginning(upTo: RegistryErrors.largestBody) }
}

extension WireHeaders {
    /// Who asks, and that the bytes are wanted as they are.
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
