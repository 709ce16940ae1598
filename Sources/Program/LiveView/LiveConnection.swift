// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// One connection: takes one request, answers it, and closes. A stream of events lasts until the run ends or the client
/// leaves.
final class LiveConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let door: LiveDoor
    private let feed: LiveFeed
    private let connections: LiveConnections
    private var head: HTTPRequestHead?
    private var answering: Task<Void, Never>?
    private var deadline: Scheduled<Void>?

    init(_ door: LiveDoor, _ feed: LiveFeed, _ connections: LiveConnections) {
        self.door = door
        self.feed = feed
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: connections.requestTimeout) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): if self.head == nil { self.head = head }
        // A body is read and discarded. Closing before its end would reset the connection and lose the answer.
        case .body: break
        case .end: answer(on: context.channel)
        }
    }

    private func answer(on channel: any Channel) {
        guard let head, answering == nil else { return }
        deadline?.cancel()
        let writer = LiveWriter(channel: channel, isHead: head.method == .HEAD)
        let (answer, feed) = (door.answer(to: head), feed)
        answering = connections.answer(on: channel) {
            try? await LiveAnswering(feed: feed, writer: writer).give(answer)
            channel.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        answering?.cancel()
        context.fireChannelInactive()
    }

    /// Closes the connection. Bytes that are not HTTP/1.1 get no answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
