// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A channel handler before the HTTP parser that checks heads before it passes them on.
///
/// A connection has one request at a time, so a head may begin only after a request was sent.
final class ResponseHeadGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private enum Phase {
        /// No answer is expected. Received bytes are not an answer.
        case idle
        case head(FinalHeadReader)
        case body
        case refused
    }

    private let secrets: SentSecrets
    private var phase = Phase.idle

    /// - Parameter secrets: the secrets that were sent, which a malformed head may repeat.
    init(hiding secrets: SentSecrets) { self.secrets = secrets }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = unwrapOutboundIn(data) {
            phase = .head(FinalHeadReader(isAnswerToHead: head.method == .HEAD, hiding: secrets))
        }
        context.write(data, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        do { try takeHead(from: &buffer, context) } catch {
            phase = .refused
            context.fireErrorCaught(error)
            context.close(promise: nil)
            return
        }
        guard buffer.readableBytes > 0 else { return }
        switch phase {
        case .body: context.fireChannelRead(wrapInboundOut(buffer))
        // Unexpected bytes must not be taken for the beginning of the next answer.
        case .idle: context.close(promise: nil)
        case .head, .refused: break
        }
    }

    private func takeHead(
        from buffer: inout ByteBuffer, _ context: ChannelHandlerContext
    ) throws(ResponseHead.Refusal) {
        guard case .head(var reader) = phase else { return }
        guard let head = try reader.read(&buffer) else {
            phase = .head(reader)
            return
        }
        phase = head.hasBody ? .body : .idle
        pass(head, isLast: !head.hasBody && buffer.readableBytes > 0, context)
        if !head.hasBody { buffer.clear() }
    }

    /// - Parameter isLast: whether bytes follow an answer that has no body.
    private func pass(_ head: ResponseHead, isLast: Bool, _ context: ChannelHandlerContext) {
        let bytes = isLast ? head.bytesOfLast : head.bytes
        context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: bytes)))
    }
}
