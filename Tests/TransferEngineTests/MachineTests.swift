// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import ProtocolCases
import Testing
import TransshipTesting

@testable import TransferEngine

/// The machine alone, event by event: time is a number, nothing runs.
@Suite struct MachineTests {
    private func machine(
        _ items: [TransferItem], _ change: (inout TransferSettings) -> Void = { _ in }
    ) -> TransferMachine {
        var settings = TransferSettings()
        change(&settings)
        return TransferMachine(items: items, settings: settings, earlier: EarlierRuns(mounts: ["target": true]))
    }

    private func drain(_ machine: inout TransferMachine, at now: Duration = .zero) -> [Queued<CopyRequest>] {
        var works: [Queued<CopyRequest>] = []
        while let work = machine.next(now: now) { works.append(work) }
        return works
    }

    private func next(_ machine: inout TransferMachine, at now: Duration) throws -> Queued<CopyRequest> {
        let work = machine.next(now: now)
        return try #require(work)
    }

    private let refusal = TransferFailure(
        ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(30))), side: .source)

    @Test(.covers("L10")) func `a closed lane holds up its own registry only`() throws {
        var machine = machine([
            try .copying("a", to: "m/a"), try .copying("b", to: "m/b"), try .copying("c", to: "m/c", from: "other"),
        ])
        for probe in drain(&machine) { machine.finish(probe, .summary(nil), now: .zero) }
        let fetches = drain(&machine)
        #expect(fetches.count == 3)
        machine.finish(fetches[0], .failed(refusal), now: .zero)
        machine.finish(fetches[2], .failed(TransferFailure(.cancelled, side: .source)), now: .zero)
        #expect(drain(&machine, at: .seconds(29)).isEmpty)
        #expect((Duration.seconds(30)...(.seconds(31))).contains(machine.nextDeadline ?? .zero))
        let again = try next(&machine, at: .seconds(31))
        #expect(again.attempt == 2 && again.item == 0)
    }

    @Test func `an item that nothing is asked for any more fails, and the items after it begin`() throws {
        var machine = machine([try .copying("a", to: "m/a"), try .copying("b", to: "m/b")]) { $0.jobs = 1 }
        let lost = try next(&machine, at: .zero)
        // Its answer never reaches the items.
        machine.requests.succeeded(lost, now: .zero)
        let other = try next(&machine, at: .zero)
        #expect(other.item == 1)
        let failed = machine.takeEvents().compactMap { event -> ContentFailure.Kind? in
            guard case .itemFinished(let report) = event, case .failed(let failure) = report.outcome else { return nil }
            return report.item == 0 ? failure.cause.kind : nil
        }
        #expect(failed == [.aborted])
        #expect(!machine.isDone)
    }

    @Test func `items that have their requests under way or in a pause are not taken for forgotten ones`() throws {
        var machine = machine([try .copying("a", to: "m/a")])
        let probe = try next(&machine, at: .zero)
        #expect(machine.next(now: .zero) == nil)
        machine.finish(probe, .failed(refusal), now: .zero)
        #expect(machine.next(now: .zero) == nil)
        #expect(machine.takeEvents().allSatisfy { if case .itemFinished = $0 { false } else { true } })
    }

    @Test func `a blob whose source rests is sent from another one, and who waited for the first mounts it`() throws {
        let image = SampleImage(layers: ["one"])
        var machine = machine([try .copying("a", to: "m/a"), try .copying("c", to: "m/c", from: "other")])
        for probe in drain(&machine) { machine.finish(probe, .summary(nil), now: .zero) }
        for fetch in drain(&machine) { machine.finish(fetch, .manifest(image.root), now: .zero) }
        let uploads = drain(&machine)
        let resting = uploads.first?.request.lanes.reading
        for upload in uploads { machine.finish(upload, .failed(refusal), now: .zero) }
        let others = drain(&machine, at: .seconds(1))
        #expect(others.count == uploads.count)
        #expect(others.allSatisfy { $0.request.lanes.reading != nil && $0.request.lanes.reading != resting })
        for upload in others {
            machine.finish(upload, .sent(mountRefused: false, resumedAt: nil), now: .seconds(1))
        }
        _ = drain(&machine, at: .seconds(1))
        let mounts = drain(&machine, at: .seconds(40))
        #expect(mounts.count == uploads.count)
        #expect(mounts.allSatisfy { $0.request.priority == .share })
    }

    @Test func `a blob is mounted from a repository that has a manifest with it, where there is one`() throws {
        let image = SampleImage(layers: ["one"])
        var machine = machine(try (0..<3).map { try .copying("a\($0)", to: "m/a\($0)") }) { $0.jobs = 1 }
        var origins: [Repository] = []
        while let work = machine.next(now: .zero) {
            if case .mount(_, _, let origin, _) = work.request { origins.append(origin) }
            machine.finish(work, answer(to: work.request, image), now: .zero)
        }
        let first = try Repository("m/a0")
        #expect(machine.isDone && Set(origins) == [first])
    }

    /// As an empty target answers, and a source that has this image everywhere.
    private func answer(to task: CopyRequest, _ image: SampleImage) -> CopyAnswer {
        switch task {
        case .probeTarget: .summary(nil)
        case .fetchManifest: .manifest(image.root)
        case .mount: .mounted
        case .upload: .sent(mountRefused: false, resumedAt: nil)
        default: .stored()
        }
    }

    @Test func `an item that waits for a closed lane keeps its place in the window`() throws {
        var machine = machine([try .copying("a", to: "m/a"), try .copying("c", to: "m/c")]) {
            $0.jobs = 1
        }
        machine.finish(try next(&machine, at: .zero), .summary(nil), now: .zero)
        let fetch = try next(&machine, at: .zero)
        machine.finish(fetch, .failed(refusal), now: .zero)
        #expect(drain(&machine, at: .seconds(1)).isEmpty)
        let failed = try next(&machine, at: .seconds(31))
        machine.finish(
            failed, .failed(TransferFailure(ContentFailure(.notFound, "404"), side: .source)), now: .seconds(31))
        let next = try next(&machine, at: .seconds(31))
        #expect(next.item == 1)
    }

    @Test func `a slow registry fills its own window of items and no other`() throws {
        var machine = machine([
            try .copying("a", to: "m/a"), try .copying("b", to: "m/b"), try .copying("c", to: "m/c", from: "other"),
        ]) { $0.jobs = 1 }
        #expect(drain(&machine).map(\.item) == [0, 2])
    }

    @Test func `a registry that refuses for minutes is waited for, one that refuses for longer is not`() throws {
        var machine = machine([try .copying("a", to: "m/a")])
        machine.finish(try next(&machine, at: .zero), .summary(nil), now: .zero)
        let limited = TransferFailure(ContentFailure(.rateLimited, "429", retry: .later, status: 429), side: .source)
        var (now, tries) = (Duration.zero, 0)
        while let work = machine.next(now: now) {
            tries += 1
            machine.finish(work, .failed(limited), now: now)
            now = machine.nextDeadline ?? now
        }
        #expect(now > .seconds(1500) && now <= RetryPolicy().longestWait)
        #expect(tries > 20)
        #expect(machine.isDone)
    }

    @Test func `a request that was refused for being one too many is tried as often afterwards as any other`() throws {
        var machine = machine([try .copying("a", to: "m/a")])
        machine.finish(try next(&machine, at: .zero), .summary(nil), now: .zero)
        let refused = Array(repeating: refusal, count: 10)
        let broken = TransferFailure(ContentFailure(.unavailable, "500", retry: .later, status: 500), side: .source)
        var now = Duration.zero
        for failure in refused + Array(repeating: broken, count: RetryPolicy().attempts) {
            machine.finish(try next(&machine, at: now), .failed(failure), now: now)
            now = machine.nextDeadline ?? now
        }
        #expect(machine.isDone)
    }

    @Test func `no more items begin than may be under way`() throws {
        var machine = machine(try (0..<10).map { try .copying("app\($0)", to: "m/app\($0)") }) { $0.jobs = 3 }
        let probes = drain(&machine)
        #expect(probes.count == 3)
        machine.finish(probes[0], .failed(TransferFailure(ContentFailure(.denied, "403"), side: .target)), now: .zero)
        #expect(drain(&machine).map(\.item) == [3])
    }

    @Test func `stopping hands out nothing more and ends when what runs has ended`() throws {
        var machine = machine([try .copying("a", to: "m/a"), try .copying("b", to: "m/b")])
        let probes = drain(&machine)
        machine.stop()
        #expect(!machine.isDone)
        for probe in probes { machine.finish(probe, .failed(TransferFailure(.cancelled, side: .target)), now: .zero) }
        #expect(drain(&machine, at: .zero).isEmpty)
        #expect(machine.isDone)
    }

    @Test func `a child that is stored once more for its index still ends the items that name it`() throws {
        let child = SampleImage(layers: ["one"])
        let index = SampleImage(index: [
            ("linux/amd64", child), ("linux/arm64", SampleImage(layers: ["two"], name: "2")),
        ])
        var machine = machine(try ["amd", "amd2", "1"].map { try .copying("app:\($0)", to: "m/app:\($0)") })
        let (second, root) = (try OCI.Tag("amd2"), try OCI.Tag("1"))
        let unseen = ContentFailure(.invalid, "400", status: 400, codes: ["MANIFEST_BLOB_UNKNOWN"])
        var (now, refusals, held) = (Duration.zero, 0, [Queued<CopyRequest>]())
        while true {
            guard let work = machine.next(now: now) else {
                guard let deadline = machine.nextDeadline else { break }
                now = deadline
                continue
            }
            switch work.request {
            case .fetchManifest(_, _, .tag(root)): machine.finish(work, .manifest(index.root), now: now)
            case .fetchManifest(_, _, .digest(let digest)):
                let manifest = try #require(index.manifests.first { $0.digest == digest })
                machine.finish(work, .manifest(manifest), now: now)
            case .findManifest: machine.finish(work, .summary(nil), now: now)
            case .storeManifest(_, _, .tag(second), _) where held.isEmpty: held.append(work)
            // Longer than the target is given, so that the index's content is placed again.
            case .storeManifest(_, _, .tag(root), _) where refusals < RetryPolicy().attemptsOnMissingContent:
                refusals += 1
                machine.finish(work, .failed(TransferFailure(unseen, side: .target)), now: now)
            default: machine.finish(work, answer(to: work.request, child), now: now)
            }
        }
        for work in held { machine.finish(work, .stored(), now: now) }
        let ended = machine.takeEvents().compactMap { event -> ItemID? in
            guard case .itemFinished(let report) = event, report.copied != nil else { return nil }
            return report.item
        }
        #expect(Set(ended) == [0, 1, 2] && machine.isDone, "\(ended)")
    }

    // MARK: - Both sides at once

    private func summary(_ text: String) -> CopyAnswer {
        .summary(ManifestSummary(digest: ContentHash.digest(of: Array(text.utf8)), mediaType: .ociManifest, size: nil))
    }

    /// The question to the target first, the one to the source last.
    private func questions(_ machine: inout TransferMachine) throws -> [Queued<CopyRequest>] {
        let works = drain(&machine).sorted { $0.id < $1.id }
        try #require(works.count == 2)
        return works
    }

    private let down = TransferFailure(ContentFailure(.unreachable, "down"), side: .target)
    private let missing = TransferFailure(ContentFailure(.notFound, "404"), side: .source)

    @Test func `a single image's manifest is fetched while the target is asked, whichever answers first`() throws {
        for sourceIsFirst in [true, false] {
            let image = SampleImage(layers: ["one"])
            var machine = machine([try .copying("a", to: "m/a")]) { $0.asksBothSidesAtOnce = true }
            let works = try questions(&machine)
            guard case .probeTarget = works.first?.request, case .fetchManifest = works.last?.request else {
                Issue.record("\(works)")
                return
            }
            let results: [CopyAnswer] = [.summary(nil), .manifest(image.root)]
            for index in sourceIsFirst ? [1, 0] : [0, 1] {
                machine.finish(works[index], results[index], now: .zero)
            }
            let kinds = drain(&machine).map(\.request.priority)
            #expect(kinds == [.move, .move])
        }
    }

    @Test func `an image that is there needs no more than the two answers`() throws {
        let image = SampleImage(layers: ["one"])
        var machine = machine([try .copying("a", to: "m/a")]) { $0.asksBothSidesAtOnce = true }
        let works = try questions(&machine)
        machine.finish(works[1], .manifest(image.root), now: .zero)
        machine.finish(
            works[0],
            .summary(ManifestSummary(digest: image.root.digest, mediaType: .ociManifest, size: nil)), now: .zero)
        #expect(machine.isDone)
    }

    @Test func `the source's failure is the one that is told, whichever side failed first`() throws {
        for sourceIsFirst in [true, false] {
            var machine = machine([try .copying("a", to: "m/a")]) {
                $0.asksBothSidesAtOnce = true
                $0.requests.retry.attemptsOnUnreachable = 1
            }
            let works = try questions(&machine)
            let results: [CopyAnswer] = [.failed(down), .failed(missing)]
            for index in sourceIsFirst ? [1, 0] : [0, 1] {
                machine.finish(works[index], results[index], now: .zero)
            }
            let outcomes = machine.takeEvents().compactMap { event in
                if case .itemFinished(let report) = event { report.failure?.cause.message } else { nil }
            }
            #expect(outcomes == ["404"])
            #expect(machine.isDone)
        }
    }

    @Test func `a target that fails alone is told once the source has answered`() throws {
        var machine = machine([try .copying("a", to: "m/a")]) {
            $0.asksBothSidesAtOnce = true
            $0.requests.retry.attemptsOnUnreachable = 1
        }
        let works = try questions(&machine)
        machine.finish(works[0], .failed(down), now: .zero)
        #expect(!machine.isDone)
        machine.finish(works[1], .manifest(SampleImage(layers: ["one"]).root), now: .zero)
        #expect(machine.isDone)
        #expect(drain(&machine).isEmpty)
    }

    @Test func `once a target has had something both sides are asked by HEAD at once, and where pulls count no GET is`()
        throws
    {
        var machine = machine(try (0..<3).map { try .copying("app\($0)", to: "m/app\($0)") }) { $0.jobs = 1 }
        machine.note(PullAllowance(remaining: 90, limit: 100, window: .seconds(60)), of: "source")
        let probe = try next(&machine, at: .zero)
        #expect(drain(&machine).isEmpty)
        machine.finish(probe, summary("old"), now: .zero)
        machine.finish(try next(&machine, at: .zero), summary("old"), now: .zero)
        let second = try questions(&machine)
        guard case .probeTarget = second.first?.request, case .resolveTag = second.last?.request else {
            Issue.record("\(second)")
            return
        }
        for work in second.reversed() { machine.finish(work, summary("old"), now: .zero) }
        #expect(drain(&machine).count == 2)
    }

    @Test func `a source that counts pulls is asked only once the target has answered, and by HEAD`() throws {
        var machine = machine([try .copying("a", to: "m/a")]) {
            $0.asksBothSidesAtOnce = true
            $0.requests.countedSources = ["source"]
        }
        let probe = try next(&machine, at: .zero)
        #expect(drain(&machine).isEmpty)
        machine.finish(probe, summary("old"), now: .zero)
        guard case .resolveTag = try next(&machine, at: .zero).request else {
            Issue.record("the source was not asked by HEAD")
            return
        }
    }

    @Test func `a probe is not tried again for an item that its source has failed`() throws {
        var machine = machine([try .copying("a", to: "m/a")]) { $0.asksBothSidesAtOnce = true }
        let works = try questions(&machine)
        machine.finish(works[1], .failed(missing), now: .zero)
        let later = ContentFailure(.unavailable, "503", retry: .notBefore(.seconds(600)))
        machine.finish(works[0], .failed(TransferFailure(later, side: .target)), now: .zero)
        #expect(machine.isDone)
        #expect(machine.nextDeadline == nil)
        #expect(drain(&machine, at: .seconds(700)).isEmpty)
    }

    @Test func `where existing tags are kept the source is asked only for what is not there`() throws {
        var machine = machine([try .copying("a", to: "m/a")]) {
            $0.asksBothSidesAtOnce = true
            $0.keepsExistingTags = true
        }
        let works = drain(&machine)
        #expect(works.count == 1)
        machine.finish(works[0], summary("old"), now: .zero)
        #expect(machine.isDone)
    }

    @Test(.covers("L11")) func `retries wait longer each time and never longer than the cap`() {
        let policy = RetryPolicy()
        let failure = ContentFailure(.unavailable, "503", retry: .later)
        let delays = (1..<policy.attempts).map { policy.decide(failure, attempt: $0, random: 1) }
        #expect(
            delays == [
                .again(after: .milliseconds(500)), .again(after: .seconds(1)), .again(after: .seconds(2)),
                .again(after: .seconds(4)),
            ])
        #expect(policy.decide(failure, attempt: policy.attempts, random: 0) == .giveUp)
        var patient = policy
        patient.attempts = 100
        #expect(patient.decide(failure, attempt: 60, random: 1) == .again(after: .seconds(60)))
    }

    @Test(.covers("L16")) func `a target that does not know its own content yet is given 7.5 s at least`() {
        let policy = RetryPolicy()
        let failure = ContentFailure(.invalid, "400", retry: .later, status: 400, codes: ["MANIFEST_BLOB_UNKNOWN"])
        let delays = (1..<policy.attemptsOnMissingContent).map { policy.decide(failure, attempt: $0, random: 0) }
        #expect(
            delays == [
                .again(after: .milliseconds(500)), .again(after: .seconds(1)), .again(after: .seconds(2)),
                .again(after: .seconds(4)),
            ])
        #expect(policy.decide(failure, attempt: policy.attemptsOnMissingContent, random: 0) == .giveUp)
    }

    @Test func `what is final is final, and damaged content gets three more chances`() {
        let policy = RetryPolicy()
        #expect(policy.decide(ContentFailure(.denied, "403"), attempt: 1, random: 0.5) == .giveUp)
        let corrupt = ContentFailure(.corrupt, "digest", retry: .later)
        #expect(policy.decide(corrupt, attempt: 3, random: 0) != .giveUp)
        #expect(policy.decide(corrupt, attempt: 4, random: 0) == .giveUp)
    }

    @Test func `an error is the registry's own where nothing else of it succeeded meanwhile`() {
        let policy = RetryPolicy()
        var failure = ContentFailure(.unavailable, "503", retry: .later, status: 503)
        #expect(!policy.isOutage(failure, lastSuccess: .seconds(1), begunAt: .seconds(2)))
        failure.isOutage = true
        #expect(policy.isOutage(failure, lastSuccess: .seconds(1), begunAt: .seconds(2)))
        #expect(!policy.isOutage(failure, lastSuccess: .seconds(3), begunAt: .seconds(2)))
        #expect(!policy.isOutage(failure, lastSuccess: nil, begunAt: .seconds(2)))
        // What no waiting mends is no outage.
        let final = ContentFailure(.unreachable, "server gave HTTP response to HTTPS client")
        #expect(!policy.isOutage(final, lastSuccess: .seconds(1), begunAt: .seconds(2)))
    }

    @Test func `manifests over the cache's limit are dropped, oldest first`() {
        let contents = (0..<3).map { number in
            let bytes = [UInt8](repeating: UInt8(number), count: 40)
            return ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
        }
        var cache = ManifestCache(limit: 5 * ManifestCache.cost(of: contents[0]) / 2)
        for content in contents { _ = cache.keep(content, of: "source") }
        #expect(cache["source", contents[0].digest] == nil)
        #expect(cache["source", contents[2].digest] != nil)
    }

    @Test func `a manifest is charged for what is understood of it and for its places in tables, however short it is`()
    {
        var cache = ManifestCache(limit: 100_000)
        let contents = (0..<1000).map { number in
            let bytes = Array("{\"schemaVersion\":2,\"number\":\(number)}".utf8)
            return ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
        }
        for content in contents { _ = cache.keep(content, of: "source") }
        #expect((50...85).contains(contents.count { cache["source", $0.digest] != nil }))
    }
}
