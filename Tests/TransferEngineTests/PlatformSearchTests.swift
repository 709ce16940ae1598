// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

@Suite struct PlatformSearchTests {
    private let amd = SampleImage(layers: ["amd"], name: "amd")
    private let arm = SampleImage(layers: ["arm"], name: "arm")

    private func search(_ platform: String, depth: Int = 16) throws -> PlatformSearch {
        var bounds = GraphBounds()
        bounds.depth = depth
        return PlatformSearch(for: try Platform(parsing: platform), in: "app:v1", bounds: bounds)
    }

    @Test func `an index leads to its image, through indexes inside, and an image to itself`() throws {
        let inner = SampleImage(index: [("linux/amd64", amd), ("linux/arm64", arm)])
        let outer = SampleImage(index: [("linux/arm64", inner)])
        var search = try search("linux/arm64")
        #expect(try search.next(after: outer.root) == inner.root.digest)
        #expect(try search.next(after: inner.root) == arm.root.digest)
        #expect(try search.next(after: arm.root) == nil)
    }

    @Test func `what cannot be read as a manifest is left to those who want it`() throws {
        var search = try search("linux/arm64")
        let content = ManifestContent(bytes: [1], mediaType: .ociIndex, digest: ContentHash.digest(of: [1]))
        #expect(try search.next(after: content) == nil)
    }

    @Test func `an index without the platform is named, in crane's words alone`() throws {
        var search = try search("linux/arm64")
        let failure = #expect(throws: ContentFailure.self) {
            try search.next(after: SampleImage(index: [("linux/amd64", amd)]).root)
        }
        #expect(failure?.message == "no child with platform linux/arm64 in index app:v1" && failure?.hint == nil)
    }

    @Test func `indexes that nest too deep end the search`() throws {
        var search = try search("linux/amd64", depth: 2)
        let inner = SampleImage(index: [("linux/amd64", amd)])
        #expect(try search.next(after: SampleImage(index: [("linux/amd64", inner)]).root) == inner.root.digest)
        let failure = #expect(throws: ContentFailure.self) { try search.next(after: inner.root) }
        #expect(failure?.message == "indexes nested more than 2 levels deep")
    }
}
