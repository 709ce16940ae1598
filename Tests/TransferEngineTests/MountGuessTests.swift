// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// Mounts of which it is not known whether the store can do them: from where the source's own name leads, from where an earlier run
/// saw the blob, and within one store.
@Suite struct MountGuessTests {
    private let scene = Scene()
    private let image = SampleImage(layers: ["one", "two"])
    private let app: Repository

    init() throws {
        app = try Repository("app")
        scene.target.isKnownToMount = false
        scene.source.add(image, to: app, tag: .latest)
    }

    @Test func `a second copy mounts what the first one brought under the source's own name`() async throws {
        scene.target.add(image, to: app)
        let report = await scene.run([try .copying("app", to: "prod/app")])[0]
        #expect(report?.copied == image.root.digest && report?.counts.mounted == 3)
        #expect(scene.target.count(where: \.isUpload) == 0 && scene.source.count(where: \.isBlobGet) == 0)
        // The tag, a HEAD and a mount of each blob, the manifest.
        #expect(scene.target.log.count == 8)
        scene.expectClean()
    }

    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough, .refused])
    func `a guess that is wrong costs no request, and says nothing of the store`(mounts: MemoryStore.MountBehaviour)
        async throws
    {
        scene.target.mounts = mounts
        #expect(await scene.run([try .copying("app", to: "prod/app")])[0]?.copied == image.root.digest)
        #expect(scene.target.guesses == [app, app, app])
        // The tag, a HEAD, a session and the bytes of each blob, the manifest.
        #expect(scene.target.log.count == 11)
        let hasLearned = scene.recorder.events.contains { if case .mountsLearned = $0 { true } else { false } }
        #expect(!hasLearned)
        scene.expectClean()
    }

    @Test func `nothing is guessed of the same name, of what is no registry, and where all is sent`() async throws {
        var local = try TransferItem.copying("app", to: "prod/app")
        local.source.store = .local("an archive")
        _ = await scene.run([try .copying("app", to: "app"), local])
        #expect(scene.target.guesses.isEmpty)
        var forced = scene
        forced.settings.existing = .ignored
        _ = await forced.run([try .copying("app", to: "other/app")])
        #expect(scene.target.guesses.isEmpty)
    }

    @Test func `a plan counts what a guess mounts, and gives a wrong one up`() async throws {
        let many = SampleImage(layers: (0..<20).map { "layer \($0)" }, name: "many")
        scene.source.add(many, to: try Repository("many"), tag: .latest)
        scene.target.add(image, to: app)
        var settings = scene.settings
        settings.requests.connectionsPerStore = 1
        for (name, isRight) in [("app", true), ("many", false)] {
            let items = [try TransferItem.copying(name, to: "prod/\(name)")]
            let stores = RunStores { [scene] store, _ in store == "target" ? scene.target : scene.source }
            let survey = await SurveyRun(items: items, settings: settings, clock: scene.clock) { [scene] _ in
                scene.source
            }
            .execute()
            let plan = await DryRun(
                items: items, settings: settings, survey: survey, clock: scene.clock, stores: stores
            )
            .execute()
            #expect((plan.costs["target"]?.bytesWritten == 0) == isRight)
            let guessed = try Repository(name)
            let asked = scene.target.count { if case .hasBlob(guessed, _) = $0 { true } else { false } }
            #expect(isRight ? asked == 3 : (1...3).contains(asked))
            let before = scene.target.log.count
            var run = scene
            run.settings = settings
            let reports = await run.run(items)
            #expect(reports[0]?.counts.bytesSent == plan.costs["target"]?.bytesWritten)
            if isRight { #expect(plan.costs["target"]?.requests == scene.target.log.count - before + 1) }
        }
    }

    // MARK: - One at first

    private func drain(_ machine: inout TransferMachine) -> [Queued<CopyRequest>] {
        var works: [Queued<CopyRequest>] = []
        while let work = machine.next(now: .zero) { works.append(work) }
        return works
    }

    /// A run whose image is read and none of whose blobs has begun.
    private func machine(from store: StoreID, holders: PlacedBlobs = PlacedBlobs()) throws -> TransferMachine {
        var machine = TransferMachine(
            items: [try .copying("app", to: "m/app", from: store)], settings: TransferSettings(),
            earlier: EarlierRuns(holders: holders))
        for probe in drain(&machine) { machine.finish(probe, .summary(nil), now: .zero) }
        for fetch in drain(&machine) { machine.finish(fetch, .manifest(image.root), now: .zero) }
        return machine
    }

    private func hinted() throws -> TransferMachine {
        var hints = PlacedBlobs()
        for digest in image.blobs.keys {
            hints.note(TargetBlob(store: "target", digest: digest), in: try Repository("elsewhere"))
        }
        return try machine(from: "source", holders: hints)
    }

    private func session() throws -> CopyAnswer {
        .session(UploadSession(location: "s", repository: try Repository("m/app")), mountRefused: false)
    }

    private func uploads(_ works: [Queued<CopyRequest>]) -> [BlobUpload] {
        works.compactMap(\.request.upload)
    }

    @Test func `within a store that does not mount one blob shows it, and the others are asked for by HEAD`() throws {
        var machine = try machine(from: "target")
        let first = drain(&machine)
        try #require(first.count == 1)
        guard case .mount(_, _, from: app, asksFirst: false) = first[0].request else {
            Issue.record("\(first[0].request)")
            return
        }
        machine.finish(first[0], try session(), now: .zero)
        let rest = drain(&machine)
        #expect(uploads(rest).count == 3 && uploads(rest).allSatisfy { $0.question == .head })
        #expect(uploads(rest).count { $0.session == nil && $0.origin?.repository == app } == 2)
        let fallen = try #require(
            rest.first { if case .upload(let upload) = $0.request { upload.session != nil } else { false } })
        machine.finish(fallen, .present, now: .zero)
        let learned = machine.takeEvents().compactMap { event -> Bool? in
            if case .mountsLearned("target", let mounts) = event { mounts } else { nil }
        }
        #expect(learned == [false])
    }

    @Test func `within a store that mounts the others follow the first`() throws {
        var machine = try machine(from: "target")
        let first = drain(&machine)
        machine.finish(try #require(first.first), .mounted, now: .zero)
        let rest = drain(&machine)
        let mounts = rest.count { if case .mount = $0.request { true } else { false } }
        #expect(first.count == 1 && mounts == 2 && rest.count == 2)
    }

    @Test func `what an earlier run saw elsewhere is mounted once it is known that the store does so`() throws {
        var machine = try hinted()
        let first = drain(&machine)
        try #require(first.count == 1)
        guard case .mount(_, _, _, asksFirst: true) = first[0].request else {
            Issue.record("\(first[0].request)")
            return
        }
        machine.finish(first[0], .mounted, now: .zero)
        let rest = drain(&machine)
        #expect(rest.count == 2)
        for work in rest {
            guard case .mount(_, _, _, asksFirst: false) = work.request else {
                Issue.record("\(work.request)")
                return
            }
        }
    }

    /// As go-containerregistry's registry has it: what one repository has every other one has, and nothing is mounted.
    @Test func `a store that has it by HEAD is asked so for the rest, and for no session that is not needed`() throws {
        var machine = try hinted()
        let first = drain(&machine)
        machine.finish(try #require(first.first), .present, now: .zero)
        let rest = uploads(drain(&machine))
        #expect(rest.count == 2 && rest.allSatisfy { $0.question == .head && $0.session == nil })
        #expect(rest.allSatisfy { $0.origin?.basis == .likely })
    }

    @Test func `a first mount that fails, or is not needed any more, holds up nothing`() throws {
        var machine = try hinted()
        let first = drain(&machine)
        let failure = TransferFailure(ContentFailure(.denied, "403", status: 403), side: .target)
        machine.finish(try #require(first.first), .failed(failure), now: .zero)
        #expect(uploads(drain(&machine)).count == 3)
    }
}
