// SPDX-License-Identifier: Apache-2.0

import OCI

/// The images of the benchmarks' workloads, generated from seeds.
struct BenchmarkImages {
    let scale: Scale
    let variant: String

    func big() -> [FixtureImage] {
        (0..<3).map { image in
            let layers = (0..<4).map { number in
                FixtureLayer(noise: noise("big", "\(image)", "\(number)"), size: scale.bytes(mebibytes: 128))
            }
            return FixtureImage("big/app\(image)", tags: ["v1"], .image(layers))
        }
    }

    func huge() -> [FixtureImage] {
        let layer = FixtureLayer(noise: noise("huge"), size: scale.bytes(mebibytes: 1536))
        return [FixtureImage("huge/app", tags: ["v1"], .image([layer]))]
    }

    func fleet() -> [FixtureImage] {
        let stacks = (0..<10).map { stack in
            (0..<5).map { number in
                // 8, 11, 14, 17, 20 MiB.
                let size = scale.bytes(mebibytes: Double(8 + number * 3))
                return FixtureLayer(noise: noise("fleet", "\(stack)", "\(number)"), size: size)
            }
        }
        return (0..<scale.count(200)).map { image in
            let own = (0..<2).map { smallLayer("fleet", image, $0, size: 16 << 10) }
            return FixtureImage("fleet/app\(image)", tags: ["v1"], .image(stacks[image % stacks.count] + own))
        }
    }

    func tiny() -> [FixtureImage] {
        (0..<scale.count(1000)).map { image in
            let layers = (0..<3).map { smallLayer("tiny", image, $0, size: 4096 + Int64(image * 3 + $0) % 13 * 1024) }
            return FixtureImage("tiny/app\(image)", tags: ["v1"], .image(layers))
        }
    }

    func multiarch() -> [FixtureImage] {
        let bases = Self.platforms.map { ($0, FixtureLayer(noise: noise("multiarch", "\($0)"), size: 1 << 20)) }
        return (0..<scale.count(40)).map { image in
            let children = bases.map { platform, base in
                let own = (0..<2).map { smallLayer("multiarch/\(platform)", image, $0, size: 64 << 10) }
                return (graph: FixtureGraph.image([base] + own, platform: platform), platform: Optional(platform))
            }
            let index = FixtureGraph.index(children, attested: true)
            let subject = index.manifest.descriptor
            return FixtureImage(
                "multiarch/app\(image)", tags: ["v1"], index,
                referrers: [
                    ShapeImages.referrer("application/vnd.example.signature.v1", "signature \(image)", to: subject),
                    ShapeImages.referrer("application/spdx+json", "{\"name\":\"app\(image)\"}", to: subject),
                ])
        }
    }

    private func smallLayer(_ set: String, _ image: Int, _ number: Int, size: Int64) -> FixtureLayer {
        FixtureLayer(noise: noise(set, "\(image)", "own", "\(number)"), size: size)
    }

    private func noise(_ parts: String...) -> Noise { Noise(parts + [variant]) }

    private static let platforms = [
        Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64"),
        Platform(os: "linux", architecture: "arm", variant: "v7"), Platform(os: "linux", architecture: "ppc64le"),
        Platform(os: "linux", architecture: "s390x"), Platform(os: "linux", architecture: "riscv64"),
    ]
}
