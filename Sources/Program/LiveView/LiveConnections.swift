// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Synchronization

/// The open connections of a live view: a bounded number of them, each with one request.
final class LiveConnections: Sendable {
    /// The maximum number of open connections. A further one is closed at once. A browser opens a few for each page.
    static let limit = 64

    private struct Entry {
        let channel: any Channel
        var isOpen = true
        /// Its answer is being written.
        var isAnswered = false
    }

    private struct State {
        /// Connections that are open, or whose answer is still being written.
        var entries: [ObjectIdentifier: Entry] = [:]
        var service: (door: LiveDoor, feed: LiveFeed)?
        var whenEmpty: EventLoopPromise<Void>?
    }

    /// How long a client may take to send its request.
    let requestTimeout: TimeAmount
    private let state = Mutex(State())

    init(requestTimeout: TimeAmount = .seconds(10)) { self.requestTimeout = requestTimeout }

    /// Sets what to serve. Connections that arrived earlier are closed.
    func open(_ door: LiveDoor, _ feed: LiveFeed) { state.withLock { $0.service = (door, feed) } }

    /// Call on the channel's event loop.
    func install(on channel: any Channel) throws {
        guard let service = admit(channel) else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [self] _ in change(channel) { $0.isOpen = false } }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        try pipeline.addHandler(LiveConnection(service.door, service.feed, self))
    }

    private func admit(_ channel: any Channel) -> (door: LiveDoor, feed: LiveFeed)? {
        state.withLock { state in
            guard let service = state.service, state.entries.count < Self.limit else { return nil }
            state.entries[ObjectIdentifier(channel)] = Entry(channel: channel)
            return service
        }
    }

    /// Answers a request on a channel that was installed.
    ///
    /// - Returns: the task that does so.
    func answer(on channel: any Channel, _ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        change(channel) { $0.isAnswered = true }
        return Task {
            await work()
            change(channel) { $0.isAnswered = false }
        }
    }

    private func change(_ channel: any Channel, _ change: (inout Entry) -> Void) {
        let emptied = state.withLock { state -> EventLoopPromise<Void>? in
            guard var entry = state.entries[ObjectIdentifier(channel)] else { return nil }
            change(&entry)
            state.entries[ObjectIdentifier(channel)] = entry.isOpen || entry.isAnswered ? entry : nil
            return state.entries.isEmpty ? state.whenEmpty.take() : nil
        }
        emptied?.succeed()
    }

    /// Returns when all connections are closed and no work is left for them. After `grace` they are closed, whatever
    /// their clients do.
    func end(within grace: TimeAmount, on eventLoop: any EventLoop) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let isEmpty = state.withLock { state in
            state.service = nil
            state.whenEmpty = state.entries.isEmpty ? nil : promise
            return state.entries.isEmpty
        }
        if isEmpty { return promise.succeed() }
        for channel in channels(where: { !$0.isAnswered }) { channel.close(promise: nil) }
        let deadline = eventLoop.scheduleTask(in: grace) { [self] in
            for channel in channels(where: { _ in true }) { channel.close(promise: nil) }
        }
        try? await promise.futureResult.get()
        deadline.cancel()
    }

    private func channels(where isWanted: (Entry) -> Bool) -> [any Channel] {
        state.withLock { $0.entries.values.filter(isWanted).map(\.channel) }
    }
}
