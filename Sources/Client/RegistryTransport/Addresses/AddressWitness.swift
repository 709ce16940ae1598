// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Synchronization

/// The address classes of the connections to each origin.
final class PeerAddresses: Sendable {
    private let classes = Mutex<[WireOrigin: AddressClass]>([:])

    subscript(_ origin: WireOrigin) -> AddressClass? { classes.withLock { $0[origin] } }

    /// The first connection decides, so a name that moves to an internal address later gains nothing.
    func note(_ origin: WireOrigin, _ addressClass: AddressClass) {
        classes.withLock { $0[origin] = $0[origin] ?? addressClass }
    }
}

/// Notes a connection's address under the origin of its first request, and then leaves the pipeline.
final class AddressWitness: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let scheme: WireOrigin.Scheme
    private let peers: PeerAddresses

    init(scheme: WireOrigin.Scheme, peers: PeerAddresses) {
        self.scheme = scheme
        self.peers = peers
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The write is passed on first, because a removed context cannot do so.
        context.write(data, promise: promise)
        if case .head(let head) = unwrapOutboundIn(data) {
            note(host: head.headers.first(name: "Host") ?? "", address: context.channel.remoteAddress)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    private func note(host: String, address: SocketAddress?) {
        guard let origin = try? WireOrigin(scheme: scheme, authority: host), let reach = AddressClass(address) else {
            return
        }
        peers.note(origin, reach)
    }
}
