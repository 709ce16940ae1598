// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A channel handler between the HTTP codec and the client that closes a stalled connection.
///
/// The client's own read timeout considers neither back-pressure nor the kind of request. This handler does. It counts time
/// only while a read is outstanding, so a slow target never makes its source look stalled. It gives a commit more time than
/// a read request. It accepts a peer that is slow but makes progress.
final class StallGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private enum Phase {
        case idle
        case sending
        case awaitingHead(limit: Duration)
        case reading
    }

    private let limits: StallLimits
    private var phase = Phase.idle
    private var method = HTTPMethod.GET
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)
    private var bytesSinceProgress = 0
    private var pendingBytes = 0
    private var isReading = false
    private var pauseStart = NIODeadline.uptimeNanoseconds(0)
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?

    /// If an event loop runs a timer later than this, it did not serve its connections either.
    private static let tolerance = TimeAmount.seconds(1)
    /// Bytes. A peer that sends fewer bytes within the body's time limit is stalled.
    private static let leastProgress = 1024

    init(limits: StallLimits) { self.limits = limits }

    // MARK: The request

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            method = head.method
            enter(.sending, context: context)
        case .body: break
        case .end:
            // An answer may have begun before the request ended. Then its body is awaited.
            if case .sending = phase { enter(.awaitingHead(limit: headLimit), context: context) }
        }
        context.write(data, promise: promise)
    }

    private var headLimit: Duration { [.PUT, .PATCH].contains(method) ? limits.commit : limits.head }

    // MARK: The answer

    func read(context: ChannelHandlerContext) {
        if !isReading {
            isReading = true
            // Time without an outstanding read does not count.
            lastProgress = lastProgress + (context.eventLoop.now - max(pauseStart, lastProgress))
        }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): if head.status.code >= 200 { enter(.reading, context: context) }
        case .body(let bytes): noteBytes(bytes.readableBytes, context)
        case .end: phase = .idle
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        pauseStart = context.eventLoop.now
        context.fireChannelReadComplete()
    }

    private func noteBytes(_ count: Int, _ context: ChannelHandlerContext) {
        bytesSinceProgress += count
        if bytesSinceProgress >= Self.leastProgress { noteProgress(context) }
    }

    private func noteProgress(_ context: ChannelHandlerContext) {
        bytesSinceProgress = 0
        lastProgress = context.eventLoop.now
    }

    private func enter(_ phase: Phase, context: ChannelHandlerContext) {
        self.phase = phase
        pendingBytes = .max
        noteProgress(context)
        setTimer(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.task.cancel() }

    // MARK: The timer

    private var limit: Duration? {
        switch phase {
        case .idle: nil
        case .sending: limits.sending
        case .awaitingHead(let limit): limit
        case .reading: limits.body
        }
    }

    /// One timer per connection, which checks the deadline again when it fires, because most requests end long before. A
    /// new timer is needed only for an earlier deadline.
    private func setTimer(context: ChannelHandlerContext) {
        guard let limit else { return }
        let deadline = lastProgress + .init(limit)
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (stallGuard, context) = handler.value
            stallGuard.timer = nil
            // The event loop itself was delayed, for example by a stopped terminal. This is not the peer's fault.
            if context.eventLoop.now > deadline + Self.tolerance { stallGuard.noteProgress(context) }
            stallGuard.timerFired(context: context)
        }
        timer = (deadline, task)
    }

    private func timerFired(context: ChannelHandlerContext) {
        guard context.channel.isActive, let limit else { return }
        if context.eventLoop.now >= lastProgress + .init(limit), !isProgressing(context: context) {
            context.fireErrorCaught(StallError(stall: stall, limit: limit))
            context.close(promise: nil)
        } else {
            setTimer(context: context)
        }
    }

    /// Checks for progress that no event reports, and for delays that are not the peer's fault.
    private func isProgressing(context: ChannelHandlerContext) -> Bool {
        let isMoving =
            switch phase {
            case .idle: true
            case .sending: context.channel.isWritable || hasDrained(context: context)
            case .awaitingHead: hasDrained(context: context)
            case .reading: !isReading
            }
        if isMoving { noteProgress(context) }
        return isMoving
    }

    private func hasDrained(context: ChannelHandlerContext) -> Bool {
        let pending = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        defer { pendingBytes = pending }
        return pending > 0 && pending < pendingBytes
    }

    private var stall: WireFailure.Stall {
        switch phase {
        case .idle, .sending: .sending
        case .awaitingHead: .head
        case .reading: .body
        }
    }
}

/// The error with which `StallGuard` closes a connection.
struct StallError: Error {
    let stall: WireFailure.Stall
    let limit: Duration
}

/// The error with which `HTTPClientTransport` closes a connection to an address that a registry must not name.
struct AddressRefusedError: Error {}
