// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The open connections of a server. At most `limit` are served, and at most 16 more wait for their turn.
///
/// If a connection waits, the connection that has been idle longest is closed. If none is idle, each connection ends
/// after its next response. While 16 connections wait, no more are accepted; they stay in the system's queue.
final class Connections: Sendable {
    private struct Entry {
        let channel: any Channel
        let slot: ConnectionSlot
    }

    private struct State {
        var accepted = 0
        var open: [ObjectIdentifier: Entry] = [:]
        /// The connections of `open` that wait for their turn, in the order of their arrival.
        var held: [ObjectIdentifier] = []
        var resumeAccepting: (@Sendable () -> Void)?
        var executors: [ObjectIdentifier: EventLoopTaskExecutor] = [:]
        var whenEmpty: EventLoopPromise<Void>?

        var served: Int { open.count - held.count }
    }

    /// Enough to notice that connections wait, few enough to cost almost nothing.
    private static let heldLimit = 16

    private let limit: Int
    private let state = Mutex(State())
    private let crowd = ConnectionSlot.Crowd()

    init(limit: Int) {
        self.limit = limit
    }
}

// MARK: - Coming and going

extension Connections {
    /// Registers a connection that was just accepted, before its other handlers run.
    func admit(_ channel: any Channel) {
        let isHeld = state.withLock { state in
            state.accepted += 1
            let isHeld = state.served >= limit
            let slot = ConnectionSlot(number: state.accepted, crowd: crowd, isHeld: isHeld)
            state.open[ObjectIdentifier(channel)] = Entry(channel: channel, slot: slot)
            if isHeld { state.held.append(ObjectIdentifier(channel)) }
            crowd.isWaiting.store(!state.held.isEmpty, ordering: .relaxed)
            return isHeld
        }
        channel.closeFuture.whenComplete { [self] _ in leave(channel) }
        if isHeld { makeRoom() }
    }

    /// The slot of an admitted connection, and the executor of its event loop.
    func places(of channel: any Channel) -> (slot: ConnectionSlot, executor: EventLoopTaskExecutor) {
        state.withLock { state in
            let loop = ObjectIdentifier(channel.eventLoop)
            let executor = state.executors[loop] ?? EventLoopTaskExecutor(channel.eventLoop)
            state.executors[loop] = executor
            return (state.open[ObjectIdentifier(channel)]?.slot ?? ConnectionSlot(crowd: crowd), executor)
        }
    }

    private func leave(_ channel: any Channel) {
        let (started, resume, emptied) = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
            state.held.removeAll { $0 == ObjectIdentifier(channel) }
            var started: [any Channel] = []
            while state.served < limit, !state.held.isEmpty, let entry = state.open[state.held.removeFirst()] {
                entry.slot.release()
                started.append(entry.channel)
            }
            crowd.isWaiting.store(!state.held.isEmpty, ordering: .relaxed)
            let resume = state.held.count < Self.heldLimit ? state.resumeAccepting.take() : nil
            return (started, resume, state.open.isEmpty ? state.whenEmpty.take() : nil)
        }
        for channel in started { channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.TurnCame()) }
        resume?()
        emptied?.succeed()
    }

    /// Asks the connection that has been idle longest to end, if a connection waits for a place.
    private func makeRoom() {
        let idlest = state.withLock { state -> (any Channel)? in
            guard !state.held.isEmpty else { return nil }
            let idle = state.open.values.compactMap { entry in entry.slot.idle.map { (since: $0, entry: entry) } }
            guard let idlest = idle.min(by: { $0.since < $1.since })?.entry else { return nil }
            // The next waiting connection has to ask another one.
            idlest.slot.becomesBusy()
            return idlest.channel
        }
        idlest?.pipeline.fireUserInboundEventTriggered(HTTPConnection.PlaceWanted { [self] in makeRoom() })
    }

    /// Whether another connection may be accepted now; otherwise `resume` is called when it may.
    func mayAccept(orLater resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.held.count < Self.heldLimit { return true }
            state.resumeAccepting = resume
            return false
        }
    }

    func stop(grace: TimeAmount, on eventLoop: any EventLoop) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let open = state.withLock { state in
            if !state.open.isEmpty { state.whenEmpty = promise }
            return state.open.values.map(\.channel)
        }
        guard !open.isEmpty else { return promise.succeed() }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.StopRequested()) }
        let deadline = eventLoop.scheduleTask(in: grace) { [self] in
            for channel in state.withLock({ $0.open.values.map(\.channel) }) { channel.close(promise: nil) }
        }
        try? await promise.futureResult.get()
        deadline.cancel()
    }
}
