// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Counts connections when they are accepted, and stops accepting while too many wait.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let connections: Connections

    init(_ connections: Connections) { self.connections = connections }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connections.admit(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        let held = NIOLoopBound(context, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let mayAccept = connections.mayAccept { loop.execute { held.value.read() } }
        if mayAccept { context.read() }
    }
}
