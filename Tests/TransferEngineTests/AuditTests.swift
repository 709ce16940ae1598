// SPDX-License-Identifier: Apache-2.0

import Content
import ImageFixtures
import LayerVerification
import OCI
import ProtocolCases
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

/// Looking at what is at a target, between stores in memory.
@Suite struct AuditTests {
    let scene: Scene

    init() { scene = Scene() }

    private func audit(
        _ items: [AuditItem], _ inspector: LayerInspector? = nil, _ settings: TransferSettings? = nil
    ) async -> [Int: AuditReport] {
        let (source, target) = (scene.source, scene.target)
        let audit = Audit(
            settings: settings ?? scene.settings, clock: scene.clock, inspector: inspector,
            stores: RunStores { store, _ in store == "target" ? target : source })
        let reports = await audit.execute(items)
        return Dictionary(
            uniqueKeysWithValues: zip(items.indices, reports).compactMap { item, report in
                report.map { (item, $0) }
            })
    }

    private func item(_ name: String) throws -> AuditItem {
        AuditItem(source: try .parsing(name, in: "source"), target: try .parsing("m/" + name, in: "target"))
    }

    /// The image at both ends.
    private func place(_ image: SampleImage, _ name: String) throws -> AuditItem {
        scene.source.add(image, to: try Repository(name), tag: .latest)
        scene.target.add(image, to: try Repository("m/" + name), tag: .latest)
        return try item(name)
    }

    private static let index = SampleImage(index: [
        ("linux/amd64", SampleImage(layers: ["base", "amd"])), ("linux/arm64", SampleImage(layers: ["base", "arm"])),
    ])

    @Test func `a whole image is whole, asked for with one request a blob and none at the source but its tag's`()
        async throws
    {
        let item = try place(Self.index, "app")
        let report = try #require(await audit([item])[0])
        #expect(report.isComplete && report.digest == Self.index.root.digest)
        #expect(report.findings.manifests == 3 && report.findings.bytesRead == 0)
        #expect(scene.source.log.count == 1 && scene.source.count(where: \.isSummary) == 1)
        #expect(scene.target.count { if case .hasBlob = $0 { true } else { false } } == Self.index.blobs.count)
    }

    @Test func `a missing blob and a missing child are named`() async throws {
        let item = try place(Self.index, "app")
        let blob = ContentHash.digest(of: Array("arm".utf8))
        scene.target.remove(blob, from: try Repository("m/app"))
        let report = try #require(await audit([item])[0])
        #expect(report.findings.problemCount == 1)
        let problem = try #require(report.findings.problems.first)
        #expect(problem.side == .target && problem.cause.kind == .notFound)
        #expect(problem.cause.message.contains(blob.text), "\(problem)")
    }

    @Test(.covers("L20")) func `a tag that is another image than the source's is found out`() async throws {
        let item = try place(SampleImage(layers: ["new"]), "app")
        scene.target.add(SampleImage(layers: ["old"]), to: try Repository("m/app"), tag: .latest)
        let report = try #require(await audit([item])[0])
        #expect(report.status == .different && report.digest == SampleImage(layers: ["old"]).root.digest)
        #expect(report.findings.problems.first?.cause.kind == .inconsistent)
    }

    @Test func `what the source has under another name by now was copied before its tag moved`() async throws {
        let (old, new) = (SampleImage(layers: ["old"]), SampleImage(layers: ["new"]))
        let item = try place(old, "app")
        scene.source.add(new, to: try Repository("app"), tag: .latest)
        let moved = try #require(await audit([item])[0])
        #expect(moved.status == .moved && moved.digest == old.root.digest)
        // A list that names the digest means that digest, and nothing else.
        var pinned = item
        pinned.source?.digest = new.root.digest
        #expect(await audit([pinned])[0]?.status == .different)
    }

    @Test func `a source that does not say whether it had the target's image leaves the answer open`() async throws {
        let old = SampleImage(layers: ["old"])
        let item = try place(old, "app")
        scene.source.add(SampleImage(layers: ["new"]), to: try Repository("app"), tag: .latest)
        let digest = old.root.digest
        scene.source.addFault { request, _ in
            guard case .summary(_, .digest(digest)) = request else { return nil }
            return ContentFailure(.denied, "403", status: 403)
        }
        let report = try #require(await audit([item])[0])
        #expect(report.status == .failed && report.findings.problems.first?.side == .source)
        #expect(report.digest == digest)
    }

