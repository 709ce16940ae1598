// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import RegistryTransport
import Reporting
import Synchronization
import TransferEngine

/// How progress is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    case auto
    case bar
    case lines
    case json
    case none

    /// The style with `auto` decided: a block of lines if the cursor can be moved, otherwise log lines.
    func resolved(_ traits: TerminalTraits) -> ProgressStyle {
        guard self == .auto else { return self }
        return traits.isScreen ? .bar : .lines
    }
}

extension CommandContext {
    /// What the terminal on standard error can show.
    var traits: TerminalTraits {
        TerminalTraits(isTerminal: Console.isErrorTerminal) { environment[$0] }
    }
}

/// Shows a run's progress: a block of lines five times a second, or a line in a log every ten seconds and after
/// failures, or JSON once a second.
struct ProgressDisplay: Sendable {
    private let style: ProgressStyle
    private let tracker: ProgressTracker
    private let meter: TransferMeter?
    private let tally: WireTally?
    private let console: Console
    private let traits: TerminalTraits
    /// Bytes. A run of one item that moves fewer is too short to show progress.
    private let least: Int64
    /// Called several times a second, at least once, while progress is shown.
    var ticked: @Sendable () -> Void = {}

    /// - Parameters:
    ///   - meter: counts bytes and blobs under way.
    ///   - tally: counts requests, for work that moves no bytes.
    ///   - least: a single item with fewer bytes is not shown.
    init(
        _ style: ProgressStyle, _ tracker: ProgressTracker, _ context: CommandContext, meter: TransferMeter? = nil,
        tally: WireTally? = nil, least: Int64 = 0
    ) {
        traits = context.traits
        self.style = style.resolved(traits)
        self.tracker = tracker
        self.meter = meter
        self.tally = tally
        console = context.console
        self.least = least
    }

    /// Shows progress for as long as `work` runs.
    func during<Result: Sendable>(_ work: () async throws -> Result) async rethrows -> Result {
        guard style != .none else { return try await work() }
        // A blocked terminal blocks only its own thread.
        let showing = Task(executorPreference: OutputThread()) { await run() }
        do {
            let result = try await work()
            await end(showing)
            return result
        } catch {
            await end(showing)
            throw error
        }
    }

    private func end(_ showing: Task<Void, Never>) async {
        showing.cancel()
        await showing.value
        await finish()
    }

    /// Runs until cancelled.
    private func run() async {
        let failed = FailureFlag()
        if style == .lines { tracker.whenSomethingFails { failed.raise() } }
        var sinceLine = Duration.zero
        while (try? await Task.sleep(for: interval)) != nil {
            sinceLine += interval
            ticked()
            if style == .lines, !failed.lower(), sinceLine < .seconds(10) { continue }
            sinceLine = .zero
            await draw(isFinal: false)
        }
    }

    /// Removes the block of lines. With JSON, writes the final state, however early the run ended.
    private func finish() async {
        switch style {
        case .auto, .bar: console.progress([])
        case .json: await draw(isFinal: true)
        case .lines, .none: break
        }
    }

    /// A block of lines that is drawn every 100 ms takes 1.4 % of a run's CPU time.
    private var interval: Duration { style == .bar ? .milliseconds(200) : .seconds(1) }

    private func draw(isFinal: Bool) async {
        var reading = MeterReading()
        if let meter { reading = await MeterReading(meter) }
        reading.requests = tally?.requests
        var facts = tracker.facts(reading) { LocalTime.clock(in: $0) }
        facts.isFinal = isFinal
        switch style {
        case .auto, .bar:
            guard facts.items.total != 1 || least == 0 || (facts.bytes?.known ?? 0) >= least else { return }
            let (width, height) = Console.errorSize
            console.progress(ProgressScreen(width: width, height: height, traits: traits).lines(facts))
        case .lines: console.tell(facts.notice(unicode: traits.isUnicode))
        case .json: console.progress(json: facts.json)
        case .none: break
        }
    }
}

/// Notes whether something has failed since the last check.
private final class FailureFlag: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .relaxed) }
    func lower() -> Bool { isRaised.exchange(false, ordering: .relaxed) }
}
