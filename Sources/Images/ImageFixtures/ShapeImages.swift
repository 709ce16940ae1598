// SPDX-License-Identifier: Apache-2.0

import OCI

/// One image of every shape that registries store, a few KiB each.
enum ShapeImages {
    static func all() -> [FixtureImage] {
        let image = FixtureGraph.image([layer("base"), layer("top")])
        let arm = Platform(os: "linux", architecture: "arm64")
        let index = FixtureGraph.index([(image, .linuxAMD64), (.image([layer("arm")], platform: arm), arm)])
        return [
            FixtureImage("shapes/oci", tags: ["v1", "latest"], image, referrers: referrers(to: image)),
            FixtureImage("shapes/docker", tags: ["v1"], .image([layer("base"), layer("top")], dialect: .docker)),
            FixtureImage("shapes/index", tags: ["v1"], index, referrers: referrers(to: index)),
            FixtureImage("shapes/attested", tags: ["v1"], .index([(image, .linuxAMD64)], attested: true)),
            FixtureImage("shapes/nested", tags: ["v1"], nested(index)),
            FixtureImage("shapes/docker-list", tags: ["v1"], dockerList()),
            FixtureImage("shapes/no-layers", tags: ["v1"], .image([])),
        ] + packings() + artifacts()
    }

    private static func layer(_ name: String, _ packing: FixtureLayer.Packing = .gzip) -> FixtureLayer {
        let lines = (0..<200).map { "\(name): line \($0)\n" }.joined()
        let noise = Noise(name).content(size: 3_000)
        return FixtureLayer([.text("\(name).txt", lines), TarEntry(name, .file(noise, size: 3_000))], packing)
    }

    private static func nested(_ index: FixtureGraph) -> FixtureGraph {
        .index([(.index([(index, nil)]), nil), (.image([layer("beside")]), .linuxAMD64)])
    }

    private static func dockerList() -> FixtureGraph {
        let windows = Platform(os: "windows", architecture: "amd64", osVersion: "10.0.17763.1")
        return .index(
            [
                (.image([layer("base")], dialect: .docker), .linuxAMD64),
                (.image([layer("windows")], platform: windows, dialect: .docker), windows),
                // A child without a platform means linux/amd64.
                (.image([layer("silent")], dialect: .docker), nil),
            ], dialect: .docker)
    }

    private static func packings() -> [FixtureImage] {
        let foreign = layer("foreign").foreign(at: "https://example.invalid/foreign.tar.gz")
        return [
            FixtureImage("shapes/uncompressed", tags: ["v1"], .image([layer("base"), layer("plain", .none)])),
            FixtureImage("shapes/zstd", tags: ["v1"], .image([layer("base"), layer("frame", .zstandard)])),
            FixtureImage("shapes/foreign", tags: ["v1"], .image([foreign, layer("top")], dialect: .docker)),
            FixtureImage("shapes/nondistributable", tags: ["v1"], .image([foreign, layer("top")])),
            FixtureImage("shapes/repeated", tags: ["v1"], .image([layer("base"), layer("top"), layer("base")])),
        ]
    }

    private static func artifacts() -> [FixtureImage] {
        let chart = (content: FixtureContent(Array("name: chart\n".utf8)), type: MediaType("application/x-chart"))
        let nothing = (content: FixtureContent([]), type: MediaType("application/x-nothing"))
        let artifact = FixtureGraph.artifact(type: "application/vnd.example.thing.v1", blobs: [chart, nothing])
        return [FixtureImage("shapes/artifact", tags: ["v1"], artifact)]
    }

    /// An image with a layer that is addressed by SHA-512. It is separate from `all`, because many registries do not
    /// accept SHA-512.
    static func sha512() -> FixtureImage {
        FixtureImage(
            "shapes/sha512", tags: ["v1"],
            .image([FixtureLayer([.text("long", "addressed by SHA-512\n")], algorithm: .sha512)]))
    }

    /// A signature, a bill of materials, and a signature of the bill of materials.
    private static func referrers(to graph: FixtureGraph) -> [FixtureGraph] {
        let subject = graph.manifest.descriptor
        let bill = referrer("application/spdx+json", "{\"spdxVersion\":\"SPDX-2.3\"}", to: subject)
        return [
            referrer("application/vnd.example.signature.v1", "signed", to: subject), bill,
            referrer("application/vnd.example.signature.v1", "signed", to: bill.manifest.descriptor),
        ]
    }

    static func referrer(_ type: MediaType, _ text: String, to subject: Descriptor) -> FixtureGraph {
        .artifact(type: type, blobs: [(FixtureContent(Array(text.utf8)), type)], subject: subject)
    }
}
