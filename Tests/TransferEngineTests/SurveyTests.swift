// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

@Suite struct SurveyTests {
    private let scene = Scene()
    private let one = SampleImage(layers: ["base", "one"], name: "one")
    private let two = SampleImage(layers: ["base", "two"], name: "two")

    private func survey(_ items: [TransferItem]) async -> Survey {
        let stores = ["source": scene.source, "other": scene.other, "target": scene.target]
        var settings = TransferSettings()
        settings.requests.connectionsPerStore = 4
        return await SurveyRun(items: items, settings: settings, clock: scene.clock) { stores[$0.name]! }
            .execute()
    }

    @Test func `what items share has one number`() async throws {
        scene.source.add(one, to: try Repository("a"), tag: try OCI.Tag("1"))
        scene.source.add(two, to: try Repository("b"), tag: try OCI.Tag("1"))
        let survey = await survey([try .copying("a:1", to: "a:1"), try .copying("b:1", to: "b:1")])
        #expect(survey.items.map(\.root) == [one.root.digest, two.root.digest])
        #expect(survey.blobs.count == 5)
        #expect(Set(survey.items[0].blobs).intersection(survey.items[1].blobs).count == 1)
        #expect(survey.blobs.reduce(0) { $0 + $1.size } == Int64("config of oneconfig of twobaseonetwo".utf8.count))
    }

