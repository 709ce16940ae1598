// SPDX-License-Identifier: Apache-2.0

import Listening
import NIOCore
import NIOEmbedded
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct AcceptPauseTests {
    /// Stands for the listening socket.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = Never
        var reads = 0

        func read(context: ChannelHandlerContext) { reads += 1 }
    }

    private func listener(_ counter: ReadCounter) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handlers: [counter, AcceptPause()])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    /// The connection that waits would be asked for again at once, for ever.
    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `without a free descriptor it waits before it accepts again`(code: CInt) throws {
        let counter = ReadCounter()
        let channel = try listener(counter)
        let before = counter.reads
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(99))
        #expect(counter.reads == before)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(counter.reads == before + 1)
        try channel.throwIfErrorCaught()
    }

    @Test func `what else happens to a listener is passed on`() throws {
        let channel = try listener(ReadCounter())
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNRESET, reason: "accept"))
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}
