// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Notices that a connection with a request does not move any more.
///
/// Counts time only while a read is outstanding, so a slow target never makes its source look stalled. Gives a commit more
/// time than a read request. Accepts a peer that is slow but makes progress.
final class StallWatch {
    private enum Phase {
        case idle
        case sending
        case awaitingHead(limit: Duration)
        case reading
    }

    private let limits: StallLimits
    private let stalled: (ChannelHandlerContext, StallError) -> Void
    private var phase = Phase.idle
    private var headLimit: Duration
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

    /// - Parameter stalled: closes the connection.
    init(limits: StallLimits, stalled: @escaping (ChannelHandlerContext, StallError) -> Void) {
        self.limits = limits
        self.stalled = stalled
        headLimit = limits.head
    }

    // MARK: The request

    func beginSending(isCommit: Bool, _ context: ChannelHandlerContext) {
        headLimit = isCommit ? limits.commit : limits.head
        enter(.sending, context)
    }

    /// An answer may have begun before the request ended. Then its body is awaited.
    func endSending(_ context: ChannelHandlerContext) {
        if case .sending = phase { enter(.awaitingHead(limit: headLimit), context) }
    }

    // MARK: The answer

    func beginReading(_ context: ChannelHandlerContext) {
        guard !isReading else { return }
        isReading = true
        // Time without an outstanding read does not count.
        lastProgress = lastProgress + (context.eventLoop.now - max(pauseStart, lastProgress))
    }

    func pauseReading(_ context: ChannelHandlerContext) {
        isReading = false
        pauseStart = context.eventLoop.now
    }

    func receiveHead(_ context: ChannelHandlerContext) { enter(.reading, context) }

    func receive(_ count: Int, _ context: ChannelHandlerContext) {
        bytesSinceProgress += count
        if bytesSinceProgress >= Self.leastProgress { noteProgress(context) }
    }

    func end() { phase = .idle }

    func cancel() { timer?.task.cancel() }

    private func noteProgress(_ context: ChannelHandlerContext) {
        bytesSinceProgress = 0
        lastProgress = context.eventLoop.now
    }

    private func enter(_ phase: Phase, _ context: ChannelHandlerContext) {
        self.phase = phase
        pendingBytes = .max
        noteProgress(context)
        setTimer(context)
    }

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
    private func setTimer(_ context: ChannelHandlerContext) {
        guard let limit else { return }
        let deadline = lastProgress + .init(limit)
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let watch = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (stallWatch, context) = watch.value
            stallWatch.timer = nil
            // The event loop itself was delayed, for example by a stopped terminal. This is not the peer's fault.
            if context.eventLoop.now > deadline + Self.tolerance { stallWatch.noteProgress(context) }
            stallWatch.timerFired(context)
        }
        timer = (deadline, task)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, let limit else { return }
        if context.eventLoop.now >= lastProgress + .init(limit), !isProgressing(context) {
            stalled(context, StallError(stall: stall, limit: limit))
        } else {
            setTimer(context)
        }
    }

    /// Checks for progress that no event reports, and for delays that are not the peer's fault.
    private func isProgressing(_ context: ChannelHandlerContext) -> Bool {
        let isMoving =
            switch phase {
            case .idle: true
            case .sending: context.channel.isWritable || hasDrained(context)
            case .awaitingHead: hasDrained(context)
            case .reading: !isReading
            }
        if isMoving { noteProgress(context) }
        return isMoving
    }

    private func hasDrained(_ context: ChannelHandlerContext) -> Bool {
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

/// The error with which a stalled connection is closed.
struct StallError: Error {
    let stall: WireFailure.Stall
    let limit: Duration
}
