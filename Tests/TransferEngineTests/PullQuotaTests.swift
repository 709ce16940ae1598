import Content
import OCI
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine

/// A source that counts pulls, as Docker Hub does.
@Suite struct PullQuotaTests {
    private func machine(_ count: Int, _ change: (inout TransferSettings) -> Void = { _ in }) throws -> TransferMachine
    {
        var settings = TransferSettings()
        change(&settings)
        return TransferMachine(
            items: try (0..<count).map { try .copying("app\($0)", to: "m/app\($0)") }, settings: settings)
    }

    private func drain(_ machine: inout TransferMachine, at now: Duration = .zero) -> [Work] {
        var works: [Work] = []
        while let work = machine.next(now: now) { works.append(work) }
        return works
    }

    private func probe(_ machine: inout TransferMachine) {
        for work in drain(&machine) { machine.finish(work, .summary(nil), now: .zero) }
    }

    private static let refusal: TransferFailure = {
        var cause = ContentFailure(.rateLimited, "pull rate limit", retry: .later, status: 429)
        cause.isPullQuota = true
        return TransferFailure(cause, side: .source)
    }()

    @Test func `no more pulls are under way than are left`() throws {
        var machine = try machine(8)
        machine.note(PullAllowance(remaining: 3, limit: 100, window: .seconds(21600)), of: "source")
        probe(&machine)
        #expect(drain(&machine).count == 3)
    }

    @Test func `with none left one pull asks, and its answer ends all others without a request`() throws {
        var machine = try machine(8)
        machine.note(PullAllowance(remaining: 0, limit: 100, window: .seconds(21600)), of: "source")
        probe(&machine)
        let pulls = drain(&machine)
        #expect(pulls.count == 1)
        machine.finish(pulls[0], .failed(Self.refusal), now: .zero)
        #expect(drain(&machine).isEmpty)
        #expect(machine.isDone)
    }

    @Test func `a run that waits goes on when there are pulls again`() throws {
        var machine = try machine(2) { settings in
            settings.waitsForPulls = true
            settings.retry.patience = .seconds(86_400)
        }
        machine.note(PullAllowance(remaining: 0, limit: 100, window: .seconds(21600)), of: "source")
        probe(&machine)
        var now = Duration.zero
        for _ in 0..<50 {
            for work in drain(&machine, at: now) { machine.finish(work, .failed(Self.refusal), now: now) }
            now = machine.nextDeadline ?? now
        }
        #expect(now > .seconds(1000))
        #expect(!machine.isDone)
        machine.note(PullAllowance(remaining: 100, limit: 100, window: .seconds(21600)), of: "source")
        let works = drain(&machine, at: now + .seconds(60))
        #expect(!works.isEmpty)
    }
}
