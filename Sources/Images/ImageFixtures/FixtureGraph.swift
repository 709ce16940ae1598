// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A manifest: its exact bytes, its media type and its digest.
package struct FixtureManifest: Sendable, Hashable {
    package let bytes: [UInt8]
    package let mediaType: MediaType
    package let digest: Digest

    init(_ json: JSON, _ mediaType: MediaType) {
        bytes = Array(json.text.utf8)
        self.mediaType = mediaType
        digest = FixtureContent(bytes).measure().digest
    }

    package var descriptor: Descriptor {
        Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}

/// A manifest with all manifests and blobs that it refers to, directly or through children.
package struct FixtureGraph: Sendable {
    package let manifest: FixtureManifest
    package let children: [FixtureGraph]
    /// The manifest's own blobs without foreign layers. A registry must have them.
    package let ownBlobs: [FixtureBlob]

    init(_ manifest: FixtureManifest, children: [FixtureGraph] = [], blobs: [FixtureBlob] = []) {
        self.manifest = manifest
        self.children = children
        ownBlobs = blobs.filter { !$0.descriptor.mediaType.isNonDistributable }
    }

    /// All manifests, each once, children before parents. A registry accepts them in this order.
    package var manifests: [FixtureManifest] {
        var seen: Set<Digest> = []
        return allManifests.filter { seen.insert($0.digest).inserted }
    }

    /// Every blob of the graph, each once.
    package var blobs: [FixtureBlob] {
        var seen: Set<Digest> = []
        return allBlobs.filter { seen.insert($0.descriptor.digest).inserted }
    }

    private var allManifests: [FixtureManifest] { children.flatMap(\.allManifests) + [manifest] }
    private var allBlobs: [FixtureBlob] { children.flatMap(\.allBlobs) + ownBlobs }
}

/// An image in a repository, its tags and its referrers.
package struct FixtureImage: Sendable {
    /// The repository's path, without the registry's host.
    package var repository: String
    package var tags: [String]
    package var graph: FixtureGraph
    /// Manifests whose subject is in the graph. They are pushed after the graph.
    package var referrers: [FixtureGraph]

    package init(_ repository: String, tags: [String], _ graph: FixtureGraph, referrers: [FixtureGraph] = []) {
        self.repository = repository
        self.tags = tags
        self.graph = graph
        self.referrers = referrers
    }

    /// Every blob of the image and its referrers, each once.
    package var blobs: [FixtureBlob] {
        var seen: Set<Digest> = []
        return ([graph] + referrers).flatMap(\.blobs).filter { seen.insert($0.descriptor.digest).inserted }
    }

    /// Every manifest, in an order that a registry accepts.
    package var manifests: [FixtureManifest] { ([graph] + referrers).flatMap(\.manifests) }
}
