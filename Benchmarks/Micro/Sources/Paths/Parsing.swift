// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import OCI

extension HotPath {
    static let parsing = HotPath(name: "parse six references, a hundred times") {
        let texts = [
            "ubuntu:18.04", "jupyter/tensorflow-notebook", "quay.io/team/app:v1.2.3",
            "127.0.0.1:5000/mirror/fleet/app17:v1",
            "us-docker.pkg.dev/project/repository/library/redis:buster",
            "ghcr.io/a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ]
        return { for _ in 0..<100 { for text in texts { keep(try Reference(parsing: text)) } } }
    }

    static let manifestDecoding = HotPath(name: "decode a manifest of 12 layers, a hundred times") {
        let layers = (0..<12).map { FixtureLayer(noise: Noise("micro", "\($0)"), size: 1024) }
        return decoding(FixtureGraph.image(layers).manifest)
    }

    static let indexDecoding = HotPath(name: "decode an index of 12 manifests, a hundred times") {
        let children = (0..<6).map { number in
            let layer = FixtureLayer(noise: Noise("micro", "\(number)"), size: 1024)
            return (graph: FixtureGraph.image([layer]), platform: Optional(Platform.linuxAMD64))
        }
        return decoding(FixtureGraph.index(children, attested: true).manifest)
    }

    private static func decoding(_ manifest: FixtureManifest) -> () throws -> Void {
        { for _ in 0..<100 { keep(try Manifest(manifest.bytes, contentType: manifest.mediaType)) } }
    }
}
