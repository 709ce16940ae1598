// SPDX-License-Identifier: Apache-2.0

import Testing
import TransshipKit
import TransshipTesting

@Suite struct VerifyTests {
    @Test func `says of each image what the target has`() async throws {
        try await withStage { stage in
            let (whole, broken, other) = (
                SampleImage(layers: ["w"], name: "w"), SampleImage(layers: ["b"], name: "b"),
                SampleImage(layers: ["o"], name: "o")
            )
            for name in ["whole", "absent"] { try await stage.source.add(whole, as: name) }
            try await stage.source.add(broken, as: "incomplete")
            try await stage.source.add(other, as: "different")
            try await stage.target.add(whole, as: "whole")
            try await stage.target.add(whole, as: "different")
            try await stage.target.add(broken, as: "incomplete")
            let lost = try #require(broken.blobs.keys.first)
            try await stage.target.lose(lost, of: "incomplete")
            let names = ["whole", "incomplete", "different", "absent"]
            let results = await stage.transship.verify(try names.map { try stage.item($0) })
            #expect(results.map(\.status.rawValue) == names)
            #expect(results[1].problems.map(\.side) == [.target])
            #expect(results[1].problemCount == 1)
            #expect(results[0].digest?.description == whole.rootDigest)
        }
    }

    @Test func `tells each result once, in events, before it returns`() async throws {
        try await withStage { stage in
            let image = SampleImage(layers: ["one"])
            for registry in [stage.source, stage.target] { try await registry.add(image) }
            var told: [Int] = []
            let results = try await stage.transship.verify([stage.item(), stage.item()]) { events in
                for await event in events { if case .itemFinished(let result) = event { told.append(result.position) } }
            }
            #expect(told.sorted() == [0, 1])
            #expect(results.map(\.position) == [0, 1])
        }
    }
}
