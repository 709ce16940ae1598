// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Content
import Files
import ItemLists
import OCI
import RegistryTransport
import Reporting
import TransferEngine

struct CheckCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask whether the credentials at hand may pull every source and push to every target.",
        discussion: """
            Takes the lists of `batch`, or one image, or a source and a target. What names
            a file is a list, - is standard input, everything else is an image; with --to,
            all are lists. An image alone is one to pull.

            Each repository is asked once. Of a source, whether one of its images is there:
            by HEAD, which counts as no pull, and by GET where HEAD finds nothing, and what
            refers to that image, unless --referrers=none. Of a target, for an upload,
            which is given up at once: nothing is left behind.
            (Registries that do not let go of an upload that was given up forget it by
            themselves.)

            --platform changes nothing here, where repositories are asked about: it is taken
            so that one line of options serves check, plan, batch and verify.

            Standard output gets a table, or with --format json a line for each question:
            the repository, pull or push, the answer (ok, refused, missing, failed), and
            where the login was found. Why goes to standard error.

            EXAMPLES
              Before a batch:
                transship check images.txt --to registry.example/mirror
              One copy:
                transship check redis:buster registry.example/mirror/redis:buster

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker); transship auth --help names the other places

            EXIT CODES
              0 every source can be pulled and every target pushed to; 1 some questions
              failed; 2 usage or unreadable input, nothing asked; 3 every question failed; 4
              stopped by a pull quota; 5 a registry refused the credentials for all that was
              asked of it; 129, 130 and 143 on SIGHUP, SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Lists of items, or an image, or a source and a target.", valueName: "list-or-image"))
    var subjects: [String]

    @OptionGroup var target: TargetOptions
    /// Accepted without an effect: what a login may do does not depend on the platform.
    @OptionGroup var choosing: PlatformOptions
    @OptionGroup var referring: ReferrerOption
    @Option(name: OutputForm.names, help: "Form of the lines on standard output: text or json.")
    var format: BatchReporter.Output = .text
    @OptionGroup var progress: ProgressOptions
    @Option(
        help: ArgumentHelp(
            "Write here what could not be copied, as a list, each line with its reason.", valueName: "file"))
    var failures: String?
    @OptionGroup(title: "Pace and memory") var pace: PaceOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { progress.noticeStyle }

    func outputs(in environment: CommandEnvironment) -> [OutputFile] {
        failures.map { [.file("--failures", $0)] } ?? []
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let named = try NamedSubjects(subjects, target)
        if failures != nil, case .images(nil, _) = named {
            throw CommandFailure.usage(["--failures is a list of copies: give a source and a target, or lists"])
        }
        let tally = WireTally()
        let connections = try Connections(registry.choices, context, pace: pace, tally: tally)
        return try await connections.closing {
            let subjects = try await named.accessSubjects(
                in: RunContext(settings: pace.settings, connections: connections, console: context.console))
            let answers = await answers(
                to: subjects.questions.map(\.question), over: connections, counting: tally, in: context)
            if let status = interruption.status { return status }
            let report = await subjects.report(answers, credentials: connections.credentials(of:))
            let status = keep(subjects.refused(answers), after: show(report, context.console), in: context)
            tellAllowances(of: subjects, connections, context.console)
            return status
        }
    }

    /// Asks the questions, and shows the progress.
    private func answers(
        to questions: [AccessCheck.Question], over connections: Connections, counting tally: WireTally,
        in context: CommandContext
    ) async -> [AccessCheck.Question: AccessCheck.Answer] {
        let clock = SystemTransferClock()
        let tracker = ProgressTracker(ProgressModel(counting: 0, verb: "checking", noun: "question")) {
            Quantity.seconds(clock.now)
        }
        let meter = TransferMeter()
        var check = AccessCheck(
            settings: pace.settings.requests, paused: context.console.tellPause(to: tracker), stores: connections.stores
        )
        check.meter = meter
        check.asksReferrers = referring.referrers.scope != .none
        tracker.expect(Set(questions).count)
        check.answered = { tracker.end(failure: ProgressFacts.Failure($1, to: $0)) }
        return await ProgressDisplay(progress.style, tracker, context, meter: meter, tally: tally).during {
            [check] in await check.answers(to: questions)
        }
    }

    /// Writes the copies that were refused as a list, if the user asked for one.
    private func keep(
        _ refused: [(name: ItemName, failure: TransferFailure)], after status: ExitStatus, in context: CommandContext
    ) -> ExitStatus {
        guard let failures else { return status }
        return context.keeping(status) {
            let lines = refused.map { "\(FailureLine($0.name, $0.failure))\n" }
            try FileBytes.write(lines.joined(), to: failures, access: .ownerOnly)
        }
    }

    private func tellAllowances(of subjects: AccessSubjects, _ connections: Connections, _ console: Console) {
        let stores = subjects.questions.compactMap { $0.question.side == .source ? $0.question.place.store : nil }
        for (store, allowance) in connections.allowances(of: stores).sorted(by: { $0.key.name < $1.key.name }) {
            console.tell(.pullsLeft(at: store, allowance.text))
        }
    }

    private func show(_ report: AccessReport, _ console: Console) -> ExitStatus {
        for line in format == .json ? report.jsonLines : report.table { console.output(line) }
        var hints = ToldHints()
        for problem in report.problems {
            console.tell(problem.notice)
            if let hint = hints.line(problem.hint) { console.note(hint) }
        }
        console.tell(report.summaryNotice)
        return report.exitStatus
    }
}

extension ProgressFacts.Failure {
    /// nil if the answer is yes.
    fileprivate init?(_ answer: AccessCheck.Answer, to question: AccessCheck.Question) {
        guard case .failure(let failure) = answer else { return nil }
        self.init(question.place.name, kind: failure.cause.kind.rawValue, failure.cause.message)
    }
}

extension NamedSubjects {
    fileprivate func accessSubjects(in run: RunContext) async throws -> AccessSubjects {
        var subjects = AccessSubjects()
        switch self {
        case .images(let source?, let target):
            subjects.add(source: source)
            subjects.add(target: target)
            subjects.add(copyOf: source, to: target)
        case .images(nil, let image): subjects.add(source: image)
        case .lists(let lists):
            let listed = try await lists.items(in: run)
            for line in listed.failed { subjects.add(line) }
            listed.warnIfEmpty(run.console)
            for item in listed.items { subjects.add(source: item.source) }
            for item in listed.items { subjects.add(target: item.target) }
            for item in listed.items { subjects.add(copyOf: item.source, to: item.target) }
        }
        return subjects
    }
}

extension Connections {
    /// Where the login for a repository was found. nil also if the lookup failed: then the question has failed, too.
    fileprivate func credentials(of place: RepositoryPlace) async -> String? {
        try? await loginSource(of: place.store, place.repository)
    }
}
