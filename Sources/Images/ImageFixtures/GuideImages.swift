// SPDX-License-Identifier: Apache-2.0

import OCI

/// The images of the migration guide's list. They have the names of the images on Docker Hub and are made from
/// `Fixtures/layers`.
///
/// As in the real images, redis contains debian's layers, and the notebook contains ubuntu's layers.
struct GuideImages {
    let files: FixtureFiles
    let scale: Scale

    private static let platforms = [
        Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64", variant: "v8"),
        Platform(os: "linux", architecture: "arm", variant: "v7"),
    ]

    func all() throws -> [FixtureImage] {
        let ubuntu = [try layer("ubuntu-18.04", noise: 10), try layer("ubuntu-updates", noise: 0.2)]
        let debian = try Self.platforms.map { ($0, try layer("debian-buster", for: $0, noise: 12)) }
        return [
            FixtureImage("ubuntu", tags: ["18.04"], .image(ubuntu, dialect: .docker, command: ["/bin/bash"])),
            FixtureImage("debian", tags: ["buster"], try index(over: debian, adding: [])),
            FixtureImage("hello-world", tags: ["latest"], try helloWorld()),
            FixtureImage(
                "redis", tags: ["buster"],
                try index(over: debian, adding: [("redis-user", 0.01), ("redis-server", 4), ("redis-entrypoint", 0)])),
            FixtureImage("jupyter/tensorflow-notebook", tags: ["latest"], try notebook(on: ubuntu)),
        ]
    }

    private func helloWorld() throws -> FixtureGraph {
        let children = try Self.platforms.map { platform in
            let layer = try layer("hello-world", for: platform, noise: 0)
            return (
                graph: FixtureGraph.image([layer], platform: platform, dialect: .docker, command: ["/hello"]),
                platform: Optional(platform)
            )
        }
        return .index(children, dialect: .docker)
    }

    private func notebook(on base: [FixtureLayer]) throws -> FixtureGraph {
        let layers = [
            try layer("notebook-python", noise: 16), try layer("notebook-jupyter", noise: 8),
            try layer("notebook-tensorflow", noise: 24), try layer("notebook-start", noise: 0),
        ]
        return .image(base + layers, command: ["start-notebook.sh"])
    }

    /// An index of one image for each platform, with attestations. An image consists of the base layer and further
    /// layers.
    private func index(
        over base: [(platform: Platform, layer: FixtureLayer)], adding names: [(String, Double)]
    ) throws -> FixtureGraph {
        let children = try base.map { platform, layer in
            let added = try names.map { try self.layer($0.0, for: platform, noise: $0.1) }
            return (
                graph: FixtureGraph.image([layer] + added, platform: platform, command: ["bash"]),
                platform: Optional(platform)
            )
        }
        return .index(children, attested: true)
    }

    /// A layer with the files of one folder and a file of noise that gives the layer its size in MiB.
    private func layer(_ name: String, for platform: Platform = .linuxAMD64, noise: Double) throws -> FixtureLayer {
        var entries = try files.entries(name)
        entries.append(.text(".platform", "\(platform)\n"))
        guard noise > 0 else { return FixtureLayer(entries) }
        let size = scale.bytes(mebibytes: noise)
        let content = Noise(name, "\(platform)").content(size: size)
        return FixtureLayer(entries + [TarEntry(".weight", .file(content, size: size))], .storedGzip)
    }
}
