// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A channel handler between the HTTP codec and the client that closes a stalled connection.
///
/// The client's own read timeout considers neither back-pressure nor the kind of request. This handler does.
final class StallGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let watch: StallWatch

    init(limits: StallLimits) {
        watch = StallWatch(limits: limits) { context, error in
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): watch.beginSending(isCommit: [.PUT, .PATCH].contains(head.method), context)
        case .body: break
        case .end: watch.endSending(context)
        }
        context.write(data, promise: promise)
    }

    func read(context: ChannelHandlerContext) {
        watch.beginReading(context)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): if head.status.code >= 200 { watch.receiveHead(context) }
        case .body(let bytes): watch.receive(bytes.readableBytes, context)
        case .end: watch.end()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        watch.pauseReading(context)
        context.fireChannelReadComplete()
    }

    func handlerRemoved(context: ChannelHandlerContext) { watch.cancel() }
}

/// The error with which `HTTPClientTransport` closes a connection to an address that a registry must not name.
struct AddressRefusedError: Error {}
