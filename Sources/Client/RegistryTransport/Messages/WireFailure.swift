// SPDX-License-Identifier: Apache-2.0

/// Why a request got no answer, or an incomplete one.
package struct WireFailure: Error, Sendable {
    package enum Cause: Sendable {
        /// No address for the name.
        case nameUnknown
        /// Connection refused, or no route.
        case refused
        case connectTimeout
        /// The certificate is not trusted. The text says what is wrong with it.
        case untrusted(String)
        /// The peer does not speak TLS.
        case notTLS
        case handshakeFailed(String)
        /// Nothing moved for this long.
        case stalled(Stall, Duration)
        /// This process has no free descriptor for a connection.
        case tooManyOpenFiles
        /// The connection ended before the answer was complete.
        case broken
        /// The answer is not HTTP, or contradicts its own head.
        case malformed(String)
        /// The proxy refused to connect. The text says why.
        case proxyRefused(String)
        /// The proxy opened no tunnel, and it is unknown whether this is permanent.
        case proxyFailed
        /// The certificate files for this host cannot be read. The text says which.
        case certificatesUnusable(String)
        /// The connection would have reached an address that a registry must not name.
        case addressRefused
        /// A redirect that is not followed. The text says why.
        case redirectRefused(String)
        /// Redirects that form a loop, or are too many.
        case redirectLoop(String)
        /// The request's own body threw.
        case body(any Error)
        case cancelled
        case closed
        case other(String)
    }

    /// What was awaited when nothing moved.
    package enum Stall: String, Sendable {
        case sending = "bytes were being sent"
        case head = "an answer was awaited"
        case body = "a body was being read"
    }

    package let cause: Cause
    /// The origin of the request; nil if the failure concerns none.
    package let origin: WireOrigin?
    /// The proxy; nil if there was none.
    package let proxy: ProxyServer?

    package init(_ cause: Cause, at origin: WireOrigin?, via proxy: ProxyServer? = nil) {
        self.cause = cause
        self.origin = origin
        self.proxy = proxy
    }

    /// Whether no connection to the address was made. Another address may work.
    var isWithoutConnection: Bool {
        switch cause {
        case .refused, .connectTimeout: true
        default: false
        }
    }

    /// An error of a body, as a failure.
    package init(wrapping error: any Error) {
        if let failure = error as? WireFailure {
            self = failure
        } else if error is CancellationError {
            self.init(.cancelled, at: nil)
        } else {
            self.init(.other(String(describing: error)), at: nil)
        }
    }
}

/// Uses the words of Go's network library where it has some, because people and scripts know them from gcrane.
extension WireFailure: CustomStringConvertible {
    package var description: String {
        let host = (origin?.authority ?? "the connection") + (proxy.map { " through the proxy \($0)" } ?? "")
        return switch cause {
        // It is unknown then whether the proxy's or the registry's name could not be resolved.
        case .nameUnknown where proxy != nil: "\(host): no such host"
        case .refused where proxy != nil: "\(host): connection refused"
        case .connectTimeout where proxy != nil: "\(host): no connection in time"
        case .nameUnknown: "dial tcp: lookup \(origin?.host ?? host): no such host"
        case .refused: "dial tcp \(address): connect: connection refused"
        case .connectTimeout: "dial tcp \(address): i/o timeout"
        case .untrusted(let reason): "tls: failed to verify certificate: x509: \(reason)"
        case .notTLS: "http: server gave HTTP response to HTTPS client"
        case .handshakeFailed(let reason): "\(host): the TLS handshake failed: \(reason)"
        case .stalled(let stall, let limit):
            "\(host): nothing moved for \(limit.wholeSeconds) s while \(stall.rawValue)"
        case .tooManyOpenFiles: "\(host): too many open files"
        case .broken: "\(host) closed the connection too early"
        case .malformed(let reason): "\(host) sent a malformed answer: \(reason)"
        case .proxyFailed: "\(host): the proxy did not open a connection there"
        case .proxyRefused(let reason): "\(host): the proxy refused: \(reason)"
        case .certificatesUnusable(let reason): "\(host): \(reason)"
        case .addressRefused: "\(host) leads to an internal address, which only the user may name"
        case .redirectRefused(let reason), .redirectLoop(let reason): "\(host): \(reason)"
        case .body(let error): "the request's body ended early: \(error)"
        case .cancelled: "cancelled"
        case .closed: "the transport is shut down"
        case .other(let text): "\(host): \(text)"
        }
    }

    private var address: String { origin.map { "\($0.host):\($0.port)" } ?? "the peer" }
}

extension Duration {
    fileprivate var wholeSeconds: String {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? "\(seconds)" : "\(Double(seconds) + Double(attoseconds) / 1e18)"
    }
}
