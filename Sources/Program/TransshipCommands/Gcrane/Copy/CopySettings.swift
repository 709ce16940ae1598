// SPDX-License-Identifier: Apache-2.0

import Content
import GcraneSyntax
import LayerVerification
import OCI
import Reporting
import TransferEngine

/// How the flags of `cp` set up a run.
enum CopySettings {
    private static let usualJobs = 8
    private static let connectionsForMany = 16

    /// gcrane takes any number and uses it only with -r. A number below 1 counts as not given.
    private static func jobs(_ job: GcraneJob) -> Int {
        job.flags.int("jobs").flatMap { $0 > 0 ? min($0, 512) : nil } ?? usualJobs
    }

    /// Requests at once to one registry.
    static func connections(_ job: GcraneJob) -> Int {
        copiesMany(job) ? max(connectionsForMany, jobs(job)) : jobs(job)
    }

    /// Whether the run keeps existing tags. A single image's tag was checked before, to name it in the refusal.
    static func keepsExistingTags(_ job: GcraneJob) -> Bool { copiesMany(job) && job.flags.bool("no-clobber") }

    private static func copiesMany(_ job: GcraneJob) -> Bool {
        job.flags.bool("recursive") || job.flags.bool("all-tags")
    }

    /// How closely layers are checked.
    static func verification(_ job: GcraneJob) throws -> VerificationLevel {
        guard let text = job.flags.text("verify") else { return .digest }
        if let level = VerificationLevel(named: text) { return level }
        throw CommandFailure(
            "invalid argument \"\(text.displayable)\" for \"--verify\" flag: must be digest, unpack or diffid")
    }

    /// Bytes. A smaller image arrives too quickly to show progress.
    static let worthShowing: Int64 = 64 << 20

    /// gcrane shows no progress. Under the name transship it is shown on a terminal.
    static func progress(_ job: GcraneJob) throws -> ProgressStyle {
        guard let text = job.flags.text("progress") else {
            return job.program == .transship && job.context.traits.isScreen ? .bar : .none
        }
        if let style = ProgressStyle(rawValue: text) { return style }
        let styles = ProgressStyle.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandFailure(
            "invalid argument \"\(text.displayable)\" for \"--progress\" flag: must be one of \(styles)")
    }

    /// Refuses invalid values before any request is sent.
    static func check(_ job: GcraneJob) throws {
        _ = try verification(job)
        _ = try progress(job)
    }

    /// The settings of a job's run, from its flags.
    static func transferSettings(_ job: GcraneJob, items: Int) -> TransferSettings {
        var settings = TransferSettings()
        settings.jobs = jobs(job)
        settings.requests = requests(connections: Self.connections(job))
        settings.includesForeignLayers = job.flags.bool("allow-nondistributable-artifacts")
        settings.keepsExistingTags = keepsExistingTags(job)
        if job.flags.bool("referrers") { settings.referrers = .all }
        settings.replacesSignatures = job.flags.bool("overwrite-signatures")
        // The user names a single tag explicitly, so it is overwritten; gcrane overwrites all tags.
        settings.keepsReferrerTags = copiesMany(job) && job.program == .transship
        settings.asksBothSidesAtOnce = items == 1
        return settings
    }

    /// The request settings for a plan of these commands.
    ///
    /// - Parameter connections: requests at once to one registry.
    static func requests(connections: Int) -> RequestSettings {
        var requests = RequestSettings()
        requests.connectionsPerStore = connections
        requests.retry.attemptsOnUnreachable = 1
        requests.retry.longestOutage = .seconds(300)
        requests.countedSources = .knownByName
        return requests
    }
}

/// A run of `cp` and related commands: what is copied, for which command, over which connections.
struct CopyRun {
    let items: [CopyItem]
    let platforms: PlatformChoice?
    let job: GcraneJob
    let connections: Connections
    /// The sources on this machine.
    var local: [StoreID: any ContentSource] = [:]

    /// Copies the items, telling `log` how it goes.
    ///
    /// - Returns: how they ended.
    func execute(telling log: CopyLog) async throws -> CopyResults {
        let inspector = try CopySettings.verification(job).inspector()
        let transfers = items.map { TransferItem(source: $0.source, target: $0.target, platforms: platforms) }
        let clock = SystemTransferClock()
        let style = try CopySettings.progress(job)
        let names = items.map { ItemName(source: $0.named.source, target: $0.named.target) }
        let tracker = ProgressTracker(ProgressModel(items: transfers, names: names, noun: "image")) {
            Quantity.seconds(clock.now)
        }
        let stores = connections.stores
        var run = TransferRun(
            items: transfers, settings: CopySettings.transferSettings(job, items: items.count), clock: clock,
            observer: style == .none ? log : SeveralObservers([log, tracker]), inspector: inspector,
            stores: RunStores(source: { [local] in local[$0] ?? stores.source($0) }, target: stores.target))
        run.executors = local.isEmpty ? connections.executors(for: transfers) : []
        let least = job.flags.isSet("progress") ? 0 : CopySettings.worthShowing
        let display = ProgressDisplay(style, tracker, job.context, meter: run.meter, least: least)
        let results = ResultSink(reportsOf: items.count)
        await display.during { [run] in await Stopper().running { await run.execute(into: results) } }
        if let inspector { job.log.line(inspector.tally.summary()) }
        return CopyResults(
            results.value, of: items.map(\.named), keepsExistingTags: CopySettings.keepsExistingTags(job))
    }
}
