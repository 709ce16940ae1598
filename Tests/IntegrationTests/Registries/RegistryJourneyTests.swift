// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import NIOHTTP1
import OCI
import RegistryFaults
import Testing
import TransshipTesting

/// The program between the registries of the internet, each as a source and as a target, under their names and behind TLS.
/// One after the other: each has a proxy and several servers with their sockets in this process (see Tools/test).
@Suite(.serialized) struct RegistryJourneyTests {
    private static let index = SampleImage(index: [
        ("linux/amd64", SampleImage(layers: ["base", "amd64"], name: "amd64")),
        ("linux/arm64", SampleImage(layers: ["base", "arm64"], name: "arm64")),
    ])
    private static let single = SampleImage(layers: ["base", "single"], name: "single")
    private static let note = SampleImage(about: index.root, layers: ["signed by the source"])
    private static let ownNote = SampleImage(about: index.root, layers: ["signed by the target"])
    private static let signature = SampleImage(layers: ["cosign of the source"], name: "signature")
    private static let ownSignature = SampleImage(layers: ["cosign of the target"], name: "signature")
    private static let signatureTag = "sha256-\(index.root.digest.hex).sig"

    /// An index with what refers to it, and an image.
    private func stock(_ source: PlayedRegistry) async throws {
        try await source.place(Self.index, as: "index", referrers: [Self.note])
        try await source.place(Self.signature, as: "index", tag: Self.signatureTag)
        try await source.place(Self.single, as: "single")
    }

