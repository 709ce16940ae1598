// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOEmbedded
package import RegistryServer

/// A client's connection to a registry without a socket, a thread or a clock. All work is done when a method returns.
/// For tests and fuzzers.
///
/// The responder must stay on the calling thread. A registry in memory does.
package final class EmbeddedConnection {
    private let channel = EmbeddedChannel()
    private var received = ByteBuffer()

    package init(_ responder: any RegistryResponder, limits: ConnectionLimits = ConnectionLimits()) throws {
        try ConnectionPipeline(responder, limits: limits).install(on: channel)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 5000)).wait()
    }

    deinit {
        close()
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// Whether the connection is open: neither side has closed it.
    package var isOpen: Bool { channel.isActive }

    /// Sends bytes to the registry, as one read. Sends nothing if the connection is closed.
    package func send(_ bytes: ByteBuffer) {
        guard isOpen else { return }
        // An error that the handlers did not catch also ends a connection with a socket.
        do { try channel.writeInbound(bytes) } catch { channel.close(promise: nil) }
        channel.embeddedEventLoop.run()
    }

    /// Advances the connection's clock.
    package func advance(by time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    /// The bytes that the registry sent since the last call.
    package func read() -> ByteBuffer {
        while let data = try? channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(var bytes) = data { received.writeBuffer(&bytes) }
        }
        defer { received = ByteBuffer() }
        return received
    }

    /// Closes the connection on the client's side.
    package func close() {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    /// Runs one whole connection: the client sends these bytes in reads of up to `readSize` bytes and closes it.
    ///
    /// - Returns: everything that the registry sent.
    package static func exchange(
        _ bytes: [UInt8], readSize: Int = 64 << 10, with responder: any RegistryResponder
    ) throws -> ByteBuffer {
        let connection = try EmbeddedConnection(responder)
        var rest = ByteBuffer(bytes: bytes)
        while let part = rest.readSlice(length: min(max(readSize, 1), rest.readableBytes)), part.readableBytes > 0 {
            connection.send(part)
        }
        connection.close()
        return connection.read()
    }
}
