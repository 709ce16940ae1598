// SPDX-License-Identifier: Apache-2.0

package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stops accepting for a moment where no connection can be opened.
///
/// The connection that waits keeps the listener readable: without a pause it would be asked for again at once, for ever.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel

    package init() {}

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.passing.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        pause(context)
    }

    /// The process, or the machine, has no descriptor or no memory left for another connection.
    private static let passing: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private func pause(_ context: ChannelHandlerContext) {
        let held = NIOLoopBound(context, eventLoop: context.eventLoop)
        Self.setReading(false, context)
        context.eventLoop.scheduleTask(in: .milliseconds(100)) {
            let context = held.value
            guard context.channel.isActive else { return }
            Self.setReading(true, context)
            context.read()
        }
    }

    /// Off, it also takes back the wish to be told of the next connection, which is still open where accepting failed.
    private static func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