    @Test func `an index is read with its children, each tag and each child once, and no blob is moved`() async throws {
        let index = SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)])
        for repository in ["a", "b"] {
            scene.source.add(index, to: try Repository(repository), tag: try OCI.Tag("1"))
        }
        let items = try ["a:1", "b:1", "a:1"].map { try TransferItem.copying($0, to: "x/" + $0) }
        let survey = await survey(items)
        #expect(survey.items.allSatisfy { $0.manifests.count == 3 && $0.blobs.count == 5 && $0.failure == nil })
        #expect(scene.source.log.count == 4 && scene.source.count(where: \.isManifestGet) == 4)
        #expect(scene.target.log.isEmpty)
    }

    @Test func `with a platform only the chosen child counts`() async throws {
        let index = SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)])
        scene.source.add(index, to: try Repository("a"), tag: try OCI.Tag("1"))
        let survey = await survey([try .copying("a:1", to: "a:1", platforms: .of("linux/arm64"))])
        #expect(survey.items[0].source == index.root.digest)
        #expect(survey.items[0].root == two.root.digest)
        #expect(survey.items[0].manifests.count == 1)
        #expect(scene.source.count(where: \.isManifestGet) == 2)
    }

    @Test func `what cannot be read is said of its items alone`() async throws {
        let index = SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)])
        scene.source.add(index, to: try Repository("a"), tag: try OCI.Tag("1"))
        scene.source.add(one, to: try Repository("b"), tag: try OCI.Tag("1"))
        scene.source.addFault { [two] operation, _ in
            guard case .manifest(_, .digest(two.root.digest)) = operation else { return nil }
            return ContentFailure(.denied, "no")
        }
        let items = try ["a:1", "b:1", "c:1"].map { try TransferItem.copying($0, to: $0) }
        let survey = await survey(items)
        #expect(survey.items.map { $0.failure?.cause.kind } == [.denied, nil, .notFound])
        #expect(survey.items[1].blobs.count == 3)
    }

    @Test func `a passing fault is tried again`() async throws {
        scene.source.add(one, to: try Repository("a"), tag: try OCI.Tag("1"))
        scene.source.addFault { _, earlier in
            earlier < 2 ? ContentFailure(.unavailable, "503", retry: .later) : nil
        }
        let survey = await survey([try .copying("a:1", to: "a:1")])
        #expect(survey.items[0].failure == nil)
    }

    @Test func `a source whose pull quota is used up is asked nothing more, and others are read`() async throws {
        scene.other.add(one, to: try Repository("a"), tag: try OCI.Tag("1"))
        scene.source.addFault { _, _ in
            var failure = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
            failure.isPullQuota = true
            return failure
        }
        var items = try (0..<100).map { try TransferItem.copying("a\($0):1", to: "a\($0):1") }
        items.append(try .copying("a:1", to: "b:1", from: "other"))
        let survey = await survey(items)
        #expect(survey.items.prefix(100).allSatisfy { $0.failure?.cause.isPullQuota == true })
        #expect(survey.items[100].failure == nil)
        #expect(scene.source.log.count <= 4)
    }

    @Test func `a cancelled survey ends`() async throws {
        let items = try (0..<200).map { try TransferItem.copying("a\($0):1", to: "a\($0):1") }
        let task = Task { await survey(items) }
        task.cancel()
        #expect(await task.value.items.count == 200)
    }

    @Test func `a graph that reaches too much is given up on, and the others are read`() async throws {
        let many = SampleImage(layers: (0..<40).map { "layer \($0)" }, name: "many")
        scene.source.add(many, to: try Repository("many"), tag: try OCI.Tag("1"))
        scene.source.add(one, to: try Repository("a"), tag: try OCI.Tag("1"))
        var settings = TransferSettings()
        settings.bounds.descriptors = 20
        let source = scene.source
        let items = try ["many:1", "a:1"].map { try TransferItem.copying($0, to: $0) }
        let survey = await SurveyRun(items: items, settings: settings, clock: scene.clock) { _ in source }.execute()
        #expect(survey.items.map { $0.failure?.cause.kind } == [.tooLarge, nil])
    }

    @Test func `an index inside an index is read to its end`() async throws {
        let inner = SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)])
        let outer = SampleImage(index: [("linux/amd64", inner)])
        scene.source.add(outer, to: try Repository("a"), tag: try OCI.Tag("1"))
        let survey = await survey([try .copying("a:1", to: "a:1")])
        #expect(survey.items[0].manifests.count == 4 && survey.items[0].blobs.count == 5)
    }

    @Test func `what was read for an item that reaches it sooner counts for one from which it lies too deep`()
        async throws
    {
        let inner = SampleImage(index: [("linux/amd64", one)])
        scene.source.add(inner, to: try Repository("inner"), tag: try OCI.Tag("1"))
        scene.source.add(
            SampleImage(index: [("linux/amd64", inner)]), to: try Repository("outer"), tag: try OCI.Tag("1"))
        for repository in ["inner", "outer"] { scene.source.add(inner, to: try Repository(repository)) }
        var settings = TransferSettings()
        settings.bounds.depth = 2
        settings.requests.connectionsPerStore = 1
        let source = scene.source
        let items = try ["inner:1", "outer:1"].map { try TransferItem.copying($0, to: $0) }
        let survey = await SurveyRun(items: items, settings: settings, clock: scene.clock) { _ in source }.execute()
        // A copy shares what it has read, too.
        #expect(survey.items.map(\.failure) == [nil, nil])
        #expect(survey.items.map(\.manifests.count) == [2, 3])
    }

    /// A machine of several is pinned to what it reads here: by an old HEAD it would copy an old image.
    @Test(arguments: ["what nobody has", "what it named before", "nothing"])
    func `what a tag itself brings counts, whatever its HEAD names`(said: String) async throws {
        let (repository, tag) = (try Repository("a"), try OCI.Tag("1"))
        scene.source.add(two, to: repository)
        scene.source.add(one, to: repository, tag: tag)
        switch said {
        case "nothing": scene.source.hides(tag, in: repository)
        case "what it named before": scene.source.misnames(tag, in: repository, as: two.root.digest)
        default:
            scene.source.misnames(tag, in: repository, as: Digest(.sha256, hash: Array(repeating: 0xBB, count: 32)))
        }
        let survey = await survey([try .copying("a:1", to: "a:1")])
        #expect(survey.items.map(\.source) == [one.root.digest] && survey.items.map(\.root) == [one.root.digest])
        #expect(survey.items[0].failure == nil)
    }

    /// It serialises what it stored anew, and knows nothing by the digest of that.
    @Test func `what a registry gives by a tag is read, although it does not give it by its digest`() async throws {
        for name in ["1", "2"] { scene.source.add(one, to: try Repository("a"), tag: try OCI.Tag(name)) }
        scene.source.addFault { operation, _ in
            guard case .manifest(_, .digest) = operation else { return nil }
            return ContentFailure(.notFound, "404", status: 404)
        }
        let items = try ["a:1", "a:2", "a@\(one.root.digest)"].map { try TransferItem.copying($0, to: $0) }
        let survey = await survey(items)
        #expect(survey.items.prefix(2).map(\.failure) == [nil, nil] && survey.items[0].blobs.count == 3)
    }

    @Test func `what a copy would refuse cannot be read`() async throws {
        let lie = SampleImage(index: [("linux/amd64", one)], sizes: [one.root.digest: 5])
        scene.source.add(lie, to: try Repository("a"), tag: try OCI.Tag("1"))
        scene.source.add(SampleImage.schema1, to: try Repository("b"), tag: try OCI.Tag("1"))
        let survey = await survey([try .copying("a:1", to: "a:1"), try .copying("b:1", to: "b:1")])
        #expect(survey.items.map { $0.failure?.cause.kind } == [.corrupt, .unsupported])
    }
}
