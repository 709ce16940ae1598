// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Answers a plain HTTP request on a TLS port with an error in plain HTTP. Removes itself if the first byte is not that
/// of an HTTP request.
final class PlainRequestRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let sentence = "this port speaks TLS: use https:// instead of http://\n"
    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if hasRefused { return }
        let bytes = unwrapInboundIn(data)
        // A TLS record begins with its type, 20 to 24; an HTTP request begins with a letter, that of its method (RFC
        // 8446 §5.1, RFC 9110 §9.1).
        let isPlain =
            bytes.readableBytesView.first.map { (UInt8(ascii: "A")...UInt8(ascii: "z")).contains($0) } ?? false
        guard isPlain else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        hasRefused = true
        let head = """
            HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Length: \(Self.sentence.utf8.count)\r\nConnection: close\r\n\r\n
            """
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head + Self.sentence)), promise: nil)
        // If the connection was closed at once, the system would reset it, and the client might lose the response.
        let connection = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.close(mode: .output, promise: nil)
        let end = context.eventLoop.scheduleTask(in: HTTPConnection.lingering) { connection.value.close(promise: nil) }
        context.channel.closeFuture.whenComplete { _ in end.cancel() }
    }
}
