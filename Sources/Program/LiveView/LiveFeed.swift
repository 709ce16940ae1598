// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import Reporting
import Synchronization

/// Makes pages, events and metrics of a run, on the event loop of its server, so that the run never waits for it.
///
/// States: no run yet, a running run, an ended run. The page is rendered again only while clients wait for news, once
/// for all of them. A slow client asks later for its next event, which then contains all changes; nothing is stored for
/// it meanwhile.
actor LiveFeed {
    private let command: String
    private let executor: any SerialExecutor
    private let sleep: @Sendable (Duration) async -> Void
    private var run: (any LiveRun)?
    /// The page of the run; nil until somebody asks for it, because most runs are watched by nobody. `runName` is its
    /// `LivePlace.run`.
    private var madePage: LivePage?
    private var runName = LiveFeed.randomName()
    private var pace = LivePace()
    private var outcome: String?
    private var ticking: Task<Void, Never>?
    /// Not isolated to the actor, so that the waiter of a client that disconnects can be removed at once.
    private let waiters = Mutex(Waiters())

    private struct Waiters {
        var open: [Int: CheckedContinuation<Void, Never>] = [:]
        var count = 0
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - command: `batch`, `verify`.
    ///   - executor: the executor on which everything is made.
    init(
        _ command: String, on executor: any SerialExecutor,
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.command = command
        self.executor = executor
        self.sleep = sleep
    }

    private var page: LivePage { madePage ?? LivePage(run: runName, names: run?.names ?? []) }

    /// Begins to show a run. Pages that were shown before are loaded again.
    func begin(_ run: any LiveRun) {
        self.run = run
        (runName, madePage) = (Self.randomName(), nil)
        wakeAll()
    }

    /// Ends the feed when the run has ended. All clients get the run's last state, and then its end.
    ///
    /// - Parameter outcome: how the run ended, as a part of a sentence: `exit code 0`.
    func end(_ outcome: String) async {
        if madePage != nil || waiters.withLock({ $0.count > 0 }) { await refresh(isFinal: true) }
        self.outcome = outcome
        ticking?.cancel()
        await ticking?.value
        wakeAll()
    }

    // MARK: - Out

    func document(nonce: String) async -> String {
        await refresh()
        return page.html(nonce: nonce)
    }

    func metrics(_ form: MetricsForm) async -> String {
        guard let reading = await run?.reading(since: .max) else { return [MetricFamily]().text(form) }
        return RunMetrics(reading, command: command).families.text(form)
    }

    /// The next event for a client that knows the run up to a place. Waits until there is one.
    ///
    /// - Returns: nil if the task was cancelled, because the client is gone.
    func event(after place: LivePlace?) async -> LiveEvent? {
        let place = place ?? LivePlace(run: runName, position: 0)
        while !Task.isCancelled {
            if let event = page.event(since: place) { return event }
            if let outcome { return LiveEvent(kind: .end, place: place, data: .object(["outcome": .string(outcome)])) }
            await news()
        }
        return nil
    }

    // MARK: - News

    private func news() async {
        let number = waiters.withLock { waiters in
            waiters.count += 1
            return waiters.count
        }
        tick()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.withLock { $0.open[number] = continuation }
                // A client may have disconnected before its wait began. Then nothing else would wake it.
                if Task.isCancelled { wake(number) }
            }
        } onCancel: {
            wake(number)
        }
    }

    /// Renders the page again after a pause, if clients are waiting then.
    private func tick() {
        guard ticking == nil, outcome == nil else { return }
        ticking = Task {
            await sleep(pace.pause)
            ticking = nil
            guard !Task.isCancelled, waiters.withLock({ !$0.open.isEmpty }) else { return }
            await refresh()
            wakeAll()
        }
    }

    /// - Parameter isFinal: the run has ended.
    private func refresh(isFinal: Bool = false) async {
        guard let run, outcome == nil else { return }
        let (position, name) = (madePage?.position ?? 0, runName)
        var reading = await run.reading(since: position)
        reading.facts.isFinal = isFinal
        guard name == runName else { return }
        let begin = ContinuousClock.now
        if madePage == nil { madePage = page }
        madePage?.take(reading, since: position)
        pace.note(cost: begin.duration(to: .now))
    }

    private nonisolated func wake(_ number: Int) {
        waiters.withLock { $0.open.removeValue(forKey: number) }?.resume()
    }

    private func wakeAll() {
        let woken = waiters.withLock { waiters in
            defer { waiters.open = [:] }
            return waiters.open.values
        }
        for waiter in woken { waiter.resume() }
    }

    private static func randomName() -> String { String(UInt32.random(in: .min ... .max), radix: 16) }
}
