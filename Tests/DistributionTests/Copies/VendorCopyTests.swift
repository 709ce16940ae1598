// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryAuth
import RegistryFaults
import RegistryServer
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

/// Whole copies from and to registries with the habits of those on the internet.
@Suite struct VendorCopyTests {
    private let image = StageImage()

    // MARK: Sources

    @Test(.covers("V01")) func `Docker Hub counts one pull for each manifest, and none where nothing changed`()
        async throws
    {
        let index = StageImage(index: [StageImage(seed: 1), StageImage(seed: 2)])
        try await withCopyStage(index, from: StageSide(habits: .dockerHub(pullLimit: 100))) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(stage.source.count("GET manifest") == 3)
            stage.source.faults.forgetRequests()
            #expect(await stage.copy([stage.item()])[0]?.isUnchanged == true)
            #expect(stage.source.count("GET manifest") == 0)
            try await stage.expectArrival(of: index)
        }
    }

    @Test(.covers("V01"))
    func `beyond Docker Hub's limit items fail at once, in its words, and the rest stays untouched`()
        async throws
    {
        try await withCopyStage(image, from: StageSide(habits: .dockerHub(pullLimit: 0))) { stage in
            let failure = await stage.copyOne()
            #expect(
                failure?.side == .source && failure?.cause.kind == .rateLimited && failure?.cause.isPullQuota == true)
            #expect(failure?.cause.message.contains("You have reached your pull rate limit") == true)
            #expect(stage.source.count("GET manifest") <= 1)
            try await stage.expectUntouched(by: image)
        }
    }

    /// A front that keeps nothing itself: manifests are at a registry with tokens of its own, blobs at a storage host.
    @Test(.covers("V09")) func `registry.k8s.io sends readers on, and no credential crosses from one host to another`()
        async throws
    {
        try await withRegistry(
            users: ["b": "b"], tokens: true, everybodyPulls: true, credentials: FixedCredential("b", "b")
        ) { backend in
            try await withRegistry { storage in
                try await image.push(to: backend.store, .app)
                for blob in image.blobs { try await storage.store.push(blob, to: .app) }
                for place in [backend, storage] { place.faults.forgetRequests() }
                let front = Front(manifests: backend.server.url, blobs: storage.server.url)
                var configuration = RegistryConfiguration.patient()
                configuration.wrap = { _ in front }
                let server = try await RegistryServer.start(configuration)
                let network = try RegistryNetwork(credentials: FixedCredential("front", "secret"))
                let store = network.store(for: try RegistryHost(server.authority))
                let found = await failure {
                    #expect(try await store.manifest(.tag(.latest), in: .app).bytes == image.root.bytes)
                    for blob in image.blobs {
                        let open = try await store.blob(blob.descriptor, in: .app, from: 0)
                        #expect(try await open.collected() == blob.bytes)
                    }
                }
                await network.shutdown()
                await server.shutdown(grace: .zero)
                #expect(found == nil)
                let sent = (backend.requests + storage.requests).flatMap { $0.headers["Authorization"] }
                #expect(!sent.contains { $0.hasPrefix("Basic") })
                #expect(storage.requests.allSatisfy { $0.headers["Authorization"].isEmpty })
            }
        }
    }

    @Test(.covers("V10")) func `a realm that no client can ask is named, and nothing is sent there`() async throws {
        let challenge = Fault.answer(
            .unauthorized, headers: ["WWW-Authenticate": #"Bearer realm="null://nexus.example/v2/token",service="x""#])
        let rules = [FaultRule(RequestMatch(), .always, challenge)]
        let source = StageSide(rules: rules, credentials: FixedCredential("u", "p"))
        try await withCopyStage(image, from: source) { stage in
            // Seeding has found out that nobody needs a token; another network is asked anew.
            let network = try RegistryNetwork(credentials: FixedCredential("u", "p"))
            let store = network.store(for: stage.source.host)
            let failure = await failure { try await store.manifest(.tag(.latest), in: .app) }
            await network.shutdown()
            #expect(failure?.kind == .invalid && failure?.retry == .never)
            #expect(failure?.message.contains("null") == true, "\(failure?.message ?? "")")
            #expect(stage.source.requests.allSatisfy { $0.headers["Authorization"].isEmpty })
            try await stage.expectUntouched(by: image)
        }
    }

    // MARK: Targets

    @Test(.covers("V02", "U04")) func `Google takes whole blobs at locations of 8 KiB`() async throws {
        var habits = RegistryHabits.artifactRegistry
        habits.locationPadding = 8 << 10
        try await withCopyStage(image, to: StageSide(habits: habits)) { stage in
            // Its name would say that it takes no chunks; its first answer does, too.
            #expect(await stage.copyOne { ($0.pieces.worthwhile, $0.pieces.size) = (200_000, 100_000) } == nil)
            #expect(stage.target.count("PATCH upload") == 1)
            let whole = stage.target.requests.filter { $0.method == .PUT && $0.subject == .upload }
            #expect(whole.count == 2 && whole.allSatisfy { !$0.headers.contains(name: "Content-Range") })
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V03", "U11")) func `Amazon answers pieces with 201 and a count that stands still`() async throws {
        let image = StageImage(layers: [7 << 20])
        try await withCopyStage(image, to: StageSide(habits: .ecr)) { stage in
            #expect(await stage.copyOne { ($0.pieces.worthwhile, $0.pieces.size) = (6 << 20, 5 << 20) } == nil)
            #expect(stage.target.count("PATCH upload", answered: [201]) == 2)
            #expect(stage.target.count("POST uploadStart") == 2)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V03", "X04")) func `Amazon mounts what a manifest lists, so that later images send less`()
        async throws
    {
        var habits = RegistryHabits.ecr
        habits.mountAnswer = .asAsked
        let base = SampleBlob(size: 200_000, seed: 50)
        let images = (0..<12).map { StageImage(config: SampleBlob(size: 500 + $0, seed: 7), [base]) }
        let places = try (0..<12).map { try Repository("team/app\($0)") }
        try await withCopyStage(to: StageSide(habits: habits)) { stage in
            for (image, place) in zip(images, places) { try await image.push(to: stage.source.store, place) }
            let reports = await stage.copy(places.map { stage.item($0) }) { $0.jobs = 4 }
            #expect(reports.values.allSatisfy { $0.failure == nil } && reports.count == 12)
            // The first of those under way at once send it; whoever comes after the first manifest mounts.
            let uploads = stage.target.requests.count {
                $0.method == .PUT && $0.query["digest"] == base.descriptor.digest.text
            }
            #expect(uploads <= 4, "\(uploads) uploads")
            for (image, place) in zip(images, places) { try await stage.expectArrival(of: image, in: place) }
        }
    }

    @Test(.covers("V04"))
    func `a tag that cannot be moved is success with the same digest, and a conflict with another`()
        async throws
    {
        var habits = RegistryHabits.ecr
        habits.tagsAreImmutable = true
        try await withCopyStage(image, to: StageSide(habits: habits)) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(await stage.copy([stage.item()])[0]?.isUnchanged == true)
            // Another run that has not looked whether the tag is there.
            try await stage.target.store.put(image.root, as: .ociManifest, at: .tag(.latest), in: .app)
            let other = StageImage(seed: 9)
            try await other.push(to: stage.source.store, .app)
            let failure = await stage.copyOne()
            #expect(failure?.side == .target && failure?.cause.kind == .conflict && failure?.attempts == 1)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V05", "U12")) func `GitHub refuses large pieces, and takes the blob whole`() async throws {
        let image = StageImage(layers: [6 << 20])
        try await withCopyStage(image, to: StageSide(habits: .ghcr)) { stage in
            #expect(await stage.copyOne { ($0.pieces.worthwhile, $0.pieces.size) = (5 << 20, 5 << 20) } == nil)
            #expect(stage.target.count("PATCH upload") == 1)
            try await stage.expectArrival(of: image)
        }
    }

    /// A commit that takes long is repeated by something in between: what the second answer says is not what happened.
    @Test(
        .covers("V05"),
        arguments: [
            (#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#, true), (#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#, true),
            (#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#, false), (#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#, false),
        ])
    func `after GitHub's answer to a repeated commit one more HEAD decides`(body: String, isThere: Bool) async throws {
        let fault = isThere ? Fault.replaceAnswer(.notFound, body: body) : .answer(.notFound, body: body)
        let layer = image.blobs[1].descriptor.digest.text
        let rules = [FaultRule(RequestMatch(.PUT, .upload, reference: layer), .first(1), fault)]
        try await withCopyStage(image, to: StageSide(habits: .ghcr, rules: rules)) { stage in
            #expect(await stage.copyOne() == nil)
            let asked = stage.target.requests.count {
                $0.method == .HEAD && $0.subject == .blob && $0.path.hasSuffix(layer)
            }
            // Before it is sent, and after. A second try asks by a mount, once it is known that the registry mounts, else by HEAD.
            let mounts = stage.target.requests.count { $0.method == .POST && $0.query["mount"] == layer }
            #expect(isThere ? asked == 2 : asked + mounts == 3)
            #expect(stage.target.count("PUT upload") == (isThere ? 2 : 3))
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V06", "A07")) func `Artifactory hides what is missing, wants no Accept, and gives tokens by GET`()
        async throws
    {
        let rules = [FaultRule(RequestMatch(.POST, .token), .always, .answer(.unauthorized))]
        let target = StageSide(
            habits: .artifactory, rules: rules, users: ["u": "refresh"], tokens: true,
            credentials: FixedCredential(.identityToken(Secret("refresh"), user: "u")))
        try await withCopyStage(image, to: target) { stage in
            #expect(await stage.copyOne() == nil)
            #expect(stage.target.count("HEAD manifest", answered: [403]) == 1)
            #expect(stage.target.requests.allSatisfy { $0.status != .notAcceptable })
            #expect(stage.target.count("POST token") >= 1 && stage.target.count("GET token") >= 1)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V07")) func `Harbor refuses a mount, and the replica that is asked does not know the blobs for 3 s`()
        async throws
    {
        let images = [image, StageImage(config: SampleBlob(size: 3_000, seed: 3), [image.blobs[1]])]
        let places = [Repository.app, .other]
        var habits = RegistryHabits.harborReplicas
        habits.replicas = 1
        try await withCopyStage(to: StageSide(habits: habits)) { stage in
            for (image, place) in zip(images, places) { try await image.push(to: stage.source.store, place) }
            let reports = await stage.copy(places.map { stage.item($0) })
            #expect(reports.values.allSatisfy { $0.failure == nil } && reports.count == 2)
            #expect(stage.target.requests.contains { $0.query["mount"] != nil && $0.status == .unauthorized })
            #expect(stage.target.count("PUT manifest", answered: [400]) >= 1)
            stage.clock.advance(by: .seconds(3))
            for (image, place) in zip(images, places) { try await stage.expectArrival(of: image, in: place) }
        }
    }

    @Test(.covers("V08", "U06")) func `a proxy's limit and a registry's bounds give equal pieces`() async throws {
        var habits = RegistryHabits.cloudflare
        // A small part of the real numbers, so that a test need not move 100 MB.
        habits.announcedChunks = 1 << 20...3 << 19
        (habits.bodyLimit, habits.smallestChunk) = (1_600_000, 1 << 20)
        let image = StageImage(layers: [4 << 20])
        try await withCopyStage(image, to: StageSide(habits: habits)) { stage in
            #expect(await stage.copyOne() == nil)
            let pieces = stage.target.requests.filter { $0.method == .PATCH }.map { request in
                request.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
            }
            #expect(pieces == [3 << 19, 3 << 19, 1 << 20])
            #expect(stage.target.requests.allSatisfy { $0.status != .payloadTooLarge })
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("V11"), arguments: [300, 3_000])
    func `DigitalOcean takes nothing for minutes: the copy waits, or ends so that the next run goes on`(
        seconds: Int
    ) async throws {
        let end = Duration.seconds(seconds)
        try await withCopyStage(image, to: StageSide(habits: .digitalOcean(refusesWritesUntil: end))) { stage in
            let failure = await stage.copyOne()
            if seconds < 900 {
                #expect(failure == nil)
            } else {
                #expect(failure?.side == .target && failure?.cause.status == 503)
                #expect(stage.clock.now < end)
                try await stage.expectUntouched(by: image)
                stage.clock.advance(by: end)
                #expect(await stage.copyOne() == nil)
            }
            #expect(stage.target.count("POST uploadStart", answered: [503]) < 200)
            try await stage.expectArrival(of: image)
        }
    }
}

/// Sends readers elsewhere.
private struct Front: RegistryResponder {
    let manifests: String
    let blobs: String

    func respond(to request: RegistryRequest) async -> RegistryResponse {
        switch RegistryRoute(path: request.path) {
        case .base: RegistryResponse(.ok)
        case .manifest: RegistryResponse(.temporaryRedirect, headers: ["Location": manifests + request.target])
        case .blob: RegistryResponse(.temporaryRedirect, headers: ["Location": blobs + request.target])
        default: RegistryResponse(.notFound)
        }
    }
}