    @Test func `absent, incomplete and not known are three answers`() async throws {
        let absent = try item("none")
        scene.source.add(SampleImage(layers: ["n"]), to: try Repository("none"), tag: .latest)
        let incomplete = try place(SampleImage(layers: ["i"]), "half")
        scene.target.remove(ContentHash.digest(of: Array("i".utf8)), from: try Repository("m/half"))
        let closed = try place(SampleImage(layers: ["c"]), "closed")
        let repository = try Repository("m/closed")
        scene.target.addFault { request, _ in
            guard case .manifest(repository, _) = request else { return nil }
            return ContentFailure(.denied, "403", status: 403)
        }
        let reports = await audit([absent, incomplete, closed])
        #expect((0..<3).map { reports[$0]?.status } == [.absent, .incomplete, .failed])
    }

    @Test func `a tag nobody copied is missing`() async throws {
        scene.source.add(SampleImage(layers: ["x"]), to: try Repository("app"), tag: .latest)
        let report = try #require(await audit([try item("app")])[0])
        #expect(report.findings.problems.first?.cause.kind == .notFound)
    }

    @Test func `an image alone is looked at where it is`() async throws {
        _ = try place(Self.index, "app")
        let report = await audit([AuditItem(source: nil, target: try .parsing("m/app", in: "target"))])[0]
        #expect(report?.isComplete == true && report?.digest == Self.index.root.digest)
        #expect(scene.source.log.isEmpty)
    }

    @Test func `with a platform, the target must have the index's child`() async throws {
        scene.source.add(Self.index, to: try Repository("app"), tag: .latest)
        let child = SampleImage(layers: ["base", "arm"])
        scene.target.add(child, to: try Repository("m/app"), tag: .latest)
        var item = try item("app")
        item.platforms = try .of("linux/arm64")
        #expect(await audit([item])[0]?.digest == child.root.digest)
    }

    @Test func `what many images share is asked for once in each repository`() async throws {
        var items: [AuditItem] = []
        for number in 0..<20 {
            let image = SampleImage(layers: ["shared", "own \(number)"], name: "\(number)")
            let tag = try Tag("v\(number)")
            scene.source.add(image, to: try Repository("app"), tag: tag)
            scene.target.add(image, to: try Repository("m/app"), tag: tag)
            items.append(try self.item("app:v\(number)"))
        }
        let reports = await audit(items)
        #expect(reports.count == 20 && reports.values.allSatisfy(\.isComplete))
        #expect(scene.target.count { if case .hasBlob = $0 { true } else { false } } == 41)
    }

    @Test func `a store that stumbles is asked again, and asked for no more than it may be at once`() async throws {
        var scene = scene
        scene.settings.requests.connectionsPerStore = 2
        let audits = AuditTests(scene: scene)
        let item = try audits.place(Self.index, "app")
        scene.target.addFault { _, earlier in
            earlier == 0 ? ContentFailure(.unavailable, "503", retry: .later, status: 503) : nil
        }
        let report = await audits.audit([item])[0]
        #expect(report?.isComplete == true)
        #expect(scene.target.mostRunning <= 2)
    }

    // MARK: - Referrers

