import NIOCore
import NIOHTTP1

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One connection of a client: reads requests one after the other, has each answered, and writes the answers.
///
/// States: waiting for a request; one request in hand (its body arriving, its response not begun, begun or done); closing.
/// Nothing is read that nobody waits for, so a slow or silent client costs a few kilobytes. Requests that arrive while one
/// is in hand wait in `pending`, which one read can fill and no more.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// What a connection needs to know of its registry.
    struct Setup: Sendable {
        var responder: any RegistryResponder
        var peer: RequestPeer
        /// Shared by the connections of one event loop.
        var executor: EventLoopTaskExecutor
    }

    /// Fired into the pipeline when the registry stops: finish what is in hand, take nothing new.
    struct StopRequested: Sendable {}

    /// Bytes of a body nobody wanted that are swallowed to keep the connection; beyond them a new connection is cheaper.
    static let swallowedBodyLimit: Int64 = 4 << 20
    /// How long a client may go on sending after it was told that the connection ends.
    static let lingering = TimeAmount.seconds(10)

    private let setup: Setup
    private var exchange: Exchange?
    private var pending = CircularBuffer<HTTPServerRequestPart>()
    private var isStopping = false
    private var isClosed = false
    /// The last response was sent; what still arrives is thrown away until the client closes.
    private var isLingering = false
    private var context: ChannelHandlerContext?

    init(_ setup: Setup) { self.setup = setup }

    /// A request and how far it is.
    private struct Exchange {
        let head: HTTPRequestHead
        let body: RequestBodySource
        var receivedBytes: Int64 = 0
        var isReceived = false
        var isAnswered = false
        var awaitsContinue: Bool
        var keepsAlive: Bool
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        // The responder is not cancelled: it still stores what has arrived, for the client may come back and continue.
        exchange?.body.interrupt()
        exchange = nil
        context.fireChannelInactive()
    }
}

// MARK: - Receiving

extension HTTPConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLingering { return }
        let part = unwrapInboundIn(data)
        if let exchange, exchange.isReceived { pending.append(part) } else { receive(part, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readIfWanted(context)
        context.fireChannelReadComplete()
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let buffer):
            exchange?.awaitsContinue = false
            exchange?.receivedBytes += Int64(buffer.readableBytes)
            if exchange?.isAnswered == false { exchange?.body.yield(buffer) }
        case .end:
            exchange?.isReceived = true
            exchange?.body.finish()
            if exchange?.isAnswered == true { next(context) }
        }
    }

    private func readIfWanted(_ context: ChannelHandlerContext) {
        guard !isClosed else { return }
        guard let exchange, !isLingering else { return context.read() }
        if exchange.isReceived { return }
        if exchange.isAnswered || exchange.body.hasRoom { context.read() }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
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
            body: RequestBody(length: Self.bodyLength(head), source), peer: setup.peer)
        exchange = Exchange(
            head: head, body: source,
            awaitsContinue: head.version.minor > 0
                && head.headers.first(name: "expect").map { $0.lowercased() == "100-continue" } ?? false,
            keepsAlive: head.isKeepAlive)
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

    private static func bodyLength(_ head: HTTPRequestHead) -> Int64? {
        if head.headers.contains(name: "transfer-encoding") { return nil }
        return head.headers.first(name: "content-length").map { Int64($0) } ?? 0
    }

    /// The responder asks for the body, or has room for more of it.
    private func bodyWanted() {
        guard let context, let exchange, !exchange.isAnswered else { return }
        if exchange.awaitsContinue {
            self.exchange?.awaitsContinue = false
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
        readIfWanted(context)
    }
}

// MARK: - Answering

extension HTTPConnection {
    private func answer(_ response: RegistryResponse) {
        guard let context, var exchange, !isClosed else {
            response.whenSent.forEach { $0(0) }
            return
        }
        exchange.keepsAlive = exchange.keepsAlive && !isStopping && keepsConnection(exchange)
        exchange.isAnswered = true
        self.exchange = exchange
        var response = response
        if exchange.head.method == .HEAD { response.dropBody() }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        ResponseWriter(
            response: response, keepsAlive: exchange.keepsAlive, version: exchange.head.version,
            sendsFiles: !setup.peer.isEncrypted
        ).send(on: context) { outcome in connection.value.sent(outcome) }
    }

    /// Whether the rest of the body is little enough to swallow. A client that still waits for `100 Continue` may send the
    /// body or not: nobody can know where its next request begins.
    private func keepsConnection(_ exchange: Exchange) -> Bool {
        if exchange.isReceived { return true }
        if exchange.awaitsContinue { return false }
        guard let length = Self.bodyLength(exchange.head) else { return false }
        return length - exchange.receivedBytes <= Self.swallowedBodyLimit
    }

    private func sent(_ outcome: ResponseWriter.Outcome) {
        guard let context, let exchange, !isClosed else { return }
        switch outcome {
        case .complete where exchange.keepsAlive: exchange.isReceived ? next(context) : readIfWanted(context)
        case .complete: exchange.isReceived ? context.close(promise: nil) : endGently(context)
        case .failed, .cut(.close): context.close(promise: nil)
        case .cut(.reset): reset(context)
        case .cut(.hang): break
        }
    }

    /// Looks at the next request, unless the client does not even read its answers.
    private func next(_ context: ChannelHandlerContext) {
        exchange = nil
        if isStopping { return context.close(promise: nil) }
        guard context.channel.isWritable else { return }
        while exchange?.isReceived != true, let part = pending.popFirst() { receive(part, context) }
        readIfWanted(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if exchange == nil, context.channel.isWritable { next(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Ends a connection on which a body is still arriving: closing at once would make the system reset it, and the client
    /// might lose the response it was about to read.
    private func endGently(_ context: ChannelHandlerContext) {
        isLingering = true
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: Self.lingering) {
            connection.value.context?.close(promise: nil)
        }
        context.read()
    }

    private func reset(_ context: ChannelHandlerContext) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Without lingering, the system drops what is unsent and resets.
        let isSet = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        (isSet ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            connection.value.context?.close(promise: nil)
        }
    }
}

// MARK: - Ending

extension HTTPConnection {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is StopRequested {
            isStopping = true
            if exchange == nil { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        exchange?.body.interrupt()
        guard error is HTTPParserError, exchange == nil, !isClosed, !isLingering else {
            return context.close(promise: nil)
        }
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest, headers: ["Content-Length": "0", "Connection": "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        endGently(context)
    }
}
