// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOHTTP1
import NIOSSL

/// The handlers of one connection, from its bytes to the responder.
package struct ConnectionPipeline: Sendable {
    let responder: any RegistryResponder
    let limits: ConnectionLimits
    let tls: NIOSSLContext?

    init(_ responder: any RegistryResponder, limits: ConnectionLimits, tls: NIOSSLContext?) {
        self.responder = responder
        self.limits = limits
        self.tls = tls
    }

    /// A pipeline for plain HTTP.
    package init(_ responder: any RegistryResponder, limits: ConnectionLimits = ConnectionLimits()) {
        self.init(responder, limits: limits, tls: nil)
    }

    /// Serves the responder on a channel that no server accepted, such as one without a socket. Call on its event loop.
    ///
    /// Everything runs on that event loop if the responder stays on it.
    package func install(on channel: any Channel) throws {
        try install(on: channel, ConnectionSlot(), EventLoopTaskExecutor(channel.eventLoop))
    }

    func install(on channel: any Channel, _ slot: ConnectionSlot, _ executor: EventLoopTaskExecutor) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try pipeline.addHandler(PlainRequestRefusal())
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        }
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: Self.headLimits)))
        let peer = RequestPeer(
            address: channel.remoteAddress?.ipAddress, port: channel.remoteAddress?.port, connection: slot.number,
            isEncrypted: tls != nil, localAuthority: channel.localAddress?.authority ?? "localhost")
        try pipeline.addHandler(
            HTTPConnection(
                HTTPConnection.Setup(
                    responder: responder, peer: peer, executor: executor, limits: limits, slot: slot)))
    }

    /// Limits of a request's head: large enough for a PUT with many tags, small enough to protect the memory from
    /// attacks.
    private static let headLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 64 << 10
        limits.maxHeaderListSize = 256 << 10
        limits.maxHeaderFieldCount = 200
        return limits
    }()
}

extension SocketAddress {
    /// `host:port` as it stands in a URL.
    fileprivate var authority: String? {
        guard let ipAddress, let port else { return nil }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
