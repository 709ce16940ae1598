// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// Worlds made by chance: images that share layers and repositories, indexes of indexes, signatures of signatures, content that the
/// source has lost, targets that have some of it. What a run and an audit say is held against what is there.
@Suite struct RandomWorldTests {
    /// The first worlds, and those of the first 3,000 that have found faults: manifests that wait for ever, content that the
    /// other source has, and referrers that only the other source has.
    static let seeds =
        Array(0..<120) + [
            121, 303, 364, 388, 435, 450, 502, 529, 530, 540, 592, 643, 799, 801, 1014, 1029, 1042, 1071, 1098, 1279,
            1305, 1336, 1468,
        ]

    @Test(arguments: seeds) func `what is said of an item is true, whatever else is copied`(seed: Int) async throws {
        let world = try RandomWorld(seed: UInt64(seed))
        let reports = await world.scene.run(world.items.map(\.transfer))
        #expect(reports.count == world.items.count)
        for (number, item) in world.items.enumerated() {
            let report = try #require(reports[number], "item \(number) has no end")
            let contradiction = world.contradiction(of: report, for: item)
            #expect(contradiction == nil, "item \(number): \(report.outcome); \(world.summary)")
        }
        world.scene.expectClean()

        let audits = await world.audit()
        for (number, item) in world.items.enumerated() where !world.hasLost(item.image.root.digest, in: item.source) {
            let isWhole = audits[number]?.status == .whole
            #expect(isWhole == world.isWholeAtTarget(item), "item \(number): \(String(describing: audits[number]))")
        }
        guard reports.values.allSatisfy({ $0.failure == nil }), world.scene.settings.existing != .ignored else {
            return
        }
        let before = world.scene.target.log.count
        let again = await world.scene.run(world.items.map(\.transfer))
        #expect(again.values.allSatisfy { $0.unchanged != nil }, "\(again.mapValues(\.outcome))")
        #expect(world.scene.target.log.dropFirst(before).allSatisfy { !$0.isWrite })
    }
}

/// A source, a target and a list, all of it from one seed.
private struct RandomWorld {
    struct Item {
        let image: SampleImage
        let source: Repository
        let target: Repository
        let tag: OCI.Tag
        /// What the target had under the tag.
        var former: Digest?
        let transfer: TransferItem
    }

    private struct Lost: Hashable {
        let digest: Digest
        let repository: Repository
    }

    private(set) var scene = Scene()
    private(set) var items: [Item] = []
    /// What is in each repository of the source, and what refers to that.
    private var images: [Repository: [SampleImage]] = [:]
    private var referrers: [Repository: [Digest: [SampleImage]]] = [:]
    private var lost: Set<Lost> = []
    private var chance: SeededGenerator

