import Content
import Synchronization

/// One store, seen from one side of a copy: what has room of its own for requests.
struct RequestLane: Hashable, Sendable {
    var store: StoreID
    var side: TransferSide
}

/// Carries out many requests to many stores: a bounded number at once to each, each tried as often as a run would, and a
/// store that asks for a pause holds up no other.
struct RequestLanes: Sendable {
    let settings: TransferSettings
    let clock: any TransferClock
    /// Told when a store asks for a pause.
    let paused: @Sendable (StoreID, Duration) -> Void

    /// Manifests and lists are small: more at once than this hurries no registry, and some refuse it.
    static let mostAtOnce = 16

    /// Requests at once in one lane.
    private var width: Int { max(1, min(settings.connectionsPerStore, Self.mostAtOnce)) }

    /// Returns when every request, and every one they led to, has ended or the task was cancelled.
    ///
    /// - Parameters:
    ///   - perform: sends one request.
    ///   - then: takes the answer and says what else to ask in the same lane. Called from many tasks.
    func run<Request: Sendable, Answer: Sendable>(
        _ requests: [RequestLane: [Request]],
        perform: @escaping @Sendable (Request) async throws(ContentFailure) -> Answer,
        then: @escaping @Sendable (Request, Result<Answer, TransferFailure>) -> [Request]
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for (lane, requests) in requests {
                let queue = RequestQueue(requests)
                for worker in 0..<width {
                    group.addTask {
                        var jitter = JitterSource(seed: settings.seed &+ UInt64(worker))
                        await withTaskCancellationHandler {
                            while let request = await queue.next() {
                                let answer = await attempt(lane, queue, &jitter) { () async throws(ContentFailure) in
                                    try await perform(request)
                                }
                                await queue.finish(adding: then(request, answer))
                            }
                        } onCancel: {
                            Task { await queue.stop() }
                        }
                    }
                }
            }
        }
    }

    /// The answer to each request, sent once however often it is named. After a cancellation some are missing.
    func answers<Request: Hashable & Sendable, Answer: Sendable>(
        to requests: [Request], in lane: (Request) -> RequestLane,
        perform: @escaping @Sendable (Request) async throws(ContentFailure) -> Answer
    ) async -> [Request: Result<Answer, TransferFailure>] {
        let found = Mutex<[Request: Result<Answer, TransferFailure>]>([:])
        await run(Dictionary(grouping: Set(requests), by: lane), perform: perform) { request, answer in
            found.withLock { $0[request] = answer }
            return []
        }
        return found.withLock { $0 }
    }

    private func attempt<Request, Answer: Sendable>(
        _ lane: RequestLane, _ queue: RequestQueue<Request>, _ jitter: inout JitterSource,
        _ perform: () async throws(ContentFailure) -> Answer
    ) async -> Result<Answer, TransferFailure> {
        var attempts = 1
        var refusedSince: Duration?
        while true {
            guard await waits(until: await queue.closedUntil) else {
                return .failure(TransferFailure(.cancelled, side: lane.side, attempts: attempts))
            }
            if let usedUp = await queue.usedUp {
                return .failure(TransferFailure(usedUp, side: lane.side, attempts: attempts))
            }
            let began = clock.now
            let failure: ContentFailure
            do throws(ContentFailure) {
                let answer = try await perform()
                await queue.wasAnswered(at: clock.now)
                return .success(answer)
            } catch {
                failure = error
            }
            if failure.isPullQuota, !settings.waitsForPulls {
                await queue.useUp(failure)
                continue
            }
            let random = Double.random(in: 0..<1, using: &jitter)
            let start = refusedSince ?? clock.now
            let isDown = settings.retry.isOutage(failure, lastSuccess: await queue.lastSuccess, begunAt: began)
            refusedSince = failure.asksForPause || isDown ? start : nil
            let decision =
                failure.asksForPause || isDown
                ? settings.retry.pause(
                    failure, refusals: await queue.wasRefused(), waited: clock.now - start, random: random)
                : settings.retry.decide(failure, attempt: attempts, random: random)
            switch decision {
            case .giveUp: return .failure(TransferFailure(failure, side: lane.side, attempts: attempts))
            case .again(let delay):
                attempts += 1
                guard await waits(until: clock.now + delay) else { continue }
            case .pauseStore(let delay):
                if await queue.close(from: clock.now, until: clock.now + delay) { paused(lane.store, delay) }
            }
        }
    }

    /// Returns false if the run was stopped meanwhile.
    private func waits(until deadline: Duration) async -> Bool {
        guard deadline > clock.now else { return !Task.isCancelled }
        return (try? await clock.sleep(until: deadline)) != nil
    }
}
