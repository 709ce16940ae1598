// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A connection to one origin, with one request at a time. Used on its event loop only.
final class DirectConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Asker = CheckedContinuation<DirectAnswer, any Error>

    private enum Phase {
        case idle
        case awaitingHead(Asker)
        /// A small body, which is handed over with its head.
        case collecting(Asker, ResponseHead, [ByteBuffer])
        case streaming(ReceivedBody.Stream.Source)
        case ended
    }

    let origin: WireOrigin
    private let lane: DirectLane
    private let secrets: SentSecrets
    private let watch: StallWatch
    private var phase = Phase.idle
    private var reader: AnswerReader
    private var context: ChannelHandlerContext?
    private var isPaused = false
    /// Whether any bytes of the current answer have arrived.
    private var isAnswered = false
    /// The number of the current request. Signals for an earlier one come too late.
    private var number = 0

    init(to origin: WireOrigin, in lane: DirectLane, _ settings: TransportSettings) {
        self.origin = origin
        self.lane = lane
        secrets = settings.secrets
        reader = AnswerReader(isAnswerToHead: false, hiding: settings.secrets)
        watch = StallWatch(limits: settings.stallLimits) { context, error in
            context.pipeline.syncOperations.fireErrorCaught(error)
        }
    }

    // MARK: The request

    /// The number of the next request, with which it can be cancelled from any thread.
    func begin() -> (number: Int, connection: NIOLoopBound<DirectConnection>) {
        number += 1
        return (number, NIOLoopBound(self, eventLoop: lane.loop))
    }

    /// Sends a request. The asker gets the answer when its head has arrived; together with the body, if that is small.
    func send(_ request: DirectRequest, for asker: Asker) {
        guard case .idle = phase, let context, context.channel.isActive else {
            return asker.resume(throwing: BrokenExchange(cause: ChannelError.eof, isAnswered: false))
        }
        reader = AnswerReader(isAnswerToHead: request.isHead, hiding: secrets)
        phase = .awaitingHead(asker)
        isAnswered = false
        watch.beginSending(isCommit: request.isCommit, context)
        watch.beginReading(context)
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
        watch.endSending(context)
    }

    /// Ends the connection, if this request or its answer is still under way: the rest of the answer must not be taken for
    /// the answer to another request.
    func cancel(_ number: Int) {
        guard number == self.number else { return }
        switch phase {
        case .awaitingHead, .collecting, .streaming: close(after: CancellationError())
        case .idle, .ended: break
        }
    }

    /// Ends the connection, whatever it does.
    func close(after error: any Error = CancellationError()) {
        end(with: error)
        context?.close(promise: nil)
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bytes that answer nothing must not be taken for the beginning of the next answer.
        guard isUnderWay else { return close() }
        var buffer = unwrapInboundIn(data)
        isAnswered = true
        do {
            while isUnderWay, let part = try reader.next(from: &buffer) { take(part, context) }
        } catch {
            return close(after: error)
        }
        if buffer.readableBytes > 0 { close() }
    }

    private var isInBody: Bool {
        switch phase {
        case .collecting, .streaming: true
        case .idle, .awaitingHead, .ended: false
        }
    }

    private var isUnderWay: Bool {
        switch phase {
        case .idle, .ended: false
        case .awaitingHead, .collecting, .streaming: true
        }
    }

    private func take(_ part: AnswerReader.Part, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): take(head, context)
        case .body(let bytes): take(bytes, context)
        case .end(let leavesOpen):
            complete()
            watch.end()
            guard leavesOpen else { return close() }
            resumeReading(context)
            phase = .idle
            lane.keep(self)
        }
    }

    private func take(_ head: ResponseHead, _ context: ChannelHandlerContext) {
        guard case .awaitingHead(let asker) = phase else { return }
        watch.receiveHead(context)
        guard !head.hasSmallBody else {
            phase = .collecting(asker, head, [])
            return
        }
        let new = ReceivedBody.streamed(signals(context))
        phase = .streaming(new.source)
        asker.resume(returning: DirectAnswer(head, .streamed(new.body)))
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        watch.receive(bytes.readableBytes, context)
        switch phase {
        case .collecting(let asker, let head, let parts): phase = .collecting(asker, head, parts + [bytes])
        case .streaming(let source):
            switch source.yield(bytes) {
            case .produceMore: break
            case .stopProducing: pauseReading(context)
            case .dropped: close()
            }
        case .idle, .awaitingHead, .ended: break
        }
    }

    private func complete() {
        switch phase {
        case .collecting(let asker, let head, let parts): asker.resume(returning: DirectAnswer(head, .whole(parts)))
        case .streaming(let source): source.finish()
        case .idle, .awaitingHead, .ended: break
        }
        phase = .ended
    }

    private func end(with error: any Error) {
        switch phase {
        case .awaitingHead(let asker):
            asker.resume(throwing: BrokenExchange(cause: error, isAnswered: isAnswered))
        case .collecting(let asker, let head, let parts):
            asker.resume(returning: DirectAnswer(head, .streamed(ReceivedBody(parts, error))))
        case .streaming(let source): source.finish(error)
        case .idle, .ended: break
        }
        phase = .ended
    }

    // MARK: The reader's pace

    private func signals(_ context: ChannelHandlerContext) -> ReaderSignals {
        let (loop, number) = (context.eventLoop, number)
        let bound = NIOLoopBound(self, eventLoop: loop)
        return ReaderSignals(
            more: { loop.run { bound.value.continueReading(number) } },
            end: { loop.run { bound.value.cancel(number) } })
    }

    private func continueReading(_ number: Int) {
        if number == self.number, let context { resumeReading(context) }
    }

    private func pauseReading(_ context: ChannelHandlerContext) {
        guard !isPaused else { return }
        isPaused = true
        watch.pauseReading(context)
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isPaused else { return }
        isPaused = false
        watch.beginReading(context)
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        watch.cancel()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(after: error) }

    func channelInactive(context: ChannelHandlerContext) {
        if reader.mayEndNow, isUnderWay { complete() }
        end(with: isInBody ? HTTPParserError.invalidEOFState : ChannelError.eof)
        lane.forget(self)
        context.fireChannelInactive()
    }
}

/// An exchange that ended before the head of its answer was complete.
struct BrokenExchange: Error {
    let cause: any Error
    /// Whether a part of the answer had arrived.
    let isAnswered: Bool

    /// Whether the peer ended the connection, and nothing else is known.
    var isEarlyEnd: Bool { !isAnswered && (cause is ChannelError || cause is IOError) }
}

extension EventLoop {
    /// Runs the work at once if this is the loop's thread.
    fileprivate func run(_ work: @escaping @Sendable () -> Void) {
        if inEventLoop { work() } else { execute(work) }
    }
}