    @Test func `a referrer that the target has lost is missed, and what refers to it is looked at, too`() async throws {
        var settings = scene.settings
        settings.referrers = .all
        let image = SampleImage(layers: ["app"])
        let attestation = SampleImage(about: image.root, layers: ["provenance"])
        let signature = SampleImage(about: attestation.root, layers: ["signature"])
        let item = try place(image, "app")
        let (app, mirror) = (try Repository("app"), try Repository("m/app"))
        for referrer in [attestation, signature] {
            scene.source.add(referrer, to: app)
            scene.target.add(referrer, to: mirror)
        }
        #expect(await audit([item], nil, settings)[0]?.findings.manifests == 3)
        scene.target.remove(ContentHash.digest(of: Array("signature".utf8)), from: mirror)
        let blob = try #require(await audit([item], nil, settings)[0])
        #expect(blob.status == .incomplete && blob.findings.problemCount == 1)
        scene.target.remove(manifest: signature.root.digest, from: mirror)
        let report = try #require(await audit([item], nil, settings)[0])
        let problem = try #require(report.findings.problems.first)
        #expect(report.status == .incomplete && report.findings.problemCount == 1)
        #expect(problem.cause.message.contains(signature.root.digest.text), "\(problem)")
        // Nobody asked for them.
        #expect(await audit([item])[0]?.status == .whole)
    }

    // MARK: - Reading

    private func layered(_ layers: [FixtureLayer], _ change: ([UInt8]) -> [UInt8] = { $0 }) -> SampleImage {
        let texts = layers.map { "\"\($0.diffID)\"" }.joined(separator: ",")
        let type: MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
        return SampleImage(
            config: Array("{\"rootfs\":{\"diff_ids\":[\(texts)]}}".utf8),
            layers: layers.map { (type, change($0.blob.content.bytes)) })
    }

    private static func layer(_ name: String) -> FixtureLayer {
        FixtureLayer([.text(name, "content of \(name)\n")])
    }

    private var inspector: LayerInspector { LayerInspector(.diffid, workers: InflateWorkers(threads: 1)) }

    @Test func `read closely, each blob is read once and every layer checked`() async throws {
        let (base, a, b) = (Self.layer("base"), Self.layer("a"), Self.layer("b"))
        let items = [try place(layered([base, a]), "a"), try place(layered([base, b]), "b")]
        let inspector = inspector
        let reports = await audit(items, inspector)
        #expect(reports.values.allSatisfy(\.isComplete) && reports.count == 2)
        #expect(scene.target.count(where: \.isBlobGet) == 5)
        #expect(inspector.tally == LayerTally(checked: 3))
        #expect(reports[0]?.findings.layers == LayerTally(checked: 2))
        let read = reports.values.reduce(0) { $0 + $1.findings.bytesRead }
        let unique = layered([base, a]).blobs.merging(layered([base, b]).blobs) { first, _ in first }
        #expect(read == unique.values.reduce(0) { $0 + Int64($1.count) })
    }

    @Test func `the bytes that are read are known beforehand, and each counts once however many images share it`()
        async throws
    {
        let (base, a, b) = (Self.layer("base"), Self.layer("a"), Self.layer("b"))
        let items = [
            try place(SampleImage(index: [("linux/amd64", layered([base, a]))]), "a"),
            try place(layered([base, b]), "b"),
        ]
        let (source, target, meter) = (scene.source, scene.target, TransferMeter())
        var audit = Audit(
            settings: scene.settings, clock: scene.clock, inspector: inspector,
            stores: RunStores { store, _ in store == "target" ? target : source })
        audit.meter = meter
        let reports = await audit.execute(items)
        #expect(reports.allSatisfy { $0?.isComplete == true })
        let read = reports.reduce(Int64(0)) { $0 + ($1?.findings.bytesRead ?? 0) }
        let state = await meter.plan()
        #expect(read > 0 && state.reading == ReadingState(planned: read, ended: read))
        #expect(state.manifestsUnread == 0 && state.manifestsRead == 3)
        #expect(meter.bytesMoved == read && meter.traffic["target"]?.read == read)
        #expect(meter.traffic["target"]?.written == 0)
    }

    @Test(arguments: [1, 8])
    func `with new, an index is whole without what its images lack that are items as well; nothing is read twice`(
        jobs: Int
    ) async throws {
        let child = layered([Self.layer("base"), Self.layer("a")])
        let index = SampleImage(index: [("linux/amd64", child)])
        let items = [try item("app:child"), try place(index, "app"), try item("app:child")]
        scene.source.add(child, to: try Repository("app"), tag: try OCI.Tag("child"))
        scene.target.add(child, to: try Repository("m/app"), tag: try OCI.Tag("child"))
        scene.source.add(SampleImage(about: child.root, layers: ["signature"]), to: try Repository("app"))
        var settings = scene.settings
        (settings.referrers, settings.jobs) = (.new, jobs)
        let reports = await audit(items, inspector, settings)
        #expect((0..<3).map { reports[$0]?.isComplete } == [false, true, false])
        settings.referrers = .all
        #expect(await audit(items, inspector, settings)[1]?.isComplete == false)
        let read = reports.values.reduce(0) { $0 + $1.findings.bytesRead }
        #expect(read == index.blobs.values.reduce(0) { $0 + Int64($1.count) })
    }

