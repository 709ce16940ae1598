// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

@Suite struct AccessCheckTests {
    private let scene = Scene()

    private func check(
        _ questions: [AccessCheck.Question], asksReferrers: Bool = false
    ) async -> [AccessCheck.Question: AccessCheck.Answer] {
        let (source, target) = (scene.source, scene.target)
        let stores = RunStores(source: { _ in source }, target: { _ in target })
        var check = AccessCheck(settings: RequestSettings(), clock: scene.clock, stores: stores)
        check.asksReferrers = asksReferrers
        return await check.answers(to: questions)
    }

    @Test func `each question is asked once, and no manifest is fetched`() async throws {
        let place = RepositoryPlace("source", try Repository("a"))
        scene.source.add(SampleImage(layers: ["x"]), to: place.repository, tag: try OCI.Tag("1"))
        let question = AccessCheck.Question.read(place, .tag(try OCI.Tag("1")))
        let found = await check([question, question])
        #expect(throws: Never.self) { try found[question]?.get() }
        #expect(scene.source.log.count == 1)
        let fetches = scene.source.count { if case .manifest = $0 { true } else { false } }
        #expect(fetches == 0)
    }

    @Test func `what refers to an image is asked for as a run asks, and what it fails for is told`() async throws {
        let place = RepositoryPlace("source", try Repository("a"))
        let image = SampleImage(layers: ["x"])
        scene.source.add(image, to: place.repository, tag: .latest)
        let question = AccessCheck.Question.read(place, .tag(.latest))
        scene.source.listsReferrers = false
        let unlisted = await check([question], asksReferrers: true)[question]
        #expect(throws: Never.self) { try unlisted?.get() }
        scene.source.addFault { operation, _ in
            if case .referrers = operation { ContentFailure(.unavailable, "502", status: 502) } else { nil }
        }
        let answer = await check([question], asksReferrers: true)[question]
        let failure = #expect(throws: TransferFailure.self) { try answer?.get() }
        let digest = image.root.digest.short
        #expect(failure?.cause.message == "what refers to \(digest) cannot be listed: 502")
        let alone = await check([question])[question]
        #expect(throws: Never.self) { try alone?.get() }
    }

    @Test func `an image that is not there is said to be missing`() async throws {
        let question = AccessCheck.Question.read(
            RepositoryPlace("source", try Repository("a")), .tag(try OCI.Tag("1")))
        let found = await check([question])
        let failure = #expect(throws: TransferFailure.self) { try found[question]?.get() }
        #expect(failure?.cause.kind == .notFound)
        #expect(failure?.side == .source)
    }

    @Test func `an image that a HEAD does not find and a GET does is there`() async throws {
        let place = RepositoryPlace("source", try Repository("a"))
        let tag = try OCI.Tag("1")
        scene.source.add(SampleImage(layers: ["x"]), to: place.repository, tag: tag)
        scene.source.hides(tag, in: place.repository)
        let question = AccessCheck.Question.read(place, .tag(tag))
        let found = await check([question])
        #expect(throws: Never.self) { try found[question]?.get() }
        #expect(found.count == 1)
    }

    @Test func `an image that a GET is refused is not said to be missing`() async throws {
        let question = AccessCheck.Question.read(RepositoryPlace("source", try Repository("a")), .tag(try OCI.Tag("1")))
        scene.source.addFault { operation, _ in
            operation.isManifestGet ? ContentFailure(.denied, "403", status: 403) : nil
        }
        let found = await check([question])
        #expect(throws: TransferFailure(ContentFailure(.denied, "403", status: 403), side: .source)) {
            try found[question]?.get()
        }
    }

    @Test func `asking for an upload leaves no session and no content`() async throws {
        let question = AccessCheck.Question.write(RepositoryPlace("target", try Repository("a")))
        let found = await check([question])
        #expect(throws: Never.self) { try found[question]?.get() }
        #expect(scene.target.log.count == 2)
        scene.expectClean()
    }

    @Test func `each question is told once, as soon as it has its answer`() async throws {
        let place = RepositoryPlace("source", try Repository("a"))
        scene.source.add(SampleImage(layers: ["x"]), to: place.repository, tag: try OCI.Tag("1"))
        let questions = try ["1", "2", "1"].map { AccessCheck.Question.read(place, .tag(try OCI.Tag($0))) }
        let source = scene.source
        var check = AccessCheck(
            settings: RequestSettings(), clock: scene.clock, stores: RunStores { _, _ in source })
        let told = Mutex<[AccessCheck.Question: [Bool]]>([:])
        check.answered = { question, answer in
            told.withLock { $0[question, default: []].append((try? answer.get()) != nil) }
        }
        _ = await check.answers(to: questions)
        #expect(told.withLock { $0 } == [questions[0]: [true], questions[1]: [false]])
    }
}
