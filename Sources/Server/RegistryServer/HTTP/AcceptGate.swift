// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Counts connections where they are accepted, and stops accepting while too many wait, or while none can be opened.
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.passing.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        pause(context)
    }

    /// The process, or the machine, has no descriptor or no memory left for another connection.
    private static let passing: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    /// The connection that waits keeps the listener readable: without a pause it would be asked for again at once, for ever.
    private func pause(_ context: ChannelHandlerContext) {
        let held = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        Self.setReading(false, context)
        context.eventLoop.scheduleTask(in: .milliseconds(100)) {
            let (gate, context) = held.value
            guard context.channel.isActive else { return }
            Self.setReading(true, context)
            gate.read(context: context)
        }
    }

    /// Off, it also takes back the wish to be told of the next connection, which is still open where accepting failed.
    private static func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
