import ArgumentParser
import Reporting
import TransferEngine

/// How progress is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    case auto
    case bar
    case lines
    case json
    case none

    /// With `auto` decided.
    var resolved: ProgressStyle {
        guard self == .auto else { return self }
        return Console.isErrorTerminal ? .bar : .lines
    }
}

/// Draws a run's progress now and then: ten times a second as a bar, every ten seconds as lines.
struct ProgressDisplay: Sendable {
    private let style: ProgressStyle
    private let source: any ProgressSource
    private let meter: TransferMeter
    private let console: Console
    private let clock: SystemTransferClock

    init(
        _ style: ProgressStyle, _ source: any ProgressSource, _ meter: TransferMeter, _ console: Console,
        _ clock: SystemTransferClock
    ) {
        self.style = style
        self.source = source
        self.meter = meter
        self.console = console
        self.clock = clock
    }

    /// Runs until cancelled.
    private func run() async {
        guard let interval else { return }
        while (try? await clock.sleep(until: clock.now + interval)) != nil { draw() }
    }

    /// Shows progress for as long as `work` runs.
    func during(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await run() }
            await work()
            group.cancelAll()
        }
        finish()
    }

    /// Takes the bar away; whoever reads JSON gets the end, however soon it came.
    private func finish() {
        switch style {
        case .auto, .bar: console.progress("")
        case .json: draw()
        case .lines, .none: break
        }
    }

    private var interval: Duration? {
        switch style {
        case .auto, .bar: .milliseconds(100)
        case .lines: .seconds(10)
        case .json: .seconds(1)
        case .none: nil
        }
    }

    private func draw() {
        let snapshot = source.snapshot(bytesMoved: meter.bytesMoved, elapsed: clock.now)
        switch style {
        case .auto, .bar: console.progress(snapshot.line(width: Console.errorWidth))
        case .lines: console.note("progress: " + snapshot.text)
        case .json: console.note(snapshot.json)
        case .none: break
        }
    }
}