    private func expectImages(at target: PlayedRegistry, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try target.holds(Self.index, as: "index"), sourceLocation: sourceLocation)
        #expect(try target.holds(Self.single, as: "single"), sourceLocation: sourceLocation)
    }

    @Test(arguments: Personality.journeys)
    func `a killed run goes on, destroys nothing, and the runs after it write, pull and read nothing`(
        journey: Journey
    ) async throws {
        try await RegistryWorld.with(journey) { world in
            try await stock(world.source)
            try await world.target.place(referrers: [Self.ownNote], of: Self.index, in: "index")
            try await world.target.place(Self.ownSignature, as: "index", tag: Self.signatureTag)
            let run = ["batch", try world.list(["index"])]

            let taken = try await kill(run + ["--referrers"], world)
            let next = try await world.transship(run + ["--referrers"])
            #expect(next.status == 0, "\(next)")
            #expect(world.target.blobsTaken.isDisjoint(with: taken))
            #expect(try world.target.holds(Self.index, as: "index"))
            let listed = try world.target.referrers(of: Self.index, in: "index")
            #expect(listed == [Self.note.root.digest, Self.ownNote.root.digest])
            #expect(try world.target.digest("index", tag: Self.signatureTag) == Self.ownSignature.root.digest)
            #expect(next.errors.contains("kept"), "\(next)")

            for options in [["--referrers"], []] {
                world.forgetRequests()
                let idle = try await world.transship(run + options)
                #expect(idle.status == 0 && idle.words == ["unchanged"], "\(idle)")
                #expect(world.target.writes == [])
                #expect(world.source.pulls == [] && world.source.blobsRead == 0)
            }
            #expect(!world.source.sawLogin)
        }
    }

    /// Kills a run when all that remains of the index is its tag.
    ///
    /// - Returns: the blobs that the target has taken.
    private func kill(_ arguments: [String], _ world: RegistryWorld) async throws -> Set<String> {
        let path = try world.target.repository("index").path
        world.target.faults.replaceRules([
            FaultRule(RequestMatch(.PUT, .manifest, repository: path, reference: "1"), .always, .hang)
        ])
        let killed = try await world.killed(arguments + ["--jobs", "1", "--verbose"]) {
            $0.contains("--> PUT ") && $0.contains("/index/manifests/1")
        }
        #expect(killed.status == SIGKILL, "\(killed)")
        defer { world.forgetRequests() }
        world.target.faults.replaceRules([])
        return world.target.blobsTaken
    }

    @Test(arguments: Personality.journeys)
    func `a target that cannot take costs no pull and no blob, and is told once`(journey: Journey) async throws {
        try await RegistryWorld.with(journey) { world in
            let names = try await world.source.placeImages(4)
            let refusal = journey.target.refusal.fault
            world.target.faults.replaceRules([
                FaultRule(RequestMatch(.POST, .uploadStart), .always, refusal),
                FaultRule(RequestMatch(.PUT, .manifest), .always, refusal),
            ])
            let run = try await world.transship(["batch", try world.list(names, into: "app")])
            #expect([3, 5].contains(run.status), "\(run)")
            #expect(world.source.blobsRead == 0)
            if journey.source.habits.pullLimit != nil { #expect(world.source.pulls == []) }
            if let creation = journey.target.creation { #expect(run.errors.ranges(of: creation).count == 1, "\(run)") }
            #expect(run.errors.contains(journey.target.refusal.words) && !run.errors.contains("<"), "\(run)")
        }
    }

    @Test(arguments: Personality.journeys)
    func `an image that is not there is named with what its registry said, and others arrive`(
        journey: Journey
    ) async throws {
        try await RegistryWorld.with(journey) { world in
            try await stock(world.source)
            let path = try world.source.repository("absent").path
            world.source.faults.replaceRules([
                FaultRule(RequestMatch(nil, .manifest, repository: path), .always, journey.source.absence.fault)
            ])
            let run = try await world.transship(["batch", try world.list(["absent", "single"])])
            #expect(run.status == 1, "\(run)")
            let failed = try #require(
                run.errors.split(separator: "\n").first {
                    $0.hasPrefix("error: ") && $0.contains("/absent:1")
                })
            #expect(failed.contains("source: ") && failed.contains(journey.source.absence.words), "\(run)")
            #expect(!failed.contains("<"), "\(run)")
            #expect(try world.target.holds(Self.single, as: "single"))
            #expect(try world.target.digest("absent") == nil)
        }
    }

    // MARK: - What single registries do

    /// Docker Hub's headers, which other registries and their proxies send as well.
    @Test(arguments: [Personality.dockerHub, .quay, .artifactory, .kubernetes])
    func `of pulls that run out no more are asked for than are left`(counting: Personality) async throws {
        var counting = counting
        counting.habits.pullLimit = 3
        try await RegistryWorld.with(Journey(source: counting, target: .artifactRegistry)) { world in
            let names = try await world.source.placeImages(8)
            let run = try await world.transship(["batch", try world.list(names)])
            #expect(run.status == 4, "\(run)")
            #expect(world.source.pulls.count == 3 && run.words.count { $0 == "copied" } == 3, "\(run)")
            #expect(world.source.faults.requests.count { $0.status == .tooManyRequests } <= 1)
        }
    }

    @Test(arguments: ["linux/arm64", "linux/amd64,linux/arm64"], [true, false])
    func `platforms cost the pulls that were planned, and none once they have arrived`(
        platforms: String, keepsJournal: Bool
    ) async throws {
        try await RegistryWorld.with(Journey(source: .dockerHub, target: .artifactRegistry)) { world in
            try await stock(world.source)
            let list = try world.list(["index", "single"])
            let options = [list, "--platform", platforms] + (keepsJournal ? [] : ["--journal", "none"])
            for word in ["copied", "unchanged"] {
                let plan = try await world.transship(["plan"] + options + ["--format", "json"])
                let registries = try JSON(Array(plan.output.utf8))["registries"]?.array ?? []
                let planned = registries.first { $0["registry"]?.string == "index.docker.io" }?["manifestGets"]?.integer
                world.forgetRequests()
                let run = try await world.transship(["batch"] + options)
                #expect(run.status == 0 && Set(run.words) == [word], "\(run)")
                #expect(planned == Int64(world.source.pulls.count), "\(plan) \(world.source.pulls)")
                if word == "unchanged", keepsJournal { #expect(planned == 0) }
            }
        }
    }

    @Test func `a limit of the host to which a question was sent on is not the registry's`() async throws {
        try await RegistryWorld.with(Journey(source: .gitHub, target: .elastic)) { world in
            try await stock(world.source)
            world.source.faults.replaceRules([
                FaultRule(
                    RequestMatch(.GET, .referrers), .always,
                    .redirect(.seeOther, to: "https://\(RegistryWorld.elsewhere)/limited"))
            ])
            let limited = Fault.answer(.tooManyRequests, headers: ["Retry-After": "600"])
            world.target.faults.replaceRules([
                FaultRule(RequestMatch(nil, .other, reference: "limited"), .always, limited)
            ])
            let run = try await world.transship(["batch", try world.list(["index", "single"]), "--referrers"])
            try expectImages(at: world.target)
            #expect(!run.errors.contains("paus") && run.errors.contains(RegistryWorld.elsewhere), "\(run)")
        }
    }

    @Test func `the target's signatures are replaced where that is asked for, and once`() async throws {
        try await RegistryWorld.with(Journey(source: .quay, target: .harbor)) { world in
            try await stock(world.source)
            try await world.target.place(Self.ownSignature, as: "index", tag: Self.signatureTag)
            let run = ["batch", try world.list(["index"]), "--referrers"]
            let careful = try await world.transship(run)
            #expect(careful.status == 0 && careful.errors.contains("kept"), "\(careful)")
            #expect(try world.target.digest("index", tag: Self.signatureTag) == Self.ownSignature.root.digest)

            let replacing = try await world.transship(run + ["--overwrite-signatures"])
            #expect(replacing.status == 0 && !replacing.errors.contains("kept"), "\(replacing)")
            #expect(try world.target.digest("index", tag: Self.signatureTag) == Self.signature.root.digest)
            #expect(try world.target.holds(Self.index, as: "index"))

            world.forgetRequests()
            let idle = try await world.transship(run + ["--overwrite-signatures"])
            #expect(idle.status == 0 && idle.words == ["unchanged"] && world.target.writes == [], "\(idle)")
        }
    }

    /// Whatever is asked about images that were not there by then is refused.
    @Test(arguments: [Personality.gitHub, .elastic, .artifactRegistry])
    func `a login that ends in mid-run keeps what has arrived, and costs the source no more than shows it`(
        target: Personality
    ) async throws {
        try await RegistryWorld.with(Journey(source: .dockerHub, target: target)) { world in
            let names = try await world.source.placeImages(5)
            let refusal = Personality.Refusal(.unauthorized, "UNAUTHORIZED", "the login has ended").fault
            let path = try world.target.repository("image3").path
            let isOver = FaultRule(RequestMatch(nil, nil, repository: path), .always, refusal)
            let later = try ["image4", "image5"].map { name in
                FaultRule(RequestMatch(nil, nil, repository: try world.target.repository(name).path), .always, refusal)
            }
            world.target.faults.replaceRules([isOver] + later)
            let run = try await world.transship(["batch", try world.list(names), "--jobs", "1"])
            #expect(run.status == 1 && run.words.count { $0 == "copied" } == 2, "\(run)")
            for name in ["image1", "image2"] { #expect(try world.target.digest(name) != nil) }
            for name in ["image3", "image4", "image5"] { #expect(try world.target.digest(name) == nil) }
            #expect(world.source.pulls.count == 2, "\(world.source.pulls)")
            #expect(run.errors.ranges(of: "401 Unauthorized").count == 3, "\(run)")

            world.target.faults.replaceRules([])
            let next = try await world.transship(["batch", try world.list(names)])
            #expect(next.status == 0 && next.words.count { $0 == "copied" } == 3, "\(next)")
        }
    }

    @Test func `a project without room is sent no more than shows it, and no login is blamed`() async throws {
        try await RegistryWorld.with(Journey(source: .quay, target: .harbor)) { world in
            let names = try await world.source.placeImages(6)
            let words =
                "adding 1.2 MiB of storage resource, which when updated to current usage of 9.9 GiB will exceed the "
                + "configured upper limit of 10.0 GiB."
            let full = Personality.Refusal(.forbidden, "DENIED", words).fault
            world.target.faults.replaceRules([FaultRule(RequestMatch(.PUT, .upload), .always, full)])
            let run = try await world.transship(["batch", try world.list(names, into: "app"), "--jobs", "1"])
            #expect(run.status == 3 && run.errors.contains(words), "\(run)")
            #expect(!run.errors.contains("login"), "\(run)")
            #expect(world.target.faults.requests.count { $0.method == .PUT && $0.subject == .upload } <= 3, "\(run)")
        }
    }

    /// Refusals that pass: each is answered once or twice, then never more.
    @Test(arguments: [
        (
            Personality.gitHub, RequestMatch(.POST, .uploadStart),
            Personality.Refusal(.forbidden, "DENIED", "You have exceeded a secondary rate limit")
        ),
        (
            Personality.publicElastic, RequestMatch(.POST, .uploadStart),
            Personality.Refusal(
                .badRequest, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
        ),
    ])
    func `a refusal that is none is waited out or answered with a new token`(
        target: Personality, match: RequestMatch, refusal: Personality.Refusal
    ) async throws {
        try await RegistryWorld.with(Journey(source: .kubernetes, target: target)) { world in
            try await stock(world.source)
            world.target.faults.replaceRules([FaultRule(match, .first(1), refusal.fault)])
            let run = try await world.transship(["batch", try world.list(["index", "single"])])
            #expect(run.status == 0 && run.words == ["copied", "copied"], "\(run)")
            try expectImages(at: world.target)
        }
    }
}

extension Finished {
    /// What became of the items, in no order.
    fileprivate var words: [String] {
        lines.map { $0.split(separator: "\t").first.map(String.init) ?? "" }.sorted()
    }
}
