// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

extension JitterSource {
    fileprivate mutating func isLucky(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Images that share blobs and children in every way, and a target that has some of them.
private struct World {
    var numbers: JitterSource
    var manifests: [ManifestContent] = []
    var items: [TransferItem] = []
    var tags: [SourceTag: ManifestContent] = [:]
    /// What the target has, by repository.
    var blobs: Set<BlobPlace> = []
    var stored: Set<ManifestPlace> = []
    var named: [String: Digest] = [:]
    let mounts: Bool
    /// Of a hundred answers, so many are failures.
    let failures: Int
    var broken: [String] = []
    /// Sessions that were opened to prove that a repository takes blobs, until they are used or ended.
    var sessions: Set<String> = []

    init(seed: UInt64) throws {
        numbers = JitterSource(seed: seed)
        mounts = numbers.isLucky(50)
        failures = [0, 5, 30].randomElement(using: &numbers) ?? 0
        let images = (0..<8).map { number in
            SampleImage(
                layers: (0..<12).filter { _ in numbers.isLucky(30) }.map { "layer \($0)" }, name: "\(number % 6)")
        }
        var all = images
        for _ in 0..<5 {
            let children = (0..<Int.random(in: 1...4, using: &numbers)).map { _ in
                ("linux/amd64", all.randomElement(using: &numbers) ?? images[0])
            }
            all.append(SampleImage(index: children))
        }
        var known: Set<Digest> = []
        manifests = all.flatMap(\.manifests).filter { known.insert($0.digest).inserted }
        for number in 0..<12 {
            let image = all.randomElement(using: &numbers) ?? images[0]
            let item = try TransferItem.copying(
                "app\(number % 3):\(number)", to: "m/app\(number % 4):\(number % 9)",
                from: number % 5 == 0 ? "other" : "source")
            items.append(item)
            tags[item.source.sourceTag] = image.root
            if numbers.isLucky(30) { fill(item.target.repository, with: image) }
        }
    }

    private mutating func fill(_ repository: Repository, with image: SampleImage) {
        for digest in image.blobs.keys where numbers.isLucky(90) {
            blobs.insert(BlobPlace(store: "target", repository: repository, digest: digest))
        }
        for manifest in image.manifests where image.blobs.keys.allSatisfy({ has($0, repository) }) {
            stored.insert(ManifestPlace(store: "target", repository: repository, digest: manifest.digest))
        }
    }

    private func has(_ digest: Digest, _ repository: Repository) -> Bool {
        blobs.contains(BlobPlace(store: "target", repository: repository, digest: digest))
    }

    private func isStored(_ digest: Digest, _ repository: Repository) -> Bool {
        stored.contains(ManifestPlace(store: "target", repository: repository, digest: digest))
    }

    // MARK: Answers

    mutating func answer(to task: CopyRequest) -> CopyAnswer {
        // Whatever comes of it.
        if let session = task.session { sessions.remove(session.location) }
        if numbers.isLucky(failures) { return .failed(failure(of: task)) }
        switch task {
        case .probeTarget(_, let repository, let selector):
            return summary(named["\(repository):\(selector)"])
        case .findManifest(let place):
            return summary(isStored(place.digest, place.repository) ? place.digest : nil)
        case .resolveTag(let tag): return summary(tags[tag]?.digest)
        case .fetchManifest(let store, let repository, let selector): return manifest(store, repository, selector)
        case .mount(let place, _, _, asksFirst: true) where blobs.contains(place): return .present
        case .mount(let place, _, let origin, _):
            guard mounts, has(place.digest, origin) else { return session(place.repository) }
            blobs.insert(place)
            return .mounted
        case .proveMounts(let place, _): return .mounts(mounts && blobs.contains(place))
        case .findBlob(let upload): return blobs.contains(upload.place) ? .present : .absent
        case .fetchBlob: return .blob(FetchedBlob())
        case .upload(let upload), .storeBlob(let upload, _): return put(upload)
        case .proveWritable(let place): return proof(in: place.repository)
        case .storeManifest(let place, let manifest, let selector, _): return put(manifest.content, place, selector)
        default: return .stored()
        }
    }

    private func summary(_ digest: Digest?) -> CopyAnswer {
        .summary(digest.map { ManifestSummary(digest: $0, mediaType: .ociManifest, size: nil) })
    }

    private func session(_ repository: Repository) -> CopyAnswer {
        .session(UploadSession(location: "s", repository: repository), mountRefused: false)
    }

    private mutating func proof(in repository: Repository) -> CopyAnswer {
        let location = "proof \(repository)"
        if !sessions.insert(location).inserted { broken.append("\(location) was asked for twice") }
        return .session(UploadSession(location: location, repository: repository), mountRefused: false)
    }

    private func manifest(
        _ store: StoreID, _ repository: Repository, _ selector: ManifestSelector
    ) -> CopyAnswer {
        switch selector {
        case .tag(let tag):
            tags[SourceTag(store: store, repository: repository, tag: tag)].map { .manifest($0) } ?? missing
        case .digest(let digest): manifests.first { $0.digest == digest }.map { .manifest($0) } ?? missing
        }
    }

    private var missing: CopyAnswer {
        .failed(TransferFailure(ContentFailure(.notFound, "404"), side: .source))
    }

    private mutating func put(_ upload: BlobUpload) -> CopyAnswer {
        if blobs.contains(upload.place), upload.question == .head || (mounts && upload.session == nil) {
            return .present
        }
        blobs.insert(upload.place)
        return .sent(mountRefused: false, resumedAt: nil)
    }

    /// Nobody may see a manifest before all that it points at.
    private mutating func put(
        _ content: ManifestContent, _ place: ManifestPlace, _ selector: ManifestSelector
    ) -> CopyAnswer {
        guard let manifest = try? Manifest(content.bytes, contentType: content.mediaType) else { return .stored() }
        let lacks =
            manifest.blobs.contains { !has($0.digest, place.repository) }
            || manifest.children.contains { !isStored($0.digest, place.repository) }
        if lacks { broken.append("\(selector) of \(place.repository) came before its content") }
        stored.insert(place)
        if case .tag(let tag) = selector { named["\(place.repository):\(tag)"] = content.digest }
        return .stored()
    }

    private mutating func failure(of task: CopyRequest) -> TransferFailure {
        let side: TransferSide =
            task.lanes.reading == nil || numbers.isLucky(30) && task.lanes.writing != nil ? .target : .source
        let cause: ContentFailure =
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: ContentFailure(.notFound, "404", status: 404)
            case 1: ContentFailure(.denied, "403", status: 403)
            case 2: ContentFailure(.unavailable, "503", retry: .later, status: 503)
            default: ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(20)), status: 429)
            }
        return TransferFailure(cause, side: side)
    }
}

