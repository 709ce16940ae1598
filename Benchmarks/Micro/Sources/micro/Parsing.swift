// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import OCI

extension Micro {
    static func referenceParsing() -> Benchmark {
        let texts = [
            "ubuntu:18.04", "jupyter/tensorflow-notebook", "quay.io/team/app:v1.2.3",
            "127.0.0.1:5000/mirror/fleet/app17:v1",
            "us-docker.pkg.dev/project/repository/library/redis:buster",
            "ghcr.io/a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ]
        return Benchmark(name: "reference parsing", unit: "reference") {
            for _ in 0..<10_000 { for text in texts { keep(try Reference(parsing: text)) } }
            return 10_000 * texts.count
        }
    }

    static func manifestDecoding() -> Benchmark {
        let layers = (0..<12).map { FixtureLayer(noise: Noise("micro", "\($0)"), size: 1024) }
        return decoding("manifest decoding, 12 layers", FixtureGraph.image(layers).manifest)
    }

    static func indexDecoding() -> Benchmark {
        let children = (0..<6).map { number in
            let layer = FixtureLayer(noise: Noise("micro", "\(number)"), size: 1024)
            return (graph: FixtureGraph.image([layer]), platform: Optional(Platform.linuxAMD64))
        }
        return decoding("manifest decoding, index of 12", FixtureGraph.index(children, attested: true).manifest)
    }

    private static func decoding(_ name: String, _ manifest: FixtureManifest) -> Benchmark {
        Benchmark(name: name, unit: "manifest") {
            for _ in 0..<2000 { keep(try Manifest(manifest.bytes, contentType: manifest.mediaType)) }
            return 2000
        }
    }
}