    @Test func `the target is read by the name that people pull, once`() async throws {
        let item = try place(SampleImage(layers: ["a"]), "a")
        let old = SampleImage(layers: ["old"], name: "old")
        #expect(await audit([item])[0]?.isComplete == true)
        #expect(scene.target.count { if case .manifest(_, .tag) = $0 { true } else { false } } == 1)
        #expect(scene.target.count { $0.isSummary || $0.isManifestGet } == 1)
        // What a cache says of the tag is one thing, what it gives another.
        scene.target.add(old, to: try Repository("m/a"), tag: .latest)
        scene.target.misnames(.latest, in: try Repository("m/a"), as: SampleImage(layers: ["a"]).root.digest)
        #expect(await audit([item])[0]?.findings.problems.first?.cause.kind == .inconsistent)
    }

    @Test func `bytes that rotted at the target are found only by reading`() async throws {
        let layer = Self.layer("a")
        let item = try place(layered([layer]), "a")
        scene.target.alter(layer.blob.descriptor.digest) { bytes, _ in bytes.map { $0 ^ 1 } }
        #expect(await audit([item])[0]?.isComplete == true)
        let problem = await audit([item], inspector)[0]?.findings.problems.first
        #expect(problem?.cause.kind == .corrupt && problem?.attempts == 4)
    }

    @Test func `a layer that does not unpack, and one the config does not mean, are found`() async throws {
        let damaged = try place(layered([Self.layer("a")]) { $0.dropLast(1) }, "damaged")
        var wrong = layered([Self.layer("b")])
        let config = Array("{\"rootfs\":{\"diff_ids\":[\"\(Self.layer("c").diffID)\"]}}".utf8)
        wrong = SampleImage(
            config: config,
            layers: [("application/vnd.oci.image.layer.v1.tar+gzip", Self.layer("b").blob.content.bytes)])
        let reports = await audit([damaged, try place(wrong, "wrong")], inspector)
        #expect(reports[0]?.findings.problems.first?.cause.kind == .corrupt)
        #expect(reports[1]?.findings.problems.first?.cause.kind == .inconsistent)
    }
}

// MARK: - One blob in several repositories

extension AuditTests {
    private static let gzip: MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"

    /// The same image in two repositories, one after the other.
    private func pair() throws -> (items: [AuditItem], blob: Digest) {
        let layer = Self.layer("shared")
        let items = [try place(layered([layer]), "a"), try place(layered([layer]), "b")]
        return (items, layer.blob.descriptor.digest)
    }

    private var oneByOne: TransferSettings {
        var settings = scene.settings
        settings.jobs = 1
        return settings
    }

    @Test(arguments: [1, 32], [false, true])
    func `a repository that lacks a blob is incomplete, and no other one`(jobs: Int, isLast: Bool) async throws {
        let (items, blob) = try pair()
        scene.target.remove(blob, from: try Repository("m/a"))
        var settings = scene.settings
        settings.jobs = jobs
        let reports = await audit(isLast ? items.reversed() : items, inspector, settings)
        let (a, b) = (reports[isLast ? 1 : 0], reports[isLast ? 0 : 1])
        #expect(a?.status == .incomplete && b?.status == .whole)
        #expect(b?.findings.layers == LayerTally(checked: 1))
    }