extension CopyRequest {
    /// The session that it uses up or ends.
    fileprivate var session: UploadSession? {
        switch self {
        case .upload(let upload), .storeBlob(let upload, _): upload.session
        case .cancelSession(_, let session): session
        default: nil
        }
    }
}

@Suite struct MachineEndsTests {
    /// Plays a run to its end, works finishing in any order.
    private func play(_ world: inout World, _ machine: inout TransferMachine) -> Bool {
        var (now, running) = (Duration.zero, [Queued<CopyRequest>]())
        for _ in 0..<50_000 {
            // What nobody wants any more leaves the queue when its turn comes.
            if machine.isDone, machine.requests.isEmpty { return true }
            while running.count < 6, let work = machine.next(now: now) { running.append(work) }
            if let position = running.indices.randomElement(using: &world.numbers) {
                let work = running.remove(at: position)
                machine.finish(work, world.answer(to: work.request), now: now)
            } else if let deadline = machine.requests.nextDeadline {
                now = max(deadline, now + .milliseconds(1))
            } else {
                return machine.isDone
            }
        }
        return false
    }

    /// Blobs that were planned and neither placed nor given up, or more often than they were planned.
    private func openBlobs(_ events: [TransferEvent]) -> [TargetBlob: Int] {
        var open: [TargetBlob: Int] = [:]
        for event in events {
            switch event {
            case .planned(let blob, let store): open[TargetBlob(store: store, digest: blob.digest), default: 0] += 1
            case .blobPlaced(_, let blob, _, let store, _), .givenUp(let blob, let store):
                open[TargetBlob(store: store, digest: blob.digest), default: 0] -= 1
            default: break
            }
        }
        return open.filter { $0.value != 0 }
    }

    /// The first blocks, and blocks whose worlds have found faults: manifests that were given up and begun again, and
    /// manifests that got a parent while they were found at the target.
    static let blocks: [UInt64] = Array(0..<20) + [138, 211, 222, 424, 464]

    @Test(arguments: blocks)
    func `every run ends, each planned blob is placed or given up, and no manifest comes before what it points at`(
        block: UInt64
    ) throws {
        for seed in block * 20..<(block + 1) * 20 {
            var world = try World(seed: seed)
            var settings = TransferSettings()
            settings.jobs = Int.random(in: 1...12, using: &world.numbers)
            if world.numbers.isLucky(30) { settings.requests.countedSources = ["source"] }
            var machine = TransferMachine(items: world.items, settings: settings)
            #expect(play(&world, &machine), "seed \(seed) does not end")
            #expect(world.broken.isEmpty, "seed \(seed): \(world.broken)")
            #expect(world.sessions.subtracting(machine.openSessions.map(\.session.location)).isEmpty, "seed \(seed)")
            let events = machine.takeEvents()
            #expect(openBlobs(events).isEmpty, "seed \(seed)")
            #expect(machine.state.manifestsUnread == 0, "seed \(seed)")
            if world.failures == 0 {
                let copied = events.count { event in
                    guard case .itemFinished(let report) = event else { return false }
                    if case .failed = report.outcome { return false } else { return true }
                }
                #expect(copied == world.items.count, "seed \(seed)")
            }
        }
    }
}
