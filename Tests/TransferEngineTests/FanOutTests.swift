// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// One source, two target registries.
@Suite struct FanOutTests {
    private var scene = Scene()
    private let images = (0..<6).map { SampleImage(layers: ["base", "own \($0)"], name: "\($0)") }

    init() throws {
        for (number, image) in images.enumerated() {
            scene.source.add(image, to: try Repository("app"), tag: try OCI.Tag("v\(number)"))
        }
    }

    private func items() throws -> [TransferItem] {
        try images.indices.flatMap { number in
            try ["target", "other"].map { store in
                try TransferItem.copying("app:v\(number)", to: "m/app:v\(number)", into: StoreID(named: store))
            }
        }
    }

    private func reads(_ store: MemoryStore) -> [Digest] {
        store.log.compactMap { if case .blob(_, let digest, _) = $0 { digest } else { nil } }
    }

    private func expectAll(at store: MemoryStore) throws {
        for image in images { #expect(store.contains(image, in: try Repository("m/app"))) }
    }

    @Test func `each blob and each manifest leaves the source once, and arrives at both`() async throws {
        let reports = await scene.run(try items())
        #expect(reports.values.allSatisfy { $0.copied != nil } && reports.count == 12)
        let unique = Set(images.flatMap { $0.blobs.keys })
        #expect(Set(reads(scene.source)) == unique && reads(scene.source).count == unique.count)
        #expect(scene.source.count(where: \.isManifestGet) == images.count)
        #expect(reads(scene.target).count + reads(scene.other).count == unique.count)
        for store in [scene.target, scene.other] { try expectAll(at: store) }
        scene.expectClean()
    }

    @Test func `a target that takes nothing fails alone, and costs the source no second read`() async throws {
        scene.other.addFault { operation, _ in
            switch operation {
            case .admit, .upload, .put: ContentFailure(.denied, "403", status: 403)
            default: nil
            }
        }
        let reports = await scene.run(try items())
        #expect(reports.values.count { $0.copied != nil } == 6 && reports.values.count { $0.failure != nil } == 6)
        let unique = Set(images.flatMap { $0.blobs.keys })
        #expect(reads(scene.source).count == unique.count)
        try expectAll(at: scene.target)
    }

    @Test func `a target that cannot be read leaves the others to the source`() async throws {
        for store in [scene.target, scene.other] {
            store.addFault { operation, _ in
                guard case .blob = operation else { return nil }
                return ContentFailure(.denied, "push only", status: 403)
            }
        }
        let reports = await scene.run(try items())
        #expect(reports.values.allSatisfy { $0.copied != nil } && reports.count == 12)
        for store in [scene.target, scene.other] { try expectAll(at: store) }
    }

    @Test func `the next run completes what was not finished at one of them`() async throws {
        var scene = scene
        _ = await scene.run(try items())
        for digest in images[0].blobs.keys { scene.other.remove(digest, from: try Repository("m/app")) }
        scene.settings.existing = .proven
        let reports = await scene.run(try items())
        #expect(reports.values.allSatisfy { $0.failure == nil })
        for store in [scene.target, scene.other] { try expectAll(at: store) }
    }
}
