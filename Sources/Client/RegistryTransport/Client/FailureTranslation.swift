// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension WireFailure {
    /// Translates an error of the client, NIO or BoringSSL into a `WireFailure`.
    ///
    /// - Parameter proxy: the proxy, if the connection was not established yet.
    init(translating error: any Error, from origin: WireOrigin, via proxy: ProxyServer? = nil) {
        self.init(Self.cause(of: error), at: origin, via: proxy)
    }

    private static func cause(of error: any Error) -> Cause {
        switch error {
        case let failure as WireFailure: failure.cause
        case is CancellationError: .cancelled
        case let stall as StallError: .stalled(stall.stall, stall.limit)
        case is AddressRefusedError: .addressRefused
        case let error as HTTPClientError: cause(of: error)
        case let error as NIOConnectionError: cause(of: error)
        case let error as NIOSSLError: cause(of: error)
        case let error as NIOSSLExtraError:
            error == .failedToValidateHostname ? .untrusted(nameMismatch) : .handshakeFailed(error.description)
        case let error as IOError: cause(of: error)
        case is ChannelError: .broken
        case let refusal as ResponseHead.Refusal: .malformed(refusal.description)
        case let error as HTTPParserError: .malformed(error.debugDescription)
        case is NIOHTTPDecoderError: .malformed("bytes that answer nothing")
        case is BoringSSLError: .handshakeFailed("the peer ended it, or speaks another TLS")
        // The client reports this for a proxy that does not answer with a tunnel.
        default: String(describing: error) == "NoResult()" ? .proxyFailed : .other(String(describing: error))
        }
    }

    /// Used until more is known about the certificate.
    private static let nameMismatch = "certificate is not valid for this host"

    /// This failure; if it was caused by the peer's certificate, with what is wrong with it.
    ///
    /// - Parameters:
    ///   - address: the address of the connection; nil: the host's name is resolved.
    ///   - now: seconds since 1970.
    func explained(at address: String?, within limit: Duration, now: Int64) async -> WireFailure {
        guard case .untrusted(let reason) = cause, let origin, proxy == nil,
            let chain = await CertificateProbe.chain(of: origin, at: address, within: limit)
        else { return self }
        let complaint = CertificateComplaint(
            chain: chain, host: origin.host, isTrusted: reason == Self.nameMismatch, now: now)
        return WireFailure(.untrusted(complaint.reason.displayable), at: origin)
    }

    private static func cause(of error: HTTPClientError) -> Cause {
        switch error {
        case .cancelled, .requestStreamCancelled: .cancelled
        case .remoteConnectionClosed, .uncleanShutdown: .broken
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout: .connectTimeout
        case .alreadyShutdown: .closed
        case .proxyAuthenticationRequired: .proxyRefused("it wants a login (407)")
        // The client does not distinguish permanent refusals from temporary ones (502, 503, 429).
        case .invalidProxyResponse: .proxyFailed
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout: .connectTimeout
        case .invalidURL, .emptyHost: .nameUnknown
        case .bodyLengthMismatch: .malformed("the body's length is not what was announced")
        default: .other(error.shortDescription)
        }
    }

    private static func cause(of error: NIOConnectionError) -> Cause {
        // The resolver does not say that it failed for lack of descriptors.
        if error.connectionErrors.isEmpty { return isOutOfDescriptors ? .tooManyOpenFiles : .nameUnknown }
        if error.connectionErrors.contains(where: { ($0.error as? IOError).map(isOutOfDescriptors) ?? false }) {
            return .tooManyOpenFiles
        }
        let isTimeout = error.connectionErrors.allSatisfy {
            if case .connectTimeout? = $0.error as? ChannelError { true } else { false }
        }
        return isTimeout ? .connectTimeout : .refused
    }

    private static func isOutOfDescriptors(_ error: IOError) -> Bool { [EMFILE, ENFILE].contains(error.errnoCode) }

    private static var isOutOfDescriptors: Bool {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE }
        close(descriptor)
        return false
    }

    private static func cause(of error: IOError) -> Cause {
        if isOutOfDescriptors(error) { return .tooManyOpenFiles }
        return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode) ? .refused : .broken
    }

    private static func cause(of error: NIOSSLError) -> Cause {
        guard case .handshakeFailed(let reason) = error else {
            return error == .uncleanShutdown ? .broken : .handshakeFailed(String(describing: error))
        }
        let text = String(describing: reason)
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return .untrusted("certificate has expired or is signed by unknown authority")
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return .notTLS }
        return .handshakeFailed(text)
    }
}
