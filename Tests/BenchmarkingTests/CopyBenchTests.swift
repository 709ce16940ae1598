// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import OCI
import Testing

@testable import Benchmarking

@Suite struct LeastCopyTests {
    private let base = FixtureLayer(noise: Noise("base"), size: 100)

    private func image(_ name: String, _ layers: [FixtureLayer]) -> FixtureImage {
        FixtureImage(name, tags: ["v1"], .image(layers))
    }

    @Test func `a shared blob is read and sent once, and mounted into the next repository`() {
        let own = FixtureLayer(noise: Noise("own"), size: 100)
        let images = [image("a", [base]), image("b", [base, own])]
        let least = LeastCopy(images, copiesReferrers: false)
        let unique = Set(images.flatMap(\.blobs).map(\.descriptor.digest)).count
        #expect(unique == 4, "two layers and two configs")
        #expect(least.items == 2 && least.sourceRequests == 2 + unique)
        // Five blobs in their places, four of them sent, two manifests.
        #expect(least.targetRequests == 5 + unique + 2)
        #expect(
            least.bytes == images[0].blobs.saturatedSum { $0.descriptor.size }
                + images[1].blobs.filter { $0.descriptor.digest != base.blob.descriptor.digest }
                .saturatedSum { $0.descriptor.size })
    }

    @Test func `the same image in two repositories is read once`() {
        let least = LeastCopy([image("a", [base]), image("b", [base])], copiesReferrers: false)
        #expect(least.sourceRequests == 3 && least.targetRequests == 4 + 2 + 2)
    }

    @Test func `referrers cost a list for each image, and what they consist of`() throws {
        let images = try #require(Workload.multiarch.seededImages(scale: 0.025))
        let (without, with) = (
            LeastCopy(images, copiesReferrers: false), LeastCopy(images, copiesReferrers: true)
        )
        // Two referrers of a blob of their own each; both have the same empty config.
        #expect(with.sourceRequests - without.sourceRequests == 1 + 2 + 3)
        #expect(with.targetRequests - without.targetRequests == 2 + 3 * 2)
    }
}

@Suite struct CopyProfileTests {
    private func moment(_ time: Double, _ source: Int, _ target: Int, cpu: Double = 0) -> CopyMoment {
        CopyMoment(
            time: time, source: .init(inFlight: source, limit: 4), target: .init(inFlight: target, limit: 8), cpu: cpu)
    }

    @Test func `each look counts for the time until the next`() throws {
        let profile = try #require(
            CopyProfile([moment(0, 1, 0), moment(1, 4, 3), moment(3, 0, 8), moment(6, 0, 0), moment(10, 0, 0, cpu: 5)]))
        #expect(profile.source == 0.1 && profile.both == 0.2 && profile.target == 0.3 && profile.neither == 0.4)
        #expect(profile.sourceFull == 0.2 && profile.targetFull == 0.3 && profile.cpu == 0.5)
    }

    @Test func `waiting for tokens and for limits is told beside what goes on meanwhile`() throws {
        var looks = [moment(0, 1, 0), moment(1, 1, 1), moment(3, 0, 0), moment(10, 0, 0)]
        looks[0].tokens = 2
        looks[1].tokens = 1
        looks[2].source.isPaused = true
        let profile = try #require(CopyProfile(looks))
        #expect(abs(profile.tokens - 0.3) < 1e-9 && abs(profile.paused - 0.7) < 1e-9)
        #expect(profile.source == 0.1 && profile.neither == 0.7)
    }

    @Test func `one look says nothing`() {
        #expect(CopyProfile([]) == nil && CopyProfile([moment(1, 1, 1)]) == nil)
        #expect(CopyProfile([moment(1, 1, 1), moment(1, 1, 1)]) == nil)
    }
}

@Suite struct CopySampleTests {
    private let tally = [("a.example", 3), ("b.example", 5), ("auth.example", 7)].map { (authority: $0, requests: $1) }

    @Test func `requests are counted for the source, the target and others`() {
        var sample = CopySample()
        #expect(sample.requests == nil, "another program's are not seen")
        sample.count(tally, source: "a.example", target: "b.example")
        #expect(sample.sourceRequests == 3 && sample.targetRequests == 5 && sample.otherRequests == 7)
        #expect(sample.requests == 8)
    }

    @Test func `of one registry that is source and target, no request is told as none to the target`() {
        var report = CopyBenchReport(LeastCopy([], copiesReferrers: false))
        var sample = CopySample()
        sample.count(tally, source: "a.example", target: "a.example")
        #expect(sample.sourceRequests == 3 && sample.targetRequests == nil && sample.otherRequests == 12)
        report.samples = [sample]
        #expect(report.isOneRegistry && report.json["copies"]?.array?.first?["requests"]?["target"] == .null)
        report.samples = [CopySample()]
        #expect(!report.isOneRegistry, "another program's requests are not seen")
    }
}

@Suite struct CopyTimelineTests {
    private func moment(_ time: Double, _ begun: Int) -> CopyMoment {
        CopyMoment(
            time: time, source: .init(inFlight: begun, limit: 64), target: .init(), cpu: 0,
            begun: CopyRequests(source: begun, target: 2 * begun, others: 1))
    }

    @Test func `every request is in the part in which it began, and a part shows how it ended`() {
        let moments = [moment(0.001, 1), moment(0.02, 3), moment(0.11, 4), moment(0.19, 9), moment(0.35, 10)]
        let rows = CopyTimeline(moments, most: 4).rows
        #expect(rows.map(\.start) == [0, 0.1, 0.30000000000000004])
        #expect(rows.map(\.begun.source) == [3, 6, 1] && rows.map(\.begun.target) == [6, 12, 2])
        #expect(rows.map(\.begun.others) == [1, 0, 0] && rows.map(\.source.inFlight) == [3, 9, 10])
    }

    @Test(arguments: [0.0004, 0.02, 0.2, 1.999, 61, 86_400])
    func `there are few parts, and together they have all requests`(seconds: Double) {
        let moments = (0...300).map { moment(Double($0) * seconds / 300, $0) }
        let rows = CopyTimeline(moments).rows
        #expect((1...21).contains(rows.count), "the last sample may begin a part")
        #expect(rows.map(\.begun.source).reduce(0, +) == 300)
    }

    @Test func `without samples there is nothing to show`() {
        #expect(CopyTimeline([]).rows == [] && CopyTimeline([moment(0, 1)]).rows == [])
    }
}
