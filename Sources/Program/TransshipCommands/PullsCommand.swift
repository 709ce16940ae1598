// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import PullLogs
import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct PullsCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "pulls",
        abstract: "Count image pulls in exported logs, against the registries' pull limits.",
        discussion: """
            Reads, by content and also through gzip: gcloud logging read --format=json;
            log sinks' JSON lines; BigQuery's JSON and CSV exports, with nested or
            flattened columns; kubectl get events -o json; the CSV of Docker Hub's usage
            page. Logs of any size are read in constant memory.

            A pull is an event with the reason "Pulling"; its image stands between the
            first pair of quotes of jsonPayload.message (or message). One log entry is
            one pull. An event of kubectl is as many pulls as it says. What reports the
            end of a pull is not counted, and a pull that stands in several logs counts
            once: it has the same insertId and time, or the same event and count. An image
            is one row, whatever the logs call it; --spellings shows how they do.

            A registry's busiest window is compared with its limit as if all nodes shared
            one address or account. It is an upper bound: Docker Hub does not count a
            check that finds the image unchanged.

            EXAMPLES
              What is pulled, how often, and what to migrate first:
                gcloud logging read 'resource.type="k8s_pod" AND jsonPayload.reason="Pulling"' \\
                  --freshness=7d --format=json > pulls.json
                transship pulls pulls.json
              With the places in files that name each image:
                transship scan --format json . > found.json
                transship pulls pulls.json --used-by found.json
              After the migration, minute by minute; exit code 1 while anything else is
              pulled:
                transship pulls new.json --since 1h --by minute --expect-registry docker.pkg.dev
              A picture:
                transship pulls pulls.json --chart pulls.svg

            ENVIRONMENT
              TZ     what --timezone local means (default: /etc/localtime)
              TZDIR  folder of time zones (default: /usr/share/zoneinfo)

            EXIT CODES
              0 counted; 1 with --expect-registry, where images come from elsewhere, an entry
              could not be read or there is no pull at all, and with --strict, where an entry
              could not be read; 2 usage or unreadable logs; 129, 130 and 143 on SIGHUP,
              SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Exported logs; - is standard input.", valueName: "log"))
    var logs: [String]

    @Option(help: "One row for each image and minute, hour or day, instead of for each image.") var by: TimeUnit?
    @Option(
        help: ArgumentHelp(
            """
            Leave out pulls before: a length before now (7d, 36h, 90m), or a date or time (2026-11-01, 2026-11-01T10:00, \
            RFC 3339).
            """,
            valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Leave out pulls at this time and later; like --since.", valueName: "time"))
    var until: String?
    @Option(
        help: ArgumentHelp(
            "Where times are shown, days begin, and --since is meant: Europe/Berlin, +02:00, UTC, local.",
            valueName: "zone"))
    var timezone = "UTC"
    @Option(
        help: ArgumentHelp(
            """
            How --by writes times, in elements of FORMAT_TIMESTAMP: %D %R, %F %T, %s (default: %F %R for minutes, \
            %F %H:00 for hours, %F for days).
            """,
            valueName: "format"))
    var timeFormat: TimeFormatArgument?
    @Option(help: "How dates are written: iso (2026-11-24) or us (11/24/26, as the guide's query writes them).")
    var dates: DateStyle = .iso
    @Option(
        help: ArgumentHelp(
            """
            Form of standard output: table, csv (the counts) or json (everything). In csv, a cell that begins with = + - @, \
            a tab or a carriage return gets a ' in front, so that spreadsheets take it for text.
            """))
    var format: PullsFormat = .table
    @Option(help: ArgumentHelp("Show so many images (default: all, and 10 to migrate first).", valueName: "count"))
    var top: Int?
    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp(
            """
            Pull limit of a registry, in place of the published one: docker.io=5000/1d, docker.io=none. Repeatable \
            (default: docker.io=100/6h and docker.io=200/6h).
            """,
            valueName: "host=n/duration"))
    var limits: [LimitArgument] = []
    @Option(
        name: .customLong("expect-registry"),
        help: ArgumentHelp(
            """
            End with exit code 1 while images come from registries that do not end in this: docker.pkg.dev, \
            us-docker.pkg.dev/my-project. Repeatable.
            """,
            valueName: "suffix"))
    var expected: [String] = []
    @Option(
        help: ArgumentHelp(
            "Findings of scan --format json, to say which files name an image; - is standard input. Repeatable.",
            valueName: "file"))
    var usedBy: [String] = []
    @Option(
        help: ArgumentHelp(
            "Draw each registry's pulls over time: .svg or .html. (rsvg-convert makes a PNG of an SVG.)",
            valueName: "file"), transform: ChartArgument.init)
    var chart: ChartArgument?
    @Flag(help: "Show all names by which the logs call an image.") var spellings = false
    @Flag(help: "With --expect-registry: there may be no pull at all.") var allowEmpty = false
    @Flag(help: "End with exit code 1 if an entry is malformed.") var strict = false

    @OptionGroup var telling: TellingOptions

    var noticeStyle: NoticeStyle { telling.style }

    func validate() throws {
        guard top ?? 1 > 0 else { throw ValidationError("--top must be at least 1, not \(top ?? 0)") }
        guard (logs + usedBy).count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("standard input can be read only once: - was given twice")
        }
        guard !expected.contains("") else { throw ValidationError("--expect-registry is empty") }
        guard !allowEmpty || !expected.isEmpty else { throw ValidationError("--allow-empty needs --expect-registry") }
    }

    func outputs(in environment: CommandEnvironment) -> [OutputFile] {
        chart.map { [.file("--chart", $0.path)] } ?? []
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let zone = try TimeZoneRules.named(timezone, context.environment)
        let uses = try readUses()
        let tally = try count(try settings(zone), context)
        if let status = interruption.status { return status }
        let report = PullReport(
            tally, limits: PullLimit.table(given: limits.map(\.limit)), expected: expected.map(RegistrySuffix.init),
            uses: uses)
        if let chart { try draw(report, to: chart, zone) }
        show(
            PullText(
                report, unit: by, format: timeFormat?.format, dates: dates, zone: zone, top: top,
                showsSpellings: spellings),
            context.console)
        return judge(report, in: zone, context.console)
    }

    // MARK: - In

    private func settings(_ zone: TimeZoneRules) throws -> PullSettings {
        var settings = PullSettings()
        let now = Instant(secondsSince1970: Int64(time(nil)))
        settings.period = Period(
            since: try bound(since, of: "--since", now: now, zone),
            until: try bound(until, of: "--until", now: now, zone))
        settings.unit = by
        settings.zone = zone
        return settings
    }

    private func bound(_ text: String?, of option: String, now: Instant, _ zone: TimeZoneRules) throws -> Instant? {
        guard let text else { return nil }
        guard let instant = Period.bound(text, now: now, zone: zone) else {
            throw CommandFailure.usage(
                ["\(option): \"\(text.displayable)\" is no time"],
                hint: "use a length before now like 7d or 36h, a date like 2026-11-01, or RFC 3339")
        }
        return instant
    }

    private func readUses() throws -> FileUses? {
        guard !usedBy.isEmpty else { return nil }
        var uses = FileUses()
        for file in usedBy {
            do { try uses.read(try FileBytes.read(file), file: file) } catch let problem as LogProblem {
                throw CommandFailure.usage(["--used-by: \(problem)"])
            }
        }
        return uses
    }

    private func count(_ settings: PullSettings, _ context: CommandContext) throws -> PullTally {
        let counter = PullCounter(settings)
        for log in logs {
            counter.begin(log)
            do {
                try FilePieces.read(log, while: { !Task.isCancelled }) { try counter.feed($0) }
                // An interrupted log is not checked to the end, because it stops anywhere.
                if Task.isCancelled { return counter.tally }
                try counter.end()
            } catch let error as UnreadableLog {
                throw CommandFailure.usage(["cannot read \(log.displayable): \(error)"], hint: error.hint)
            }
        }
        let tally = counter.tally
        guard tally.entries > 0 || tally.malformed == 0 else {
            throw CommandFailure.usage(["no entry could be read"] + tally.problems.prefix(10).map(\.description))
        }
        return tally
    }

    // MARK: - Out

    private func draw(_ report: PullReport, to file: ChartArgument, _ zone: TimeZoneRules) throws {
        let picture = PullChart(report, zone: zone)
        switch file.kind {
        case .svg: try FileBytes.write(picture.svg, to: file.path)
        case .html: try FileBytes.write(picture.html(report), to: file.path)
        }
    }

    private func show(_ text: PullText, _ console: Console) {
        switch format {
        case .table: text.tables.forEach(console.output)
        case .csv: text.csv.forEach(console.output)
        case .json: console.output(text.json)
        }
    }

    /// Prints notes about the result, and returns the exit status that follows from it.
    private func judge(_ report: PullReport, in zone: TimeZoneRules, _ console: Console) -> ExitStatus {
        PullNotes(report, dates: dates, zone: zone).lines.forEach(console.note)
        if !expected.isEmpty, report.tally.pulls == 0, !allowEmpty {
            console.note("error: no pulls in these logs: nothing is proven")
            return .someFailed
        }
        if !report.unexpected.isEmpty { return .someFailed }
        let isGate = strict || !expected.isEmpty
        let unjudged = report.tally.malformed + report.tally.untimed
        return isGate && unjudged > 0 ? .someFailed : .success
    }
}
