// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine

/// A plan says what the copy then does.
@Suite struct DryRunTests {
    private let scene = Scene()
    private let one = SampleImage(layers: ["base", "one"], name: "one")
    private let two = SampleImage(layers: ["base", "two"], name: "two")
    private var index: SampleImage { SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)]) }

    /// - Parameter surveyed: the sources have been read before, as for shards.
    private func rehearse(
        _ items: [TransferItem], _ settings: TransferSettings? = nil, surveyed: Bool = false
    ) async -> DryRun.Result {
        let settings = settings ?? scene.settings
        let stores = ["source": scene.source, "other": scene.other, "target": scene.target]
        var run = DryRun(
            items: items, settings: settings, clock: scene.clock, stores: RunStores { store, _ in stores[store.name]! })
        if surveyed {
            run.survey = await SurveyRun(items: items, settings: settings, clock: scene.clock) { stores[$0.name]! }
                .execute()
        }
        return await run.execute()
    }

    /// What came of the copy, counted at the stores.
    private struct Made: Equatable {
        var reads = 0
        var pulls = 0
        var writes = 0
        var bytes: Int64 = 0
    }

    private func copy(_ items: [TransferItem]) async -> Made {
        let before = (scene.source.log.count, scene.target.log.count)
        let reports = await scene.run(items)
        let (reads, writes) = (scene.source.log.dropFirst(before.0), scene.target.log.dropFirst(before.1))
        return Made(
            reads: reads.count, pulls: reads.count { $0.isManifestGet }, writes: writes.count,
            bytes: reports.values.reduce(0) { $0 + $1.counts.bytesSent })
    }

    private func planned(_ result: DryRun.Result, pings: Int) -> Made {
        let (source, target) = (result.costs["source"] ?? .init(), result.costs["target"] ?? .init())
        return Made(
            reads: source.requests, pulls: source.pulls, writes: target.requests - pings, bytes: target.bytesWritten)
    }

    private func add(_ image: SampleImage, _ place: String, to store: MemoryStore? = nil) throws {
        let end = try TransferEndpoint.parsing(place, in: "source")
        (store ?? scene.source).add(image, to: end.repository, tag: end.tag)
    }

    enum Filling: CaseIterable { case empty, sameTag, otherTag, otherRepository, half }

    @Test(arguments: Filling.allCases, [MemoryStore.MountBehaviour.works, .fallsThrough])
    func `what is planned is what is done`(filling: Filling, mounts: MemoryStore.MountBehaviour) async throws {
        scene.target.isKnownToMount = false
        scene.target.mounts = mounts
        try add(index, "app:1")
        try add(one, "one:1")
        switch filling {
        case .empty: break
        case .sameTag: try add(index, "m/app:1", to: scene.target)
        case .otherTag: try add(index, "m/app:0", to: scene.target)
        case .otherRepository: try add(index, "elsewhere:1", to: scene.target)
        case .half: try add(one, "m/app:0", to: scene.target)
        }
        var settled = scene
        settled.settings.jobs = 1
        // What nothing can be known of is taken for a registry that mounts.
        let isKnown = mounts == .works || filling != .empty && filling != .otherRepository
        for items in [[try TransferItem.copying("app:1", to: "m/app:1")], [try .copying("one:1", to: "m/one:1")]] {
            let plans = [await rehearse(items), await rehearse(items, surveyed: true)]
            let before = scene.target.openSessions
            #expect(before == 0)
            let made = await copy(items)
            for expected in plans.map({ planned($0, pings: 1) }) {
                #expect(expected.bytes == made.bytes && expected.pulls == made.pulls && expected.reads == made.reads)
                if isKnown, items[0].source.repository.path == "app" { #expect(expected.writes == made.writes) }
            }
        }
    }

    @Test(arguments: [ReferrerChoice.none, .new, .all, ReferrerChoice(.all, artifactTypes: ["a/none"])])
    func `what refers to an image is planned as it is copied`(choice: ReferrerChoice) async throws {
        var scene = scene
        scene.settings.referrers = choice
        try add(index, "app:1")
        let app = try Repository("app")
        scene.source.add(SampleImage(about: one.root, layers: ["note"]), to: app)
        let signature = ReferrerList.cosignTags(for: index.root.digest)[0]
        scene.source.add(SampleImage(layers: ["signature"]), to: app, tag: signature)
        let items = [try TransferItem.copying("app:1", to: "m/app:1")]
        let plans = [
            await rehearse(items, scene.settings), await rehearse(items, scene.settings, surveyed: true),
        ]
        let before = (scene.source.log.count, scene.target.log.count)
        _ = await scene.run(items)
        for plan in plans {
            #expect(plan.costs["source"]?.requests == scene.source.log.count - before.0)
            #expect(plan.costs["target"]?.requests == scene.target.log.count - before.1)
        }
    }

    @Test func `a repository without lists of referrers is planned to be asked once`() async throws {
        var settings = scene.settings
        settings.referrers = .all
        settings.requests.connectionsPerStore = 1
        try add(index, "app:1")
        scene.source.listsReferrers = true
        let with = await rehearse([try .copying("app:1", to: "m/app:1")], settings).costs["source"]?.requests
        scene.source.listsReferrers = false
        scene.source.rememberMissingLists()
        let without = await rehearse([try .copying("app:1", to: "m/app:1")], settings).costs["source"]?.requests
        // Three manifests.
        #expect(try #require(with) - 2 == without)
    }

    @Test func `a plan writes nothing and reads no blob`() async throws {
        try add(index, "app:1")
        _ = await rehearse([try .copying("app:1", to: "m/app:1")])
        #expect(scene.source.count(where: \.isBlobGet) == 0)
        #expect(scene.target.count { $0.isUpload || $0.isPut || $0.isAdmit } == 0)
        #expect(scene.target.openSessions == 0)
    }

    @Test func `an image that is there is unchanged, and one under another tag is to copy`() async throws {
        try add(one, "a:1")
        try add(two, "b:1")
        try add(one, "a:1", to: scene.target)
        try add(one, "b:1", to: scene.target)
        let run = await rehearse(try ["a:1", "b:1"].map { try .copying($0, to: $0) })
        guard case .unchanged = run.outcomes[0], case .copied = run.outcomes[1] else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func `a target that does not answer is not taken for an empty one`() async throws {
        try add(one, "a:1")
        scene.target.addFault { _, _ in ContentFailure(.unauthorized, "401", status: 401) }
        let run = await rehearse([try .copying("a:1", to: "a:1")])
        guard case .failed(let failure) = run.outcomes[0] else {
            Issue.record("\(run.outcomes)")
            return
        }
        #expect(failure.side == .target && failure.cause.status == 401)
    }

    @Test(arguments: [false, true]) func `what a source does not give fails alone`(surveyed: Bool) async throws {
        try add(one, "a:1")
        try add(two, "b:1")
        let closed = try Repository("b")
        scene.source.addFault { operation, _ in
            guard case .manifest(closed, _) = operation else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(2_000)), status: 429)
        }
        let items = [try TransferItem.copying("a:1", to: "m/a:1"), try .copying("b:1", to: "m/b:1")]
        let run = await rehearse(items, surveyed: surveyed)
        guard case .copied = run.outcomes[0], case .failed = run.outcomes[1] else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func `a platform's copy is planned with the pull of its index`() async throws {
        try add(index, "app:1")
        try add(two, "m/app:1", to: scene.target)
        let item = try TransferItem.copying("app:1", to: "m/app:1", platforms: .of("linux/arm64"))
        let run = await rehearse([item])
        #expect(run.costs["source"]?.pulls == 1)
        #expect(run.costs["target"]?.bytesWritten == 0)
    }

    // MARK: - What is read at the sources

    @Test func `a list that is there costs a plan one HEAD an item at each side`() async throws {
        try add(index, "app:1")
        try add(index, "m/app:1", to: scene.target)
        try add(one, "b:1")
        try add(one, "m/b:1", to: scene.target)
        let run = await rehearse(try ["app:1", "b:1"].map { try .copying($0, to: "m/\($0)") })
        #expect(run.outcomes == [.unchanged(index.root.digest), .unchanged(one.root.digest)])
        #expect(scene.source.log.count == 2 && scene.source.count(where: \.isSummary) == 2)
        #expect(scene.target.log.count == 2 && scene.target.count(where: \.isSummary) == 2)
        #expect(run.costs["source"]?.requests == 2 && run.costs["source"]?.pulls == 0)
    }

    /// A sparse mirror, an old one of Docker's first schema, one that garbage was collected in.
    @Test(arguments: ["gone", "schema 1", "another size"], [false, true])
    func `of an image that is there nothing is needed that cannot be read`(
        odd: String, surveyed: Bool
    ) async throws {
        let index =
            switch odd {
            case "gone": self.index
            case "schema 1": SampleImage(index: [("linux/amd64", one), ("linux/arm", .schema1)])
            default: SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)], sizes: [two.root.digest: 5])
            }
        try add(index, "app:1")
        try add(index, "m/app:1", to: scene.target)
        if odd == "gone" { scene.source.remove(manifest: two.root.digest, from: try Repository("app")) }
        let items = [try TransferItem.copying("app:1", to: "m/app:1"), try .copying("app:1", to: "m/new:1")]
        let run = await rehearse(items, surveyed: surveyed)
        #expect(run.outcomes[0] == .unchanged(index.root.digest))
        guard case .failed(let failure) = run.outcomes[1] else {
            Issue.record("\(run.outcomes)")
            return
        }
        #expect(failure.side == .source)
        let reports = await scene.run(items)
        #expect(reports[0]?.unchanged == index.root.digest && reports[1]?.failure?.side == .source)
    }

    @Test(arguments: ["what nobody has", "what it named before", "nothing"], [false, true])
    func `a plan goes by a source's tag, whatever its HEAD names, and counts what the run asks`(
        said: String, surveyed: Bool
    ) async throws {
        let (app, tag) = (try Repository("app"), try OCI.Tag("1"))
        try add(two, "app:0")
        try add(one, "app:1")
        switch said {
        case "nothing": scene.source.hides(tag, in: app)
        case "what it named before": scene.source.misnames(tag, in: app, as: two.root.digest)
        default: scene.source.misnames(tag, in: app, as: Digest(.sha256, hash: Array(repeating: 0xBB, count: 32)))
        }
        try add(SampleImage(layers: ["older"]), "m/app:1", to: scene.target)
        let items = [try TransferItem.copying("app:1", to: "m/app:1"), try .copying("app:1", to: "m/new:1")]
        var scene = scene
        scene.settings.jobs = 1
        let run = await rehearse(items, scene.settings, surveyed: surveyed)
        #expect(run.outcomes == [.copied(one.root.digest), .copied(one.root.digest)])
        guard !surveyed else { return }
        let before = scene.source.log.count
        let reports = await scene.run(items)
        #expect(reports.values.allSatisfy { $0.copied == one.root.digest })
        #expect(run.costs["source"]?.requests == scene.source.log.count - before)
    }

    @Test func `what a source gives by a tag is planned, although it does not give it by its digest`() async throws {
        try add(one, "app:1")
        scene.source.addFault { operation, _ in
            guard case .manifest(_, .digest) = operation else { return nil }
            return ContentFailure(.notFound, "404", status: 404)
        }
        let run = await rehearse([try .copying("app:1", to: "m/app:1")])
        #expect(run.outcomes == [.copied(one.root.digest)])
    }

    @Test func `a try that failed counts once, and takes its time`() async throws {
        try add(one, "app:1")
        scene.source.addFault { operation, earlier in
            operation.isManifestGet && earlier < 2 ? ContentFailure(.unavailable, "500", retry: .later) : nil
        }
        let items = [try TransferItem.copying("app:1", to: "m/app:1")]
        let run = await rehearse(items)
        #expect(run.outcomes == [.copied(one.root.digest)] && run.costs["source"]?.pulls == 1)
        #expect(scene.source.count(where: \.isManifestGet) == 3 && run.answerTimes["source"] != nil)
    }

    @Test func `a source whose pull quota is used up is asked nothing more, and what is there is unchanged`()
        async throws
    {
        try add(one, "there:1")
        try add(one, "m/there:1", to: scene.target)
        scene.source.addFault { operation, _ in
            guard operation.isManifestGet else { return nil }
            var failure = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
            failure.isPullQuota = true
            return failure
        }
        var settings = scene.settings
        settings.requests.connectionsPerStore = 4
        var items = [try TransferItem.copying("there:1", to: "m/there:1")]
        for number in 0..<60 { items.append(try .copying("a\(number):1", to: "m/a\(number):1")) }
        let run = await rehearse(items, settings)
        #expect(run.outcomes[0] == .unchanged(one.root.digest))
        let refused = run.outcomes.count { outcome in
            if case .failed(let failure) = outcome { failure.cause.isPullQuota } else { false }
        }
        #expect(refused == 60 && scene.source.count(where: \.isManifestGet) <= 4)
    }

    // MARK: - What a run does not ask, and what nobody knows

    /// After so many absences a run goes without asking, and sends again what is there.
    @Test func `every target is looked at, and what is counted is what a run sends that looks at fewer`() async throws {
        var scene = scene
        scene.settings.jobs = 1
        var items: [TransferItem] = []
        for number in 0..<100 {
            try add(one, "app:t\(number)")
            if number >= 40 { try add(one, "m/r\(number):1", to: scene.target) }
            items.append(try .copying("app:t\(number)", to: "m/r\(number):1"))
        }
        let plan = await rehearse(items, scene.settings)
        let isPlannedToCopy = plan.outcomes.map { if case .copied = $0 { true } else { false } }
        #expect(isPlannedToCopy == (0..<100).map { $0 < 40 })
        let before = (scene.source.log.count, scene.target.log.count)
        let reports = await scene.run(items)
        #expect(reports.values.count { $0.copied != nil } > 40)
        #expect(plan.costs["source"]?.requests == scene.source.log.count - before.0)
        #expect(plan.costs["target"]?.requests == scene.target.log.count - before.1)
        #expect(plan.costs["target"]?.bytesWritten == reports.values.reduce(0) { $0 + $1.counts.bytesSent })
    }

    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough])
    func `an empty target is planned for both cases, and one of them is what is done`(
        mounts: MemoryStore.MountBehaviour
    ) async throws {
        var scene = scene
        scene.settings.jobs = 1
        scene.target.isKnownToMount = false
        scene.target.mounts = mounts
        var items: [TransferItem] = []
        for number in 0..<30 {
            try add(SampleImage(layers: ["shared by all of them"], name: "\(number)"), "app\(number):1")
            items.append(try .copying("app\(number):1", to: "m/app\(number):1"))
        }
        let plan = await rehearse(items, scene.settings)
        let cost = try #require(plan.costs["target"])
        let more = try #require(plan.unproven["target"])
        #expect(more.bytes == cost.bytesMounted && more.bytes > 0)
        let reports = await scene.run(items)
        let sent = reports.values.reduce(0) { $0 + $1.counts.bytesSent }
        switch mounts {
        case .works: #expect(sent == cost.bytesWritten)
        default:
            #expect(sent == cost.bytesWritten + more.bytes)
            // How many requests that takes, the client of the registry decides.
            #expect(more.requests >= 2 * (items.count - 1))
        }
    }

    /// One image is there, in the repository of an index that has it; the same image is to come into another repository.
    private func shared() throws -> [TransferItem] {
        try add(index, "app:1")
        try add(one, "one:1")
        try add(one, "m/app:0", to: scene.target)
        return [try .copying("app:1", to: "m/app:1"), try .copying("one:1", to: "m/one:1")]
    }

    /// - Parameter mounts: what the target does; it is known beforehand where it mounts.
    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough], [429, 503])
    func `a target that is busy for a moment is not planned as one that does not mount, or as one that does`(
        mounts: MemoryStore.MountBehaviour, status: Int
    ) async throws {
        var settings = scene.settings
        settings.jobs = 1
        scene.target.mounts = mounts
        let items = try shared()
        let isBusy = Mutex(true)
        // The question for a blob that was found before, and the one whether the target mounts.
        scene.target.addFault { operation, earlier in
            let isAsked: Bool
            switch operation {
            case .hasBlob: isAsked = earlier == 1
            case .admit(let repository, _, let origin): isAsked = origin == repository && earlier == 0
            default: isAsked = false
            }
            guard isAsked, isBusy.withLock(\.self) else { return nil }
            return status == 429
                ? ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(2)), status: 429)
                : ContentFailure(.unavailable, "503", retry: .later, status: 503)
        }
        let busy = await rehearse(items, settings)
        isBusy.withLock { $0 = false }
        let free = await rehearse(items, settings)
        let (planned, expected) = (try #require(busy.costs["target"]), try #require(free.costs["target"]))
        #expect(planned.bytesWritten == expected.bytesWritten && planned.bytesMounted == expected.bytesMounted)
        #expect((planned.bytesMounted > 0) == (mounts == .works))
        #expect(busy.unproven["target"] ?? UnmountedCost() == free.unproven["target"] ?? UnmountedCost())
        #expect(busy.outcomes == free.outcomes)
    }

    @Test func `a target that lets nobody ask whether it mounts is asked once, and planned as a run treats it`()
        async throws
    {
        var scene = scene
        scene.settings.jobs = 1
        scene.target.mounts = .fallsThrough
        let items = try shared()
        scene.target.addFault { operation, _ in
            guard case .admit(let repository, _, let origin) = operation, origin == repository else { return nil }
            return ContentFailure(.denied, "403", status: 403)
        }
        let plan = await rehearse(items, scene.settings)
        #expect(scene.target.count(where: \.isAdmit) == 1 && plan.unproven["target"] == nil)
        let reports = await scene.run(items)
        #expect(plan.costs["target"]?.bytesWritten == reports.values.reduce(0) { $0 + $1.counts.bytesSent })
    }

    @Test func `the request that finds out whether a target sets several tags at once is planned, once`() async throws {
        var items: [TransferItem] = []
        for name in ["a", "b"] {
            try add(SampleImage(layers: [name], name: name), "\(name):1")
            items += try (1...3).map { try .copying("\(name):1", to: "m/\(name):\($0)") }
        }
        let without = try #require(await rehearse(items).costs["target"]?.requests)
        scene.target.triesTagsTogether = true
        #expect(await rehearse(items).costs["target"]?.requests == without + 1)
        let reports = await scene.run(items)
        #expect(reports.values.allSatisfy { $0.copied != nil })
        // Six tags, and the question.
        #expect(scene.target.count(where: \.isPut) == 7)
    }

    // MARK: - What a target has of its own

    private func keeping(_ tag: String, theirs: SampleImage, ours: SampleImage) async throws -> DryRun.Result {
        var settings = scene.settings
        settings.keepsReferrerTags = true
        scene.target.listsReferrers = false
        try add(theirs, "app:\(tag)")
        try add(ours, "m/app:\(tag)", to: scene.target)
        return await rehearse([try .copying("app:\(tag)", to: "m/app:\(tag)")], settings)
    }

    private var list: String { "sha256-\(one.root.digest.hex)" }

    @Test func `a signature that the target has of its own is kept`() async throws {
        let run = try await keeping(list + ".sig", theirs: one, ours: two)
        guard case .kept(two.root.digest, offered: one.root.digest) = run.outcomes[0] else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func `a list of referrers that needs nothing new is unchanged, and one that does is to copy`() async throws {
        let (less, more) = (SampleImage(index: [("linux/amd64", one)]), index)
        let same = try await keeping(list, theirs: less, ours: more)
        guard case .unchanged(more.root.digest) = same.outcomes[0] else {
            Issue.record("\(same.outcomes)")
            return
        }
        let merged = try await keeping(list, theirs: more, ours: less)
        guard case .copied = merged.outcomes[0] else {
            Issue.record("\(merged.outcomes)")
            return
        }
        let before = scene.target.log.count
        var settled = scene
        settled.settings.keepsReferrerTags = true
        let reports = await settled.run([try .copying("app:\(list)", to: "m/app:\(list)")])
        #expect(reports[0]?.copied != nil)
        #expect(
            merged.costs["target"]?.requests == scene.target.log.count - before, "\(scene.target.log.dropFirst(before))"
        )
    }

    @Test func `an image under the tag of a list is no list, in a plan as in a run`() async throws {
        let run = try await keeping(list, theirs: index, ours: two)
        guard case .failed(let failure) = run.outcomes[0] else {
            Issue.record("\(run.outcomes)")
            return
        }
        #expect(failure.cause.kind == .conflict && failure.cause.message.contains("no list of referrers"))
    }
}