    @Test(arguments: [1, 32]) func `what one repository refuses is read in the next`(jobs: Int) async throws {
        let (items, blob) = try pair()
        let closed = try Repository("m/a")
        let isRefused = Mutex(false)
        scene.target.addFault { operation, _ in
            guard case .blob(closed, blob, _) = operation else { return nil }
            isRefused.withLock { $0 = true }
            return ContentFailure(.denied, "403", status: 403)
        }
        var settings = scene.settings
        settings.jobs = jobs
        let reports = await audit(items, inspector, settings)
        // At once, the other repository's manifest may be the first that is read. Then this one is not asked for the bytes.
        let isFirst = isRefused.withLock { $0 }
        #expect(reports[0]?.status == (isFirst ? .failed : .whole) && (isFirst || jobs > 1))
        #expect(reports[1]?.status == .whole)
        #expect(reports[1]?.findings.problemCount == 0)
    }

    @Test func `what was right in one repository is read in no other, which is asked whether it has it`() async throws {
        let (items, blob) = try pair()
        let reports = await audit(items, inspector, oneByOne)
        #expect(reports.values.allSatisfy(\.isComplete) && reports.count == 2)
        #expect(scene.target.count { if case .blob(_, blob, _) = $0 { true } else { false } } == 1)
        #expect(scene.target.count { if case .hasBlob(_, blob) = $0 { true } else { false } } == 1)
    }

    @Test(arguments: [false, true], ["file", "layer"])
    func `a cut layer is found out, and the file of the same bytes is right, whichever is read first`(
        isLast: Bool, repository: String
    ) async throws {
        let cut = Array(Self.layer("a").blob.content.bytes.dropLast())
        let config = Array("{\"rootfs\":{\"diff_ids\":[\"\(Self.layer("a").diffID)\"]}}".utf8)
        let image = SampleImage(config: config, layers: [(Self.gzip, cut)])
        let artifact = SampleImage(config: config, layers: [("application/vnd.acme.file", cut)])
        func add(_ image: SampleImage, _ name: String) throws -> AuditItem {
            scene.source.add(image, to: try Repository(repository), tag: try OCI.Tag(name))
            scene.target.add(image, to: try Repository("m/" + repository), tag: try OCI.Tag(name))
            return try item("\(repository):\(name)")
        }
        let items = [try add(artifact, "file"), try add(image, "layer")]
        let reports = await audit(isLast ? items.reversed() : items, inspector, oneByOne)
        let (file, layer) = (reports[isLast ? 1 : 0], reports[isLast ? 0 : 1])
        #expect(file?.status == .whole && layer?.status == .incomplete)
        #expect(layer?.findings.problems.first?.cause.kind == .corrupt)
    }
}

extension AuditTests {
    fileprivate init(scene: Scene) { self.scene = scene }

    @Test func `a digest that a HEAD names and nobody has says nothing of a copy`() async throws {
        let item = try place(Self.index, "app")
        let invented = Digest(.sha256, hash: Array(repeating: 0xBB, count: 32))
        scene.source.misnames(.latest, in: try Repository("app"), as: invented)
        #expect(await audit([item])[0]?.status == .whole)
        #expect(scene.source.count(where: \.isManifestGet) == 1)
    }

    @Test func `an old digest from a HEAD says nothing of a copy that is newer`() async throws {
        let old = SampleImage(layers: ["old"], name: "old")
        let item = try place(Self.index, "app")
        scene.source.add(old, to: try Repository("app"), tag: try OCI.Tag("before"))
        scene.source.misnames(.latest, in: try Repository("app"), as: old.root.digest)
        #expect(await audit([item])[0]?.status == .whole)
        #expect(scene.source.log.count == 2)
    }

    /// A name by another algorithm is neither equal nor different.
    @Test func `equal bytes are whole, whichever algorithm names them`() async throws {
        var item = try place(Self.index, "app")
        let named = Self.index.namedBySHA512
        scene.source.add(named, to: try Repository("app"))
        item.source?.digest = named.root.digest
        #expect(await audit([item])[0]?.status == .whole)
        item.target.digest = named.root.digest
        #expect(await audit([item])[0]?.status == .whole)
        item.source?.digest = SampleImage(layers: ["other"]).namedBySHA512.root.digest
        #expect(await audit([item])[0]?.status == .different)
    }

