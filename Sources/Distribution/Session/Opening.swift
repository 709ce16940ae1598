import Content
import RegistryAuth
import RegistryTransport
import Synchronization

/// A question sent to a registry of which nothing is known yet, in place of the ping: most answers tell as much.
///
/// containerd and BuildKit begin the same way. A refusal brings the challenge, a success shows that none is needed; after
/// anything else the ping decides whether the answer stands.
final class Opening: Sendable {
    private struct Outcome {
        var asked: WireOrigin
        var result: Result<WireResponse, WireFailure>
    }

    private let send: @Sendable (WireOrigin) async throws(WireFailure) -> WireResponse
    private let outcome = Mutex<Outcome?>(nil)

    init(_ send: @escaping @Sendable (WireOrigin) async throws(WireFailure) -> WireResponse) { self.send = send }

    /// What the answer says of the registry; nil where that has to be asked.
    ///
    /// - Throws: where no connection came about. One that broke later says nothing of the registry.
    func footing(at origin: WireOrigin) async throws(WireFailure) -> Footing? {
        let response: WireResponse
        do { response = try await send(origin) } catch {
            if error.cause.isWithoutConnection { throw error }
            outcome.withLock { $0 = Outcome(asked: origin, result: .failure(error)) }
            return nil
        }
        let isHome = response.url.origin == origin
        if isHome, response.status == 401,
            let challenge = Challenge.usable(in: response.headers.all("WWW-Authenticate"))
        {
            // Read to its end, so that its connection serves the next request.
            _ = await response.body.beginning(upTo: RegistryErrors.largestBody)
            return Footing(origin: origin, challenge: challenge)
        }
        outcome.withLock { $0 = Outcome(asked: origin, result: .success(response)) }
        return isHome && (200...299).contains(response.status) ? Footing(origin: origin, challenge: nil) : nil
    }

    /// What came of it, once: nil where the registry, as it turned out, wants to be asked with a token or elsewhere.
    func result(on footing: Footing) -> Result<WireResponse, WireFailure>? {
        let outcome = outcome.withLock { $0.take() }
        guard footing.challenge == nil, outcome?.asked == footing.origin else { return nil }
        return outcome?.result
    }
}

extension WireFailure.Cause {
    /// Nothing was asked: there was nobody, or nobody to be trusted.
    fileprivate var isWithoutConnection: Bool {
        switch self {
        case .nameUnknown, .refused, .connectTimeout, .untrusted, .notTLS, .handshakeFailed, .proxyRefused,
            .certificatesUnusable, .addressRefused, .cancelled, .closed:
            true
        case .stalled, .broken, .malformed, .redirectRefused, .body, .other: false
        }
    }
}
