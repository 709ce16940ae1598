// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct PlacedBlobsTests {
    private let repositories: [Repository]
    private let blobs = ["a.example", "b.example"].flatMap { store in
        (0..<6).map { TargetBlob(store: StoreID(named: store), digest: Self.digest($0)) }
    }

    init() throws { repositories = try (0..<4).map { try Repository("app\($0)") } }

    private static func digest(_ number: Int) -> Digest {
        Digest(.sha256, hash: Array(repeating: UInt8(number), count: 32))
    }

    /// Who has what, said in the plainest way.
    private struct Model {
        var holders: [TargetBlob: [Repository]] = [:]
        var referenced: [TargetBlob: Repository] = [:]

        mutating func note(_ blob: TargetBlob, in repository: Repository) {
            if holders[blob]?.contains(repository) != true { holders[blob, default: []].append(repository) }
        }

        mutating func noteReferenced(_ blob: TargetBlob, in repository: Repository) {
            if referenced[blob] == nil, holders[blob]?.contains(repository) == true { referenced[blob] = repository }
        }

        mutating func remove(_ blob: TargetBlob, from repository: Repository) {
            holders[blob]?.removeAll { $0 == repository }
            if referenced[blob] == repository { referenced[blob] = nil }
        }
    }

    @Test func `tells who has a blob, and from where it is mounted best`() throws {
        var random = SeededGenerator(seed: 11)
        var (placed, model) = (PlacedBlobs(), Model())
        for _ in 0..<3000 {
            let blob = try #require(blobs.randomElement(using: &random))
            let repository = try #require(repositories.randomElement(using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                placed.note(blob, in: repository)
                model.note(blob, in: repository)
            case 2:
                placed.noteReferenced(blob, in: repository)
                model.noteReferenced(blob, in: repository)
            default:
                placed.remove(blob, from: repository)
                model.remove(blob, from: repository)
            }
            for other in repositories {
                #expect(placed.has(blob, in: other) == (model.holders[blob]?.contains(other) == true))
            }
            let origin = placed.origin(of: blob)
            #expect(origin?.isReferenced ?? false == (model.referenced[blob] != nil))
            #expect((origin == nil) == (model.holders[blob] ?? []).isEmpty)
            if let repository = origin?.repository { #expect(model.holders[blob]?.contains(repository) == true) }
            if let referenced = model.referenced[blob] { #expect(origin?.repository == referenced) }
        }
    }

    @Test func `knows of a settled manifest whose referrers went along, under each name and in each part`() throws {
        let place = ManifestPlace(
            store: StoreID(named: "a.example"), repository: repositories[0], digest: Self.digest(99))
        let source = RepositoryPlace(store: StoreID(named: "b.example"), repository: repositories[1])
        var (derived, made, elsewhere) = (place, place, place)
        derived.derivedTag = try OCI.Tag("sha256-1")
        made.part = .made
        elsewhere.repository = repositories[2]
        var settled = SettledManifests()
        settled[place] = SettledManifest(listed: [source])
        settled[derived] = SettledManifest()
        #expect(settled[place]?.listed == [source])
        #expect(settled[derived] != nil && settled[derived]?.listed == [])
        #expect(settled[made] == nil && settled[elsewhere] == nil)
        #expect(settled.removeValue(forKey: place)?.listed == [source])
        #expect(settled[place] == nil && settled[derived] != nil)
        settled[place] = SettledManifest()
        #expect(settled[place] != nil && settled[place]?.listed == [])
    }
}
