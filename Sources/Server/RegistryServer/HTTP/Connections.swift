// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The open connections of a server: at most a number of them are served, and a few more wait for their turn.
///
/// When one waits, the connection that has been idle longest is closed; without an idle one, each connection ends after its
/// next response. Connections beyond those few stay with the system, which is asked for no more of them meanwhile.
final class Connections: Sendable {
    private struct Entry {
        let channel: any Channel
        let slot: ConnectionSlot
    }

    private struct State {
        var accepted = 0
        var open: [ObjectIdentifier: Entry] = [:]
        /// Those of `open` that wait for their turn, in the order they came.
        var held: [ObjectIdentifier] = []
        var resumeAccepting: (@Sendable () -> Void)?
        var executors: [ObjectIdentifier: EventLoopTaskExecutor] = [:]
        var whenEmpty: EventLoopPromise<Void>?

        var served: Int { open.count - held.count }
    }

    /// Enough to know that somebody waits, few enough to cost nothing.
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
    /// Counts a connection that was just accepted, before anything else knows it.
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

    /// Asks the connection that has been idle longest to end, if one waits for its place.
    private func makeRoom() {
        let idlest = state.withLock { state -> (any Channel)? in
            guard !state.held.isEmpty else { return nil }
            let idle = state.open.values.compactMap { entry in entry.slot.idle.map { (since: $0, entry: entry) } }
            guard let idlest = idle.min(by: { $0.since < $1.since })?.entry else { return nil }
            // The next one that waits asks another.
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
