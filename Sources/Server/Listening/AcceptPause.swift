// SPDX-License-Identifier: Apache-2.0

package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stops accepting connections for 100 milliseconds if no connection can be opened.
///
/// The waiting connection keeps the listener readable. Without a pause the server would try to accept it again at once,
/// without end.
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

    /// The process or the machine has no file descriptor or no memory left for another connection.
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

    /// Sets `autoRead`. Setting it to false also cancels the pending read, which is still active after accepting
    /// failed.
    private static func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
