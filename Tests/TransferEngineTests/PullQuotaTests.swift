// SPDX-License-Identifier: Apache-2.0

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

    private func drain(_ machine: inout TransferMachine, at now: Duration = .zero) -> [Queued<CopyRequest>] {
        var works: [Queued<CopyRequest>] = []
        while let work = machine.next(now: now) { works.append(work) }
        return works
    }

    private func probe(_ machine: inout TransferMachine) {
        for work in drain(&machine) { machine.finish(work, .summary(nil), now: .zero) }
        // The target takes it all.
        for work in drain(&machine) { machine.finish(work, .stored(), now: .zero) }
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
        // Each item says whether its own request was answered.
        let told = machine.takeEvents().compactMap { event -> String? in
            if case .itemFinished(let report) = event { report.failure?.cause.message } else { nil }
        }
        #expect(told.count { $0 == "pull rate limit" } == 1)
        #expect(
            told.count { $0 == "not asked for, because of the answer to another request: pull rate limit" } == 7)
    }

    @Test func `a run that waits goes on when there are pulls again`() throws {
        var machine = try machine(2) { settings in
            settings.requests.waitsForPulls = true
            settings.requests.retry.longestWait = .seconds(86_400)
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

    @Test func `of a source that is known to count one pull goes first, and says how many may follow`() throws {
        var machine = try machine(8) { $0.requests.countedSources = ["source"] }
        probe(&machine)
        let first = drain(&machine)
        #expect(first.count == 1)
        machine.note(PullAllowance(remaining: 3, limit: 100, window: .seconds(21600)), of: "source")
        #expect(drain(&machine).count == 2)
    }

    @Test func `a store that is known to count and names no number does not count for this login`() throws {
        var machine = try machine(8) { $0.requests.countedSources = ["source"] }
        probe(&machine)
        let first = drain(&machine)
        #expect(first.count == 1)
        machine.finish(first[0], .manifest(SampleImage(layers: ["one"]).root), now: .zero)
        #expect(drain(&machine).count(where: \.request.isPull) == 7)
    }

    // MARK: - Targets that count

    private static let target: StoreID = "target"

    private func root(_ number: Int) throws -> AuditRequest {
        .fetchRoot(
            number, at: RepositoryPlace(store: Self.target, repository: try Repository("app\(number)")), .tag(.latest))
    }

    private func place(_ number: Int) throws -> ManifestPlace {
        ManifestPlace(
            store: Self.target, repository: try Repository("app"),
            digest: ContentHash.digest(of: Array("\(number)".utf8)))
    }

    /// A machine that reads eight names of a target and ten manifests below.
    private func audit(_ change: (inout RequestSettings) -> Void = { _ in }) throws -> RequestMachine<AuditRequest> {
        var settings = RequestSettings()
        change(&settings)
        var machine = RequestMachine<AuditRequest>(settings: settings)
        for number in 0..<8 { machine.append(try root(number), for: number) }
        for number in 0..<10 { machine.append(.fetchManifest(AuditPlace(try place(number))), for: 0) }
        return machine
    }

    private func drain(_ machine: inout RequestMachine<AuditRequest>) -> [Queued<AuditRequest>] {
        var begun: [Queued<AuditRequest>] = []
        while let queued = machine.take(now: .zero) {
            machine.begin(queued, now: .zero)
            begun.append(queued)
        }
        return begun
    }

    @Test func `names and manifests that are read at a target that counts are no more at once than it has pulls left`()
        throws
    {
        var machine = try audit { $0.countedSources = [Self.target] }
        let first = drain(&machine)
        #expect(first.count == 1)
        machine.note(PullAllowance(remaining: 12, limit: 100, window: .seconds(21600)), of: Self.target)
        machine.succeeded(first[0], now: .zero)
        #expect(drain(&machine).count == 12)
    }

    @Test func `with no pulls left all is asked that is no pull`() throws {
        var machine = try audit { $0.countedSources = [Self.target] }
        #expect(drain(&machine).count == 1)
        let source = RepositoryPlace(store: "source", repository: try Repository("app"))
        machine.append(.listReferrers(AuditPlace(try place(0)), source), for: 0)
        machine.append(
            .findBlob(
                BlobPlace(store: Self.target, repository: source.repository, digest: try place(1).digest),
                Descriptor(mediaType: "a/b", digest: try place(1).digest, size: 1)), for: 0)
        #expect(drain(&machine).map(\.request.isPull) == [false, false])
    }

    @Test func `the side that was pulled from tells how many pulls are left`() throws {
        for request in [try root(0), .fetchManifest(AuditPlace(try place(0)))] {
            #expect(request.tellingLane?.store == Self.target && request.tellingLane?.side == .target)
        }
        let source = RepositoryPlace(store: "source", repository: try Repository("app"))
        #expect(AuditRequest.fetchSource(0, source, .tag(.latest)).tellingLane?.side == .source)
        #expect(
            AuditRequest.findBlob(
                BlobPlace(store: Self.target, repository: source.repository, digest: try place(1).digest),
                Descriptor(mediaType: "a/b", digest: try place(1).digest, size: 1)
            ).tellingLane == nil)
    }

    @Test func `a target that cannot take costs no pull`() async throws {
        var scene = Scene()
        scene.settings.requests.countedSources = ["source"]
        let image = SampleImage(layers: ["one"])
        for number in 0..<12 { scene.source.add(image, to: try Repository("app\(number)"), tag: .latest) }
        scene.target.addFault { operation, _ in
            operation.isAdmit ? ContentFailure(.denied, "403 DENIED", status: 403) : nil
        }
        let reports = await scene.run(try (0..<12).map { try .copying("app\($0)", to: "m/app") })
        #expect(reports.values.allSatisfy { $0.failure?.side == .target && $0.failure?.cause.kind == .denied })
        #expect(scene.source.log.isEmpty)
        // One question for the repository.
        #expect(scene.target.count(where: \.isAdmit) == 1)
    }

    @Test func `each target repository is asked once before the first counted pull for it`() async throws {
        var scene = Scene()
        scene.settings.requests.countedSources = ["source"]
        let image = SampleImage(layers: ["one"])
        for number in 0..<6 { scene.source.add(image, to: try Repository("app\(number)"), tag: .latest) }
        scene.target.addFault { operation, _ in
            guard case .admit(let repository, _, _) = operation, repository.path == "m/bad" else { return nil }
            return ContentFailure(.notFound, "404 NAME_UNKNOWN", status: 404)
        }
        let reports = await scene.run(
            try (0..<6).map { try .copying("app\($0)", to: $0 % 2 == 0 ? "m/good\($0)" : "m/bad") })
        #expect(reports.values.count { $0.copied != nil } == 3)
        #expect(scene.source.count(where: \.isManifestGet) == 3)
        scene.expectClean()
    }

    private func counting(_ image: SampleImage) throws -> Scene {
        var scene = Scene()
        scene.settings.requests.countedSources = ["source"]
        scene.source.add(image, to: try Repository("app"), tag: .latest)
        return scene
    }

    private func cancels(_ scene: Scene) -> Int { scene.target.count { if case .cancel = $0 { true } else { false } } }

    @Test func `the session that said so takes the first blob`() async throws {
        let scene = try counting(SampleImage(layers: ["one", "two"]))
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.copied != nil)
        // The question, and two of the three blobs.
        #expect(scene.target.count(where: \.isAdmit) == 3 && cancels(scene) == 0)
        scene.expectClean()
    }

    @Test func `a session that no blob needed is ended with its item`() async throws {
        let image = SampleImage(layers: ["one", "two"])
        let scene = try counting(image)
        scene.target.add(image, to: try Repository("m/app"), tag: try Tag("old"))
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.copied == image.root.digest && cancels(scene) == 1)
        scene.expectClean()
    }

    /// A run of one image that is read at a time, its target's session open since the beginning.
    private func machine(withSession session: UploadSession, readAt time: Duration) throws -> TransferMachine {
        var machine = try machine(1) { $0.requests.countedSources = ["source"] }
        for work in drain(&machine) { machine.finish(work, .summary(nil), now: .zero) }
        for work in drain(&machine) { machine.finish(work, .session(session, mountRefused: false), now: .zero) }
        machine.endEarlyQuestions()
        for work in drain(&machine, at: time) {
            machine.finish(work, .manifest(SampleImage(layers: ["one"]).root), now: time)
        }
        return machine
    }

    private func sessions(_ works: [Queued<CopyRequest>]) -> [UploadSession] {
        works.compactMap { if case .upload(let upload) = $0.request { upload.session } else { nil } }
    }

    @Test func `a session that has waited for long is not relied on`() throws {
        let session = UploadSession(location: "here", repository: try Repository("m/app0"))
        var early = try machine(withSession: session, readAt: .seconds(59))
        #expect(sessions(drain(&early, at: .seconds(59))) == [session])
        #expect(early.openSessions.isEmpty)
        var late = try machine(withSession: session, readAt: .seconds(60))
        #expect(sessions(drain(&late, at: .seconds(60))) == [])
        #expect(late.openSessions.map(\.session) == [session])
    }

    @Test func `where pulls are not counted nothing is asked for this`() async throws {
        let scene = Scene()
        scene.source.add(SampleImage(layers: ["one"]), to: try Repository("app"), tag: .latest)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(scene.target.count(where: \.isAdmit) == 2)
    }
}
