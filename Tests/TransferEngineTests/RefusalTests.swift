// SPDX-License-Identifier: Apache-2.0

import Content
import Testing

@testable import TransferEngine

/// Refusals that concern one request, beside those that concern its store.
@Suite struct RefusalTests {
    private struct Question: StoreRequest {
        var number: Int
        var lanes: RequestStores { RequestStores(reading: "source") }
        var priority: RequestPriority { .begin }
    }

    /// How a run of questions went.
    private struct Run {
        var tries: [Int: Int] = [:]
        var answered: Set<Int> = []
        var failures: [Int: ContentFailure] = [:]
        /// When each question had its last answer.
        var ends: [Int: Duration] = [:]
        var pauses: [PauseReason] = []
        /// The delays after which each question was asked again.
        var delays: [Int: [Duration]] = [:]
    }

    /// Asks questions until each has its answer, eight of them under way or waiting at once, each answered after 10 ms.
    ///
    /// - Parameter refusal: what the store answers to a try of a question at a time; nil: what was asked for.
    private func ask(_ count: Int, refusal: (_ number: Int, _ now: Duration) -> ContentFailure?) -> Run {
        var machine = RequestMachine<Question>(settings: RequestSettings())
        var (run, now, begun) = (Run(), Duration.zero, 0)
        func admit() {
            while begun < count, begun - run.ends.count < 8 {
                machine.append(Question(number: begun), for: begun)
                begun += 1
            }
        }
        admit()
        while run.ends.count < count, now < .seconds(7200) {
            var asked: [Queued<Question>] = []
            while let queued = machine.take(now: now) {
                machine.begin(queued, now: now)
                asked.append(queued)
            }
            let start = now
            now = asked.isEmpty ? machine.nextDeadline ?? .seconds(7200) : now + .milliseconds(10)
            for queued in asked {
                answer(queued, refusal(queued.request.number, start), to: &machine, noting: &run, now: now)
            }
            admit()
        }
        return run
    }

    private func answer(
        _ queued: Queued<Question>, _ refusal: ContentFailure?, to machine: inout RequestMachine<Question>,
        noting run: inout Run, now: Duration
    ) {
        let number = queued.request.number
        run.tries[number, default: 0] += 1
        guard let refusal else {
            machine.succeeded(queued, now: now)
            run.answered.insert(number)
            run.ends[number] = now
            return
        }
        switch machine.failed(queued, TransferFailure(refusal, side: .source), now: now) {
        case .dropped: break
        case .failed(let failure): (run.failures[number], run.ends[number]) = (failure.cause, now)
        case .again(_, let delay, _, let rest):
            run.delays[number, default: []].append(delay)
            if let rest, rest.pause != nil { run.pauses.append(rest.reason) }
        }
    }

    private static let outage = {
        var failure = ContentFailure(.unavailable, "503", retry: .later, status: 503)
        failure.isOutage = true
        return failure
    }()

    private static let limit = ContentFailure(.rateLimited, "429", retry: .later, status: 429)

    // MARK: - Outages

    /// The ninth question is asked after the first answers, and its refusal comes before those of its own round.
    @Test(arguments: [7, 8])
    func `one content that is always answered 503 fails as one, beside a store that answers all else`(
        bad: Int
    ) {
        let run = ask(20) { number, _ in number == bad ? Self.outage : nil }
        #expect(run.answered.count == 19 && run.failures[bad]?.status == 503)
        #expect(run.tries[bad].map { $0 <= RetryPolicy().attempts + 1 } == true)
        #expect(run.ends[bad].map { $0 < .seconds(15) } == true)
        #expect(run.pauses.count <= 1)
    }

    @Test func `a store that is down for minutes is waited for by all that it refused`() {
        let run = ask(20) { _, now in (.milliseconds(10)..<(.seconds(240))).contains(now) ? Self.outage : nil }
        #expect(run.answered.count == 20 && run.pauses.allSatisfy { $0 == .outage })
    }

    @Test func `a store that is down twice is waited for twice, by what it refused the first time, too`() {
        var (answers, secondEnd) = (0, Duration?.none)
        let run = ask(40) { _, now in
            let isBack = now >= .seconds(60) && (answers < 12 || now >= secondEnd ?? .seconds(7200))
            guard now < .milliseconds(10) || isBack else {
                if now >= .seconds(60) { secondEnd = secondEnd ?? now + .seconds(120) }
                return Self.outage
            }
            answers += 1
            return nil
        }
        #expect(run.answered.count == 40 && secondEnd != nil)
    }

    // MARK: - Limits

    @Test(arguments: [[7], [8], [3, 17, 18]])
    func `repositories that are always answered 429 do not slow the rest of their store down`(bad: [Int]) {
        let run = ask(120) { number, _ in bad.contains(number) ? Self.limit : nil }
        #expect(run.answered.count == 120 - bad.count && bad.allSatisfy { run.failures[$0]?.kind == .rateLimited })
        // The first two refusals of each may be the store's; after them it is asked on, and five tries are left.
        #expect(run.pauses.count <= 2 * bad.count)
        #expect(bad.allSatisfy { run.tries[$0].map { $0 <= RetryPolicy().attempts + 2 } == true })
        #expect(run.ends.values.max().map { $0 < .seconds(30) } == true)
    }

    @Test func `a request that is refused alone waits as long as it is told`() {
        let limit = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(20)), status: 429)
        let run = ask(120) { number, _ in number == 7 ? limit : nil }
        #expect(run.answered.count == 119 && run.pauses.count == 2)
        #expect(run.delays[7]?.allSatisfy { $0 >= .seconds(20) } == true)
        // Nothing else waits for its later pauses.
        #expect(run.answered.compactMap { run.ends[$0] }.max().map { $0 < .seconds(45) } == true)
    }

    @Test func `a store that takes five requests a second gets its pauses, and every question its answer`() {
        var taken: [Int64: Int] = [:]
        let run = ask(120) { _, now in
            taken[now.components.seconds, default: 0] += 1
            return taken[now.components.seconds, default: 0] > 5 ? Self.limit : nil
        }
        #expect(run.answered.count == 120)
        #expect(run.pauses.count > 10 && run.pauses.allSatisfy { $0 == .asked })
    }

    @Test func `a limit that refuses every third request is the store's, whomever it meets`() {
        var count = 0
        let run = ask(120) { _, _ in
            count += 1
            return count.isMultiple(of: 3) ? Self.limit : nil
        }
        #expect(run.answered.count == 120 && run.pauses.count > 10)
    }

    @Test func `used-up pulls are never one request's`() {
        var used = Self.limit
        used.isPullQuota = true
        #expect(!used.mayConcernRequestAlone && Self.limit.mayConcernRequestAlone && Self.outage.mayConcernRequestAlone)
        #expect(!ContentFailure(.unreachable, "refused", retry: .later).mayConcernRequestAlone)
    }
}
