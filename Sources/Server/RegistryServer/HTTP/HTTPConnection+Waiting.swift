// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Handles clients that take too long, and idle connections whose places others need.
extension HTTPConnection {
    /// Checks whether the client took too long, and schedules the next check. A connection has one timer, whatever the
    /// number of requests.
    func look(_ context: ChannelHandlerContext) {
        guard !isClosed, !isLingering else { return }
        let now = context.eventLoop.now
        if hasMoved(context) { clientTimeout?.progress(at: now) }
        switch clientTimeout?.verdict(at: now) {
        case .expired(let wait): giveUp(wait, context)
        case .lookAgain(let time):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            nextLook = context.eventLoop.scheduleTask(deadline: time) {
                guard let context = connection.value.context else { return }
                // The event loop itself was delayed, so it has not read what the client sent meanwhile.
                let now = context.eventLoop.now
                if now > time + Self.tolerance { connection.value.clientTimeout?.begin(again: now) }
                connection.value.look(context)
            }
        case nil: break
        }
    }

    private static let tolerance = TimeAmount.seconds(1)

    /// Whether the client is not slow: it reads bytes, or no bytes of the body are expected from it now.
    private func hasMoved(_ context: ChannelHandlerContext) -> Bool {
        let unsent = unsent(context)
        defer { unsentBytes = unsent }
        if unsent != unsentBytes { return true }
        guard let exchange, clientTimeout?.wait == .body, !exchange.isAnswered else { return false }
        return exchange.awaitsContinue || !exchange.body.hasRoom
    }

    private func giveUp(_ wait: ClientTimeout.Wait, _ context: ChannelHandlerContext) {
        switch wait {
        case .head: refuse(.requestTimeout, "the head of the request took too long", context)
        case .body where exchange?.isAnswered == false:
            exchange?.keepsAlive = false
            clientTimeout?.pause()
            exchange?.body.interrupt(BodyTimedOut())
            look(context)
        case .request, .body, .reading, .nothing: context.close(promise: nil)
        }
    }

    func becomeIdle(at now: NIODeadline) {
        idleSince = now
        setup.slot.becomesIdle(at: now.uptimeNanoseconds)
    }

    /// Closes this connection in favour of a waiting one, once it has been idle for `idleGrace`, so that a request is
    /// unlikely to be on its way.
    func giveWay(_ context: ChannelHandlerContext, orElse declined: @escaping @Sendable () -> Void) {
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

    /// Whether no request is being handled and no bytes wait to be sent.
    private func isIdle(_ context: ChannelHandlerContext) -> Bool { exchange == nil && unsent(context) == 0 }

    private func unsent(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
