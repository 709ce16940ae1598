// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import RegistryFaults
import Testing
import TransshipKit
import TransshipTesting

@Suite struct PlanTests {
    @Test func `a plan says what a copy then does, and changes nothing`() async throws {
        try await withStage { stage in
            let images = [
                SampleImage(layers: ["shared", "a"], name: "a"), SampleImage(layers: ["shared", "b"], name: "b"),
            ]
            try await stage.source.add(images[0], as: "a")
            try await stage.source.add(images[1], as: "b")
            let items = try [stage.item("a"), stage.item("b"), stage.item("absent")]
            let plan = await stage.transship.plan(items)
            #expect(stage.target.faults.requests.allSatisfy { $0.method == .GET || $0.method == .HEAD })
            #expect(try await stage.target.latest("a") == nil)
            #expect(
                plan.outcomes.prefix(2) == [
                    .copied(try Digest(images[0].rootDigest)), .copied(try Digest(images[1].rootDigest)),
                ])
            guard case .failed(let error) = plan.outcomes[2] else {
                Issue.record("what is absent can be copied"); return
            }
            #expect(error.kind == .notFound)
            let sent = await stage.transship.copy(items).reduce(0) { $0 + $1.blobs.bytesSent }
            #expect(plan.bytesToSend == sent)
            #expect(plan.stores.map(\.name) == [stage.source.authority, stage.target.authority].sorted())
        }
    }

    @Test func `an image that is there costs no byte`() async throws {
        try await withStage { stage in
            let image = SampleImage(layers: ["one"])
            try await stage.source.add(image)
            try await stage.target.add(image)
            let plan = await stage.transship.plan([try stage.item()])
            #expect(plan.outcomes == [.unchanged(try Digest(image.rootDigest))])
            #expect(plan.bytesToSend == 0)
        }
    }
}