    @Test func `a source's tag that a HEAD does not find is read`() async throws {
        let item = try place(Self.index, "app")
        scene.source.hides(.latest, in: try Repository("app"))
        #expect(await audit([item])[0]?.status == .whole)
        let gone = try self.item("gone")
        scene.target.add(Self.index, to: try Repository("m/gone"), tag: .latest)
        let report = try #require(await audit([gone])[0])
        #expect(report.status == .failed && report.findings.problems.first?.cause.kind == .notFound)
        #expect(report.findings.problems.first?.side == .source)
    }

    @Test func `where pulls are counted none is spent on a difference`() async throws {
        var settings = scene.settings
        settings.requests.countedSources = ["source"]
        let item = try place(SampleImage(layers: ["old"]), "app")
        scene.source.add(SampleImage(layers: ["new"]), to: try Repository("app"), tag: .latest)
        #expect(await audit([item], nil, settings)[0]?.status == .moved)
        #expect(scene.source.count(where: \.isManifestGet) == 0)
    }

    @Test func `the digest beside a target's tag is held`() async throws {
        let other = SampleImage(layers: ["two"], name: "two")
        var item = try place(Self.index, "app")
        item.target.digest = Self.index.root.digest
        #expect(await audit([item])[0]?.status == .whole)
        item.target.digest = other.root.digest
        #expect(await audit([item])[0]?.status == .different)
        item.source = nil
        #expect(await audit([item])[0]?.status == .different)
    }

    @Test func `a damaged manifest under the target's name is no image of which nothing is known`() async throws {
        let item = try place(Self.index, "app")
        scene.target.addFault { operation, _ in
            operation.isManifestGet ? ContentFailure(.corrupt, "it does not match its name") : nil
        }
        #expect(await audit([item])[0]?.status == .incomplete)
    }

    @Test func `a list of referrers that cannot be read leaves the answer open`() async throws {
        var settings = scene.settings
        settings.referrers = .all
        let item = try place(SampleImage(layers: ["app"]), "app")
        scene.source.alterLists { _ in [.object(["digest": "blake3:ab", "size": 2])] }
        let report = try #require(await audit([item], nil, settings)[0])
        #expect(report.status == .failed && report.findings.problems.first?.side == .source)
    }

    @Test func `a whole index in the place of one platform's image is different, and nothing has moved`() async throws {
        var item = try place(Self.index, "app")
        item.platforms = try .of("linux/arm64")
        let report = try #require(await audit([item])[0])
        #expect(report.status == .different)
        #expect(report.findings.problems.first?.cause.message.contains("whole index") == true)
    }

    @Test func `a child that is not as long as its index says makes the index incomplete`() async throws {
        let child = SampleImage(layers: ["c"])
        let item = try place(SampleImage(index: [("linux/amd64", child)], sizes: [child.root.digest: 5]), "app")
        let report = try #require(await audit([item])[0])
        #expect(report.status == .incomplete)
        #expect(report.findings.problems.first?.cause.message.contains("its index says 5") == true)
    }

    @Test func `nothing is said of a manifest of schema 1`() async throws {
        let item = try place(SampleImage.schema1, "app")
        let report = try #require(await audit([item])[0])
        #expect(report.status == .failed && report.findings.problems.first?.cause.kind == .unsupported)
    }

    @Test func `a list of referrers that has all of the source's is whole, whatever else it has`() async throws {
        let (theirs, ours) = (SampleImage(layers: ["theirs"], name: "t"), SampleImage(layers: ["ours"], name: "o"))
        let tag = "sha256-" + String(repeating: "ab", count: 32)
        func list(_ images: [SampleImage]) -> SampleImage { SampleImage(index: images.map { ("unknown/unknown", $0) }) }
        scene.source.add(list([theirs]), to: try Repository("app"), tag: try OCI.Tag(tag))
        let item = try item("app:" + tag)
        scene.target.add(list([ours, theirs]), to: try Repository("m/app"), tag: try OCI.Tag(tag))
        #expect(await audit([item])[0]?.status == .whole)
        scene.target.add(list([ours]), to: try Repository("m/app"), tag: try OCI.Tag(tag))
        #expect(await audit([item])[0]?.status == .different)
    }
}
