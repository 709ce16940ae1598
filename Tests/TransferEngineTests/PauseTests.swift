// SPDX-License-Identifier: Apache-2.0

import Content
import Testing

@testable import TransferEngine

/// What is told of a store that wants to be left alone.
@Suite struct PauseTests {
    private struct Question: StoreRequest {
        var lanes: RequestStores { RequestStores(reading: "source") }
        var priority: RequestPriority { .begin }
    }

    private func machine(asking count: Int) -> RequestMachine<Question> {
        var machine = RequestMachine<Question>(settings: RequestSettings())
        for _ in 0..<count { machine.append(Question(), for: 0) }
        return machine
    }

    private func begin(_ machine: inout RequestMachine<Question>, now: Duration = .zero) -> [Queued<Question>] {
        var begun: [Queued<Question>] = []
        while let next = machine.take(now: now) {
            machine.begin(next, now: now)
            begun.append(next)
        }
        return begun
    }

    /// - Returns: what is told, nil for each refusal that brings nothing new.
    private func refuse(
        _ queued: Queued<Question>, for length: Duration, now: Duration, _ machine: inout RequestMachine<Question>
    ) -> StorePause? {
        let cause = ContentFailure(.rateLimited, "429", retry: .notBefore(length), status: 429)
        let verdict = machine.failed(queued, TransferFailure(cause, side: .source), now: now)
        return if case .again(_, _, _, let rest) = verdict { rest?.pause } else { nil }
    }

    @Test func `a pause that ten requests are refused for is told once`() {
        var machine = machine(asking: 10)
        let begun = begin(&machine)
        #expect(begun.count == 10)
        let told = begun.enumerated().compactMap { number, queued in
            refuse(queued, for: .seconds(2), now: .milliseconds(number), &machine)
        }
        #expect(told.count == 1 && told.first?.isNew == true && told.first?.length == told.first?.added)
    }

    @Test func `a pause that becomes longer is told again, and adds only what is new`() {
        var machine = machine(asking: 3)
        let begun = begin(&machine)
        let first = refuse(begun[0], for: .seconds(20), now: .zero, &machine)
        let second = refuse(begun[1], for: .seconds(100), now: .seconds(10), &machine)
        let third = refuse(begun[2], for: .seconds(5), now: .seconds(11), &machine)
        #expect(first?.isNew == true && second?.isNew == false && third == nil)
        // Each pause is as long as was asked, and up to a second more.
        let sum = (first?.added ?? .zero) + (second?.added ?? .zero)
        #expect((Duration.seconds(110)...(.seconds(111))).contains(sum))
        #expect((Duration.seconds(100)...(.seconds(101))).contains(second?.length ?? .zero))
    }

    private func refusal(for pause: Duration) -> ContentFailure {
        ContentFailure(.rateLimited, "429", retry: .notBefore(pause), status: 429)
    }

    @Test(arguments: [0, 0.5, 1]) func `a pause is waited for that is as long as the longest, and none that is longer`(
        random: Double
    ) {
        var policy = RetryPolicy()
        let longest = policy.longestPause
        guard
            case .pauseStore(let pause) = policy.pause(
                refusal(for: longest), refusals: 1, waited: .zero, random: random)
        else {
            Issue.record("given up")
            return
        }
        #expect((longest...longest + .seconds(1)).contains(pause))
        let longer = refusal(for: longest + .seconds(1))
        #expect(policy.pause(longer, refusals: 1, waited: .zero, random: random) == .giveUp)
        // An asked pause must end before the longest wait does.
        policy.longestWait = longest
        #expect(policy.pause(refusal(for: longest), refusals: 1, waited: .seconds(1), random: random) == .giveUp)
    }

    @Test func `a run that waits for pulls waits for hours, and tells how many`() throws {
        var settings = RequestSettings()
        settings.waitForPulls()
        var machine = RequestMachine<Question>(settings: settings)
        machine.append(Question(), for: 0)
        let begun = begin(&machine)
        let told = refuse(begun[0], for: .seconds(6 * 3600), now: .zero, &machine)
        #expect((Duration.seconds(21_600)...(.seconds(21_601))).contains(told?.length ?? .zero))
        let twoDays = refusal(for: .seconds(2 * 86_400))
        #expect(settings.retry.pause(twoDays, refusals: 1, waited: .zero, random: 0) == .giveUp)
    }

    @Test func `a pause after a pause is a new one`() {
        var machine = machine(asking: 1)
        let first = begin(&machine)
        #expect(refuse(first[0], for: .seconds(2), now: .zero, &machine)?.isNew == true)
        let second = begin(&machine, now: .seconds(5))
        #expect(second.count == 1)
        let told = refuse(second[0], for: .seconds(2), now: .seconds(6), &machine)
        #expect(told?.isNew == true && (Duration.seconds(2)...(.seconds(3))).contains(told?.added ?? .zero))
    }
}
