// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// What a run gets ready while its targets are asked.
@Suite struct SourcesAheadTests {
    private func prepared(_ items: [String], _ change: (inout TransferSettings) -> Void = { _ in }) async throws
        -> [String]
    {
        var scene = Scene()
        change(&scene.settings)
        for item in items { scene.source.add(SampleImage(layers: ["one"]), to: try Repository(item), tag: .latest) }
        let reports = await scene.run(try items.enumerated().map { try .copying($1, to: "m/app\($0)") })
        #expect(reports.count == items.count)
        return scene.source.prepared.map(\.path).sorted()
    }

    @Test func `each repository of the first items is made ready to read, once`() async throws {
        #expect(try await prepared(["a", "b", "a", "b", "c"]) == ["a", "b", "c"])
    }

    @Test func `no more are made ready than are asked for at once in the beginning`() async throws {
        #expect(try await prepared((10..<40).map { "app\($0)" }) == (10..<(10 + Lane.firstWindow)).map { "app\($0)" })
    }

    @Test func `a source that need not be asked, or is asked at once, is not made ready`() async throws {
        #expect(try await prepared(["a"]) { $0.keepsExistingTags = true } == [])
        #expect(try await prepared(["a"]) { $0.asksBothSidesAtOnce = true } == [])
    }
}
