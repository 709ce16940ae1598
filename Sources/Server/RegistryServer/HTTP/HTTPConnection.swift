// SPDX-License-Identifier: Apache-2.0

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
        var limits: ConnectionLimits
        var slot: ConnectionSlot
    }

    /// Fired into the pipeline when the registry stops: finish what is in hand, take nothing new.
    struct StopRequested: Sendable {}
    /// Fired into the pipeline when a connection that was held may begin.
    struct TurnCame: Sendable {}
    /// Fired into the pipeline when another connection waits for the place of this one, which was idle.
    struct PlaceWanted: Sendable {
        /// To call where a request arrived meanwhile: another connection has to end.
        let declined: @Sendable () -> Void
    }

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
    private var patience: ClientPatience?
    /// When the last response was through, or the connection began.
    private var idleSince = NIODeadline.uptimeNanoseconds(0)
    private var nextLook: Scheduled<Void>?
    /// Bytes that waited to be sent at the last look: when they are others at the next one, the client reads.
    private var unsentBytes = 0
    /// Whether the bytes of one read made a part of a request.
    private var hasReadPart = false

    init(_ setup: Setup) { self.setup = setup }

    /// A request and how far it is.
    private struct Exchange {
        let head: HTTPRequestHead
        /// nil for a body of unknown length.
        let length: Int64?
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
        begin(context)
    }

    /// Starts to read, unless the connection waits for its turn.
    private func begin(_ context: ChannelHandlerContext) {
        guard patience == nil, context.channel.isActive, !setup.slot.isHeld else { return }
        let now = context.eventLoop.now
        patience = ClientPatience(setup.limits, now: now)
        becomeIdle(at: now)
        if setup.slot.isCrowded { giveWay(context) {} }
        look(context)
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        nextLook?.cancel()
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
        hasReadPart = true
        let part = unwrapInboundIn(data)
        if let exchange, exchange.isReceived { pending.append(part) } else { receive(part, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes that are no request yet are the beginning of a head, or of a TLS handshake.
        if !hasReadPart, exchange == nil, patience?.wait == .request {
            patience?.begin(.head, at: context.eventLoop.now)
        }
        hasReadPart = false
        readIfWanted(context)
        context.fireChannelReadComplete()
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let buffer):
            exchange?.awaitsContinue = false
            exchange?.receivedBytes += Int64(buffer.readableBytes)
            if let context = self.context { patience?.progress(at: context.eventLoop.now) }
            if exchange?.isAnswered == false { exchange?.body.yield(buffer) }
        case .end:
            exchange?.isReceived = true
            exchange?.body.finish()
            if patience?.wait == .body { patience?.pause() }
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
        setup.slot.becomesBusy()
        patience?.begin(.body, at: context.eventLoop.now)
        guard head.headers.hasUsableHost else { return refuse(.badRequest, "Host is not one host name", context) }
        let length: Int64?
        switch BodyLength(head) {
        case .known(let bytes): length = bytes
        case .unknown: length = nil
        case .absurd: return refuse(.badRequest, "Content-Length is not a number of bytes", context)
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
            body: RequestBody(length: length, source), peer: setup.peer)
        exchange = Exchange(
            head: head, length: length, body: source,
            awaitsContinue: head.version.minor > 0
                && head.headers.first(name: "expect").map { $0.lowercased() == "100-continue" } ?? false,
            keepsAlive: head.isKeepAlive && !head.asksToLeaveHTTP)
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

    /// The responder asks for the body, or has room for more of it.
    private func bodyWanted() {
        guard let context, let exchange, !exchange.isAnswered else { return }
        patience?.progress(at: context.eventLoop.now)
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
        exchange.keepsAlive =
            exchange.keepsAlive && !isStopping && !setup.slot.isCrowded && keepsConnection(exchange)
        exchange.isAnswered = true
        patience?.begin(.reading, at: context.eventLoop.now)
        self.exchange = exchange
        var response = response
        if exchange.head.method == .HEAD { response.dropBody() }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        ResponseWriter(
            response: response, keepsAlive: exchange.keepsAlive, version: exchange.head.version,
            sendsFiles: !setup.peer.isEncrypted
        ).send(on: context) {
            connection.value.moved()
        } whenDone: { outcome in
            connection.value.sent(outcome)
        }
    }

    /// Whether the rest of the body is little enough to swallow. A client that still waits for `100 Continue` may send the
    /// body or not: nobody can know where its next request begins.
    private func keepsConnection(_ exchange: Exchange) -> Bool {
        if exchange.isReceived { return true }
        if exchange.awaitsContinue { return false }
        guard let length = exchange.length else { return false }
        return length - exchange.receivedBytes <= Self.swallowedBodyLimit
    }

    /// A piece of a response left.
    private func moved() { if let context { patience?.progress(at: context.eventLoop.now) } }

    private func sent(_ outcome: ResponseWriter.Outcome) {
        guard let context, let exchange, !isClosed else { return }
        switch outcome {
        case .complete where exchange.keepsAlive && exchange.isReceived: next(context)
        case .complete where exchange.keepsAlive:
            patience?.begin(.body, at: context.eventLoop.now)
            readIfWanted(context)
        case .complete: exchange.isReceived ? context.close(promise: nil) : endGently(context)
        case .failed, .cut(.close): context.close(promise: nil)
        case .cut(.reset): reset(context)
        case .cut(.hang): patience?.pause()
        }
    }

    /// Looks at the next request, unless the client does not even read its answers.
    private func next(_ context: ChannelHandlerContext) {
        exchange = nil
        if isStopping { return context.close(promise: nil) }
        let now = context.eventLoop.now
        patience?.begin(.request, at: now)
        becomeIdle(at: now)
        guard context.channel.isWritable else { return }
        while exchange?.isReceived != true, let part = pending.popFirst() { receive(part, context) }
        if setup.slot.isCrowded { giveWay(context) {} }
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
        patience?.pause()
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

// MARK: - Waiting

extension HTTPConnection {
    /// Looks whether the client took too long, and plans the next look: one timer for a connection, however many requests.
    private func look(_ context: ChannelHandlerContext) {
        guard !isClosed, !isLingering else { return }
        let now = context.eventLoop.now
        if hasMoved(context) { patience?.progress(at: now) }
        switch patience?.verdict(at: now) {
        case .expired(let wait): giveUp(wait, context)
        case .lookAgain(let time):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            nextLook = context.eventLoop.scheduleTask(deadline: time) {
                guard let context = connection.value.context else { return }
                // The loop itself was held up, so it has not looked at what the client sent meanwhile either.
                let now = context.eventLoop.now
                if now > time + Self.tolerance { connection.value.patience?.begin(again: now) }
                connection.value.look(context)
            }
        case nil: break
        }
    }

    private static let tolerance = TimeAmount.seconds(1)

    /// Whether the client is not to blame: it takes bytes, or nobody asks it for any.
    private func hasMoved(_ context: ChannelHandlerContext) -> Bool {
        let unsent = unsent(context)
        defer { unsentBytes = unsent }
        if unsent != unsentBytes { return true }
        guard let exchange, patience?.wait == .body, !exchange.isAnswered else { return false }
        return exchange.awaitsContinue || !exchange.body.hasRoom
    }

    private func giveUp(_ wait: ClientPatience.Wait, _ context: ChannelHandlerContext) {
        switch wait {
        case .head: refuse(.requestTimeout, "the head of the request took too long", context)
        case .body where exchange?.isAnswered == false:
            exchange?.keepsAlive = false
            patience?.pause()
            exchange?.body.interrupt(BodyTimedOut())
            look(context)
        case .request, .body, .reading, .nothing: context.close(promise: nil)
        }
    }

    private func becomeIdle(at now: NIODeadline) {
        idleSince = now
        setup.slot.becomesIdle(at: now.uptimeNanoseconds)
    }

    /// Another connection waits: this one is closed once it has been idle long enough that hardly a request is on its way.
    private func giveWay(_ context: ChannelHandlerContext, orElse declined: @escaping @Sendable () -> Void) {
        guard setup.slot.isCrowded, !isClosed else { return }
        guard isIdle(context) else { return declined() }
        let end = idleSince + setup.limits.idleGrace
        if end <= context.eventLoop.now { return context.close(promise: nil) }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: end) {
            guard let context = connection.value.context else { return declined() }
            connection.value.giveWay(context, orElse: declined)
        }
    }

    /// Whether nothing is on its way in either direction.
    private func isIdle(_ context: ChannelHandlerContext) -> Bool { exchange == nil && unsent(context) == 0 }

    private func unsent(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
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

    /// Answers what never became a request, and ends the connection.
    private func refuse(_ status: HTTPResponseStatus, _ sentence: String, _ context: ChannelHandlerContext) {
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

extension HTTPRequestHead {
    /// After such a request the bytes of the connection are no HTTP/1.1 any more, and nobody here speaks anything else.
    fileprivate var asksToLeaveHTTP: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}

/// How long a request says its body is.
private enum BodyLength {
    case known(Int64)
    case unknown
    case absurd

    init(_ head: HTTPRequestHead) {
        if head.headers.contains(name: "transfer-encoding") {
            self = .unknown
        } else if let text = head.headers.first(name: "content-length") {
            self = Int64(digits: text).map(BodyLength.known) ?? .absurd
        } else {
            self = .known(0)
        }
    }
}
