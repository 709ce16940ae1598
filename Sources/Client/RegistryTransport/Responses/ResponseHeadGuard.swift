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
        case head(ResponseHeadReader)
        case body
        case refused
    }

    private let secrets: SentSecrets
    private var phase = Phase.idle
    private var isAskingForHead = false
    private var informationalHeads = 0

    /// `103 Early Hints` may come a few times; more is a way to keep a client busy.
    private static let mostInformationalHeads = 32

    /// - Parameter secrets: the secrets that were sent, which a malformed head may repeat.
    init(hiding secrets: SentSecrets) { self.secrets = secrets }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = unwrapOutboundIn(data) {
            isAskingForHead = head.method == .HEAD
            informationalHeads = 0
            phase = .head(ResponseHeadReader(isAnswerToHead: isAskingForHead, hiding: secrets))
        }
        context.write(data, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        do { try takeHeads(from: &buffer, context) } catch {
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

    private func takeHeads(
        from buffer: inout ByteBuffer, _ context: ChannelHandlerContext
    ) throws(ResponseHead.Refusal) {
        while case .head(var reader) = phase, buffer.readableBytes > 0 {
            guard let head = try reader.read(&buffer) else {
                phase = .head(reader)
                return
            }
            if head.isInformational {
                try passOver(head)
            } else {
                phase = head.hasBody ? .body : .idle
                pass(head, isLast: !head.hasBody && buffer.readableBytes > 0, context)
                if !head.hasBody { buffer.clear() }
            }
        }
    }

    /// - Parameter isLast: whether bytes follow an answer that has no body.
    private func pass(_ head: ResponseHead, isLast: Bool, _ context: ChannelHandlerContext) {
        let bytes = isLast ? head.bytesOfLast : head.bytes
        context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: bytes)))
    }

    /// Skips an informational answer.
    private func passOver(_ head: ResponseHead) throws(ResponseHead.Refusal) {
        informationalHeads += 1
        guard informationalHeads <= Self.mostInformationalHeads else {
            throw ResponseHead.Refusal(
                status: head.status, reason: "more than \(Self.mostInformationalHeads) informational answers")
        }
        phase = .head(ResponseHeadReader(isAnswerToHead: isAskingForHead, hiding: secrets))
    }
}
