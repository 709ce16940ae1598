// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One connection of a client. Reads requests one after the other, passes them to the responder and writes the
/// responses.
///
/// States: waiting for a request; handling one request (its body is arriving, and its response is not begun, begun or
/// done); closing. The connection reads only what is needed, so a slow or silent client costs a few kilobytes. Requests
/// that arrive while another is handled wait in `pending`, which holds at most what one read delivers.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// What a connection needs from its registry.
    struct Setup: Sendable {
        var responder: any RegistryResponder
        var peer: RequestPeer
        /// Shared by the connections of one event loop.
        var executor: EventLoopTaskExecutor
        var limits: ConnectionLimits
        var slot: ConnectionSlot
    }

    /// Fired into the pipeline when the registry stops: the connection finishes the current request and takes no new
    /// one.
    struct StopRequested: Sendable {}
    /// Fired into the pipeline when a connection that had to wait for its turn may begin.
    struct TurnCame: Sendable {}
    /// Fired into the pipeline when another connection needs the place of this one, which was idle.
    struct PlaceWanted: Sendable {
        /// Called if a request arrived meanwhile, so that another connection has to end.
        let declined: @Sendable () -> Void
    }

    /// How long a client may continue sending after it was told that the connection ends.
    static let lingering = TimeAmount.seconds(10)

    let setup: Setup
    var exchange: HTTPExchange?
    var pending = CircularBuffer<HTTPServerRequestPart>()
    var isStopping = false
    var isClosed = false
    /// Whether the last response was sent. Bytes that still arrive are dropped until the client closes.
    var isLingering = false
    var context: ChannelHandlerContext?
    var clientTimeout: ClientTimeout?
    /// The time when the last response was sent, or when the connection began.
    var idleSince = NIODeadline.uptimeNanoseconds(0)
    var nextLook: Scheduled<Void>?
    /// The number of unsent bytes at the last check. If the number changes, the client is reading.
    var unsentBytes = 0
    /// Whether the bytes of the current read contained a complete part of a request.
    private var hasReadPart = false

    init(_ setup: Setup) { self.setup = setup }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        begin(context)
    }

    /// Starts to read, unless the connection waits for its turn.
    func begin(_ context: ChannelHandlerContext) {
        guard clientTimeout == nil, context.channel.isActive, !setup.slot.isHeld else { return }
        let now = context.eventLoop.now
        clientTimeout = ClientTimeout(setup.limits, now: now)
        becomeIdle(at: now)
        if setup.slot.isCrowded { giveWay(context) {} }
        look(context)
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        nextLook?.cancel()
        // The responder is not cancelled. It still stores the received bytes, because the client may continue the
        // upload later.
        exchange?.body.interrupt()
        exchange = nil
        context.fireChannelInactive()
    }
}

// MARK: - Receiving

extension HTTPConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLingering { return }
        hasReadPart = true
        let part = unwrapInboundIn(data)
        if let exchange, exchange.isReceived { pending.append(part) } else { receive(part, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes that are not a part of a request yet are the beginning of a head or of a TLS handshake.
        if !hasReadPart, exchange == nil, clientTimeout?.wait == .request {
            clientTimeout?.begin(.head, at: context.eventLoop.now)
        }
        hasReadPart = false
        readIfWanted(context)
        context.fireChannelReadComplete()
    }

    func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let buffer):
            exchange?.awaitsContinue = false
            exchange?.receivedBytes += Int64(buffer.readableBytes)
            if let context = self.context { clientTimeout?.progress(at: context.eventLoop.now) }
            if exchange?.isAnswered == false { exchange?.body.yield(buffer) }
        case .end:
            exchange?.isReceived = true
            exchange?.body.finish()
            if clientTimeout?.wait == .body { clientTimeout?.pause() }
            if exchange?.isAnswered == true { next(context) }
        }
    }

    func readIfWanted(_ context: ChannelHandlerContext) {
        guard !isClosed else { return }
        guard let exchange, !isLingering else { return context.read() }
        if exchange.isReceived { return }
        if exchange.isAnswered || exchange.body.hasRoom { context.read() }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        setup.slot.becomesBusy()
        clientTimeout?.begin(.body, at: context.eventLoop.now)
        guard head.headers.hasUsableHost else { return refuse(.badRequest, "Host is not one host name", context) }
        let length = BodyLength(head)
        guard length != .absurd else {
            return refuse(.badRequest, "Content-Length is not a number of bytes", context)
        }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let source = RequestBodySource {
            if loop.inEventLoop {
                connection.value.bodyWanted()
            } else {
                loop.execute { connection.value.bodyWanted() }
            }
        }
        let request = RegistryRequest(
            head.method, head.uri, headers: head.headers,
            body: RequestBody(length: length.bytes, source), peer: setup.peer)
        exchange = HTTPExchange(head, length: length.bytes, body: source)
        let responder = setup.responder
        Task(executorPreference: setup.executor) {
            let response = await responder.respond(to: request)
            if loop.inEventLoop {
                connection.value.answer(response)
            } else {
                loop.execute { connection.value.answer(response) }
            }
        }
    }

    /// The responder requests the body, or has room for more of it.
    private func bodyWanted() {
        guard let context, let exchange, !exchange.isAnswered else { return }
        clientTimeout?.progress(at: context.eventLoop.now)
        if exchange.awaitsContinue {
            self.exchange?.awaitsContinue = false
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
        readIfWanted(context)
    }
}

// MARK: - Ending

extension HTTPConnection {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is StopRequested:
            isStopping = true
            if exchange == nil { context.close(promise: nil) }
        case is TurnCame: begin(context)
        case let wanted as PlaceWanted: giveWay(context, orElse: wanted.declined)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        exchange?.body.interrupt()
        guard error is HTTPParserError, exchange == nil, !isClosed, !isLingering else {
            return context.close(promise: nil)
        }
        refuse(.badRequest, "this is not a request of HTTP/1.1", context)
    }

    /// Answers bytes that are not a valid request, and ends the connection.
    func refuse(_ status: HTTPResponseStatus, _ sentence: String, _ context: ChannelHandlerContext) {
        let text = ByteBuffer(string: sentence + "\n")
        let head = HTTPResponseHead(
            version: .http1_1, status: status,
            headers: [
                "Content-Type": "text/plain; charset=utf-8", "Content-Length": String(text.readableBytes),
                "Connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(text))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        endGently(context)
    }
}
