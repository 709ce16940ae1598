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

/// Sends responses, and decides what happens to the connection after each.
extension HTTPConnection {
    func answer(_ response: RegistryResponse) {
        guard let context, var exchange, !isClosed else {
            response.whenSent.forEach { $0(0) }
            return
        }
        exchange.keepsAlive =
            exchange.keepsAlive && !isStopping && !setup.slot.isCrowded && exchange.canKeepConnection
        exchange.isAnswered = true
        clientTimeout?.begin(.reading, at: context.eventLoop.now)
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

    /// A piece of a response was sent.
    private func moved() { if let context { clientTimeout?.progress(at: context.eventLoop.now) } }

    private func sent(_ outcome: ResponseWriter.Outcome) {
        guard let context, let exchange, !isClosed else { return }
        switch outcome {
        case .complete where exchange.keepsAlive && exchange.isReceived: next(context)
        case .complete where exchange.keepsAlive:
            clientTimeout?.begin(.body, at: context.eventLoop.now)
            readIfWanted(context)
        case .complete: exchange.isReceived ? context.close(promise: nil) : endGently(context)
        case .failed, .cut(.close): context.close(promise: nil)
        case .cut(.reset): reset(context)
        case .cut(.hang): clientTimeout?.pause()
        }
    }

    /// Continues with the next request, unless the client does not read its responses.
    func next(_ context: ChannelHandlerContext) {
        exchange = nil
        if isStopping { return context.close(promise: nil) }
        let now = context.eventLoop.now
        clientTimeout?.begin(.request, at: now)
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

    /// Ends a connection on which a body is still arriving. If the connection was closed at once, the system would
    /// reset it, and the client might lose the response before reading it.
    func endGently(_ context: ChannelHandlerContext) {
        isLingering = true
        clientTimeout?.pause()
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: Self.lingering) {
            connection.value.context?.close(promise: nil)
        }
        context.read()
    }

    private func reset(_ context: ChannelHandlerContext) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        // With a linger time of 0, the system drops unsent bytes and resets the connection.
        let isSet = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        (isSet ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            connection.value.context?.close(promise: nil)
        }
    }
}
