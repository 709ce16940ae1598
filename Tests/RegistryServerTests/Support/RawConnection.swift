// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A TCP connection on which a test writes what it likes and reads what comes.
struct RawConnection: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects, lets `body` talk, and closes.
    static func with<Value: Sendable>(
        port: Int, _ body: @Sendable (inout Conversation) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var conversation = Conversation(reader: inbound.makeAsyncIterator(), writer: outbound)
            return try await body(&conversation)
        }
    }

    struct Conversation {
        fileprivate var reader: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private(set) var received = ""

        func send(_ text: String) async throws { try await writer.write(ByteBuffer(string: text)) }

        /// Reads until the text has arrived, or the connection ended.
        ///
        /// - Returns: everything received since the last call.
        mutating func read(until text: String) async throws -> String {
            while !received.contains(text), let buffer = try await reader.next() { received += String(buffer: buffer) }
            defer { received = "" }
            return received
        }

        /// Reads to the end of the connection, which a reset is too.
        mutating func readToEnd() async -> (text: String, wasReset: Bool) {
            do {
                while let buffer = try await reader.next() { received += String(buffer: buffer) }
                return (received, false)
            } catch { return (received, true) }
        }
    }
}
