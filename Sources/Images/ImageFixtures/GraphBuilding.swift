// SPDX-License-Identifier: Apache-2.0

package import OCI

extension FixtureGraph {
    /// An image of one platform: config with its diff IDs, layers, manifest.
    package static func image(
        _ layers: [FixtureLayer], platform: Platform = .linuxAMD64, dialect: Dialect = .oci,
        command: [String] = ["/bin/sh"]
    ) -> FixtureGraph {
        let config = FixtureBlob(
            ImageJSON.config(diffIDs: layers.map(\.diffID), platform: platform, command: command), dialect.config)
        let blobs = layers.map { layer in
            layer.blob.describing { descriptor in
                descriptor.mediaType = dialect.layer(layer)
                descriptor.urls = layer.foreignURL.map { [$0] } ?? []
            }
        }
        let manifest = FixtureManifest(
            ImageJSON.manifest(dialect.manifest, config: config.descriptor, layers: blobs.map(\.descriptor)),
            dialect.manifest)
        return FixtureGraph(manifest, blobs: [config] + blobs)
    }

    /// An index of children, each with its platform. nil: the index names no platform for this child.
    package static func index(
        _ children: [(graph: FixtureGraph, platform: Platform?)], dialect: Dialect = .oci, attested: Bool = false
    ) -> FixtureGraph {
        var entries = children.map { child in
            var descriptor = child.graph.manifest.descriptor
            descriptor.platform = child.platform
            return (graph: child.graph, descriptor: descriptor)
        }
        if attested { entries += children.map { attestation(of: $0.graph.manifest.descriptor) } }
        let manifest = FixtureManifest(
            ImageJSON.index(dialect.index, manifests: entries.map(\.descriptor)), dialect.index)
        return FixtureGraph(manifest, children: entries.map(\.graph))
    }

    /// The attestation that BuildKit adds for a child of an index (BuildKit, docs/attestations/attestation-storage.md).
    private static func attestation(of subject: Descriptor) -> (graph: FixtureGraph, descriptor: Descriptor) {
        let statement = FixtureBlob(ImageJSON.provenance(of: subject), "application/vnd.in-toto+json").describing {
            $0.annotations = ["in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"]
        }
        let platform = Platform(os: "unknown", architecture: "unknown")
        let config = FixtureBlob(
            ImageJSON.config(diffIDs: [statement.descriptor.digest], platform: platform, command: []), .ociConfig)
        let manifest = FixtureManifest(
            ImageJSON.manifest(.ociManifest, config: config.descriptor, layers: [statement.descriptor]), .ociManifest)
        var descriptor = manifest.descriptor
        descriptor.platform = platform
        descriptor.annotations = [
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject.digest.text,
        ]
        return (FixtureGraph(manifest, blobs: [config, statement]), descriptor)
    }

    /// An artifact that is not a runnable image, in the form that the image specification recommends: the empty config,
    /// blobs of the artifact's own types, and optionally a subject.
    package static func artifact(
        type: MediaType, blobs: [(content: FixtureContent, type: MediaType)], subject: Descriptor? = nil
    ) -> FixtureGraph {
        let config = FixtureBlob(.object([] as [JSON.Member]), .ociEmpty).describing {
            $0.inlineContent = Array("{}".utf8)
        }
        let blobs = blobs.map { FixtureBlob($0.content, $0.type) }
        let json = ImageJSON.manifest(
            .ociManifest, config: config.descriptor, layers: blobs.map(\.descriptor), artifactType: type,
            subject: subject)
        return FixtureGraph(FixtureManifest(json, .ociManifest), blobs: [config] + blobs)
    }
}