    init(seed: UInt64) throws {
        chance = SeededGenerator(seed: seed)
        scene.settings.requests.seed = seed
        scene.settings.referrers = [.new, .new, .all, .none].randomElement(using: &chance) ?? .new
        scene.settings.existing =
            [.trusted, .trusted, .trusted, .proven, .ignored].randomElement(using: &chance) ?? .trusted
        scene.settings.jobs = [1, 2, 8].randomElement(using: &chance) ?? 8
        scene.target.listsReferrers = happens(60)
        scene.target.mounts = happens(60) ? .works : .fallsThrough
        scene.target.isKnownToMount = false
        for name in ["a", "b"] { try fill(Repository(name)) }
        for repository in images.keys.sorted(by: { "\($0)" < "\($1)" }) { lose(in: repository) }
        for number in 0..<Int.random(in: 2...6, using: &chance) { try addItem(number) }
    }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 1...100, using: &chance) <= percent }

    // MARK: - The source

    private mutating func fill(_ repository: Repository) throws {
        let former = images.values.flatMap(\.self)
        var own = happens(50) ? former : []
        for number in 0..<Int.random(in: 2...4, using: &chance) {
            let layers = ["one", "two", "three", "four"].filter { _ in happens(50) }
            own.append(SampleImage(layers: layers, name: "\(repository)\(number)"))
        }
        for number in 0..<Int.random(in: 1...3, using: &chance) {
            let children = (0..<Int.random(in: 1...3, using: &chance)).compactMap { _ in
                own.randomElement(using: &chance)
            }
            own.append(SampleImage(index: children.map { ("linux/\(repository)\(number)", $0) }))
        }
        for (number, image) in own.enumerated() {
            scene.source.add(image, to: repository, tag: try OCI.Tag("t\(number)"))
        }
        images[repository] = own
        var subjects = own
        for number in 0..<Int.random(in: 0...3, using: &chance) {
            guard let subject = subjects.randomElement(using: &chance) else { continue }
            let signature = SampleImage(about: subject.root, layers: ["signature \(number) in \(repository)"])
            scene.source.add(signature, to: repository)
            referrers[repository, default: [:]][subject.root.digest, default: []].append(signature)
            subjects.append(signature)
        }
    }

    private mutating func lose(in repository: Repository) {
        let own = images[repository] ?? []
        if happens(35), let digest = own.flatMap(\.blobs.keys).sorted().randomElement(using: &chance) {
            scene.source.remove(digest, from: repository)
            lost.insert(Lost(digest: digest, repository: repository))
        }
        if happens(30), let digest = own.flatMap(\.manifests).randomElement(using: &chance)?.digest {
            scene.source.remove(manifest: digest, from: repository)
            lost.insert(Lost(digest: digest, repository: repository))
        }
    }

    // MARK: - The list

    private mutating func addItem(_ number: Int) throws {
        guard let source = images.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &chance),
            let place = images[source]?.indices.randomElement(using: &chance), let image = images[source]?[place]
        else { return }
        let target = try Repository("m/\(happens(50) ? "x" : "y")")
        let tag = try OCI.Tag("v\(number)")
        var item = Item(
            image: image, source: source, target: target, tag: tag,
            transfer: try .copying("\(source):t\(place)", to: "\(target):v\(number)"))
        if happens(25) {
            let has = happens(50)
            scene.target.add(image, to: target, tag: has ? tag : try OCI.Tag("other\(number)"))
            if has { item.former = image.root.digest }
        } else if happens(15) {
            let other = SampleImage(layers: ["before"], name: "before")
            scene.target.add(other, to: target, tag: tag)
            item.former = other.root.digest
        }
        items.append(item)
    }

    /// For people who look for the reason of a failure.
    var summary: String {
        let lines = items.map { item in
            let parts = item.image.manifests.map(\.digest.short).joined(separator: " ")
            let all = wanted(of: item).map { "\($0.root.digest.short)" }.joined(separator: " ")
            let missing = item.image.manifests.filter { scene.target.content($0.digest, in: item.target) == nil }
            let unsigned = wanted(of: item).filter { !scene.target.contains($0, in: item.target) }
            return "\(item.source) -> \(item.target):\(item.tag) of \(parts), referrers \(all), before "
                + "\(item.former?.short ?? "-"), lacks \(missing.map(\.digest.short)) and \(unsigned.map(\.root.digest.short))"
        }
        let settings = scene.settings
        return
            "\(settings.referrers.scope) \(settings.existing) jobs \(settings.jobs) API \(scene.target.listsReferrers) "
            + "mounts \(scene.target.mounts), lost \(lost.map { "\($0.repository) \($0.digest.short)" })\n"
            + lines.joined(separator: "\n")
    }

    // MARK: - The truth

    func hasLost(_ digest: Digest, in repository: Repository) -> Bool {
        lost.contains(Lost(digest: digest, repository: repository))
    }

    private func isWhole(_ image: SampleImage, in repository: Repository) -> Bool {
        image.blobs.keys.allSatisfy { !hasLost($0, in: repository) }
            && image.manifests.allSatisfy { !hasLost($0.digest, in: repository) }
    }

    /// What refers to an image, to that, and with `all` to the images below it.
    private func wanted(of item: Item) -> [SampleImage] {
        guard scene.settings.referrers.scope != .none else { return [] }
        let known = referrers[item.source] ?? [:]
        let roots =
            scene.settings.referrers.scope == .all ? item.image.manifests.map(\.digest) : [item.image.root.digest]
        var (found, waiting): ([SampleImage], [Digest]) = ([], roots)
        while let next = waiting.popLast() {
            for one in known[next] ?? [] where !found.contains(where: { $0.root.digest == one.root.digest }) {
                found.append(one)
                waiting.append(one.root.digest)
            }
        }
        return found
    }

    func isWholeAtTarget(_ item: Item) -> Bool {
        scene.target.digest(of: item.tag, in: item.target) == item.image.root.digest
            && scene.target.contains(item.image, in: item.target)
            && wanted(of: item).allSatisfy { scene.target.contains($0, in: item.target) }
    }

    /// nil where what is said is so.
    func contradiction(of report: ItemReport, for item: Item) -> String? {
        let (has, digest) = (scene.target.digest(of: item.tag, in: item.target), item.image.root.digest)
        switch report.outcome {
        case .copied(let told):
            return told == digest && isWholeAtTarget(item) ? nil : "it is not whole there"
        case .unchanged(let told):
            guard told == digest, item.former == digest, has == digest else { return "it was not there before" }
            return scene.settings.referrers.scope != .all || isWholeAtTarget(item) ? nil : "a referrer is missing"
        case .kept: return "nothing was to be kept"
        case .failed(let failure):
            if failure.cause.message.contains("fault of this program") { return "it was forgotten" }
            let isWhole = isWhole(item.image, in: item.source)
            return isWhole && wanted(of: item).allSatisfy { self.isWhole($0, in: item.source) }
                ? "nothing is missing" : nil
        }
    }

    func audit() async -> [ItemID: AuditReport] {
        let (source, target) = (scene.source, scene.target)
        let audit = Audit(
            settings: scene.settings, clock: scene.clock, inspector: nil,
            stores: RunStores { store, _ in store == "target" ? target : source })
        let subjects = items.map { AuditItem(source: $0.transfer.source, target: $0.transfer.target) }
        let reports = await audit.execute(subjects)
        return Dictionary(
            uniqueKeysWithValues: zip(items.indices, reports).compactMap { item, report in report.map { (item, $0) } })
    }
}

extension MemoryStore.Operation {
    fileprivate var isWrite: Bool {
        switch self {
        case .put, .commit, .upload, .append: true
        default: false
        }
    }
}
