// SPDX-License-Identifier: Apache-2.0

import Content
import HeapModule
import OCI
import ProtocolCases
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct EventSizeTests {
    @Test func `an event that waits for a slow reader takes no more room than what it says`() {
        #expect(MemoryLayout<TransferEvent>.stride == MemoryLayout<Int>.stride)
    }
}

/// A run of thousands of items, played with the machine alone: works take virtual time, and end in its order.
private struct Simulation {
    struct Running: Comparable {
        let end: Duration
        let work: Queued<CopyRequest>
        let result: CopyAnswer

        static func == (left: Self, right: Self) -> Bool { left.end == right.end && left.work.id == right.work.id }
        static func < (left: Self, right: Self) -> Bool { (left.end, left.work.id) < (right.end, right.work.id) }
    }

    var machine: TransferMachine
    var now: Duration = .zero
    var running = Heap<Running>()
    var finished: [ItemID: (at: Duration, report: ItemReport)] = [:]

    init(_ items: [TransferItem]) {
        var settings = TransferSettings()
        settings.requests.connectionsPerStore = 16
        machine = TransferMachine(items: items, settings: settings)
    }

    /// - Parameter answer: what becomes of a work that begins at a time, and how long it takes.
    mutating func play(_ answer: (Queued<CopyRequest>, Duration) -> (CopyAnswer, Duration)) {
        while !machine.isDone {
            while let work = machine.next(now: now) {
                let (result, time) = answer(work, now)
                running.insert(Running(end: now + time, work: work, result: result))
            }
            note()
            let wakes = machine.nextDeadline
            if let next = running.min, wakes.map({ next.end <= $0 }) ?? true {
                running.removeMin()
                now = next.end
                machine.finish(next.work, next.result, now: now)
            } else if let wakes {
                now = max(now, wakes)
            } else {
                Issue.record("nothing runs, nothing is due, and the run is not done")
                return
            }
            note()
        }
    }

    private mutating func note() {
        for event in machine.takeEvents() {
            if case .itemFinished(let report) = event { finished[report.item] = (now, report) }
        }
    }
}

/// Items of several source registries, 200 tags in each repository, into one target.
private struct Fleet {
    var items: [TransferItem] = []
    var manifests: [String: ManifestContent] = [:]

    init(_ stores: [StoreID], repositories: Int) throws {
        for number in 0..<repositories {
            let (store, name) = (stores[number % stores.count], "team/app\(number)")
            for version in 0..<200 {
                let source = try TransferEndpoint.parsing("\(name):v\(version)", in: store)
                let target = try TransferEndpoint.parsing("mirror/\(name):v\(version)", in: "target")
                items.append(TransferItem(source: source, target: target))
                manifests[source.description] = try manifest(number, version)
            }
        }
    }

    /// One layer that all have, and one of its own.
    private func manifest(_ number: Int, _ version: Int) throws -> ManifestContent {
        let own = ContentHash.digest(of: Array("\(number)/\(version)".utf8))
        let base = ContentHash.digest(of: Array("base".utf8))
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest.essence)",\
            "config":{"mediaType":"\(MediaType.ociConfig.essence)","digest":"\(own)","size":2},\
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\(base)","size":4}]}
            """
        let bytes = Array(text.utf8)
        return ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
    }

    /// What registries without faults answer.
    func result(of work: Queued<CopyRequest>) -> CopyAnswer {
        switch work.request {
        case .probeTarget, .resolveTag, .findManifest: .summary(nil)
        case .proveMounts: .mounts(true)
        case .fetchManifest(let store, let repository, let selector):
            manifests["\(store)/\(repository):\(selector)"].map { .manifest($0) }
                ?? .failed(TransferFailure(ContentFailure(.notFound, "no \(selector)"), side: .source))
        case .mount: .mounted
        case .findBlob: .absent
        case .fetchBlob: .blob(FetchedBlob())
        case .upload, .storeBlob: .sent(mountRefused: false, resumedAt: nil)
        default: .stored()
        }
    }
}

@Suite struct LargeRunTests {
    private static let limited = ContentFailure(.rateLimited, "429", retry: .later, status: 429)

    /// When the last item of the given stores arrived.
    private func end(_ simulation: Simulation, _ fleet: Fleet, of stores: [StoreID]) -> Duration {
        simulation.finished.filter { stores.contains(fleet.items[$0.key].source.store) }.map(\.value.at).max() ?? .zero
    }

    @Test(.covers("L11"))
    func `a registry that answers 429 for minutes loses no item and holds up nobody else among 10,000`() throws {
        let fleet = try Fleet(["a", "b", "slow"], repositories: 50)
        let answer = { (work: Queued<CopyRequest>, now: Duration, isLimited: Bool) -> (CopyAnswer, Duration) in
            if isLimited, work.request.lanes.reading == "slow", now < .seconds(240) {
                return (.failed(TransferFailure(Self.limited, side: .source)), .milliseconds(5))
            }
            return (fleet.result(of: work), .milliseconds(20))
        }
        var disturbed = Simulation(fleet.items)
        disturbed.play { answer($0, $1, true) }
        #expect(disturbed.finished.count == 10_000)
        #expect(disturbed.finished.values.allSatisfy { $0.report.copied != nil })
        #expect(disturbed.now > .seconds(240))

        var quiet = Simulation(fleet.items)
        quiet.play { answer($0, $1, false) }
        // Without the third registry's items in the target's lane the others are done sooner, if anything.
        #expect(end(disturbed, fleet, of: ["a", "b"]) <= end(quiet, fleet, of: ["a", "b"]) * 1.02)
    }

    @Test func `what all share is sent once and mounted everywhere else, whatever the order`() throws {
        let fleet = try Fleet(["a", "b"], repositories: 20)
        var simulation = Simulation(fleet.items.reversed())
        var uploads: [Digest: Int] = [:]
        simulation.play { work, _ in
            let answer = fleet.result(of: work)
            if case .sent = answer, let upload = work.request.upload {
                uploads[upload.descriptor.digest, default: 0] += 1
            }
            return (answer, .milliseconds(10))
        }
        #expect(simulation.finished.values.count { $0.report.copied != nil } == 4000)
        #expect(uploads.values.allSatisfy { $0 == 1 })
        #expect(uploads.count == 4001)
    }
}
