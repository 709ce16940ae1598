// SPDX-License-Identifier: Apache-2.0

package import Content
package import ImageFixtures
import NIOCore
import OCI
import Synchronization

/// Pushes fixture images into a registry: blobs first, children before parents, tags last.
///
/// A blob is uploaded once, and is mounted into the other repositories that need it. Existing content stays.
package struct ImageSeeder: Sendable {
    let target: any ContentTarget
    /// The path below which repositories are created; empty for the registry itself.
    let prefix: String
    /// The number of images that are pushed at once.
    let width: Int
    /// Whether lists of referrers are pushed under tags as well.
    let tagsReferrers: Bool

    private let origins = OriginTable()

    package init(target: any ContentTarget, prefix: String, width: Int, tagsReferrers: Bool) {
        self.target = target
        self.prefix = prefix
        self.width = width
        self.tagsReferrers = tagsReferrers
    }

    /// Pushes all images; stops at the first failure.
    package func push(_ images: [FixtureImage]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, image) in images.enumerated() {
                if position >= width { try await group.next() }
                group.addTask { try await push(image) }
            }
            try await group.waitForAll()
        }
    }

    private func push(_ image: FixtureImage) async throws {
        let repository = try Repository(image.repository).below(prefix)
        for blob in image.blobs { try await push(blob, to: repository) }
        for manifest in image.manifests {
            try await put(manifest, at: .digest(manifest.digest), in: repository)
        }
        for tag in image.tags {
            try await put(image.graph.manifest, at: .tag(try Tag(tag)), in: repository)
        }
        if tagsReferrers { try await pushReferrersTags([image]) }
    }

    /// Pushes the lists of referrers under their fallback tags, for registries without the referrers API.
    package func pushReferrersTags(_ images: [FixtureImage]) async throws {
        for image in images {
            let repository = try Repository(image.repository).below(prefix)
            for list in image.referrersTags {
                try await put(list.index, at: .tag(try Tag(list.tag)), in: repository)
            }
        }
    }

    private func push(_ blob: FixtureBlob, to repository: Repository) async throws {
        if try await target.hasBlob(blob.descriptor, in: repository) { return }
        let origin = origins.origin(of: blob.descriptor.digest)
        if case .session(let session, _) = try await target.admit(blob.descriptor, to: repository, from: origin) {
            let bytes = VerifiedBlob(BlobStream(FixtureBytes(content: blob.content)), expecting: blob.descriptor)
            try await target.upload(blob.descriptor, into: session, bytes: bytes)
        }
        origins.add(repository, for: blob.descriptor.digest)
    }

    private func put(_ manifest: FixtureManifest, at selector: ManifestSelector, in repository: Repository) async throws
    {
        let content = ManifestContent(bytes: manifest.bytes, mediaType: manifest.mediaType, digest: manifest.digest)
        try await target.put(content, as: manifest.mediaType, at: selector, in: repository)
    }
}

/// The first known repository of each blob.
private final class OriginTable: Sendable {
    private let repositories = Mutex<[Digest: Repository]>([:])

    func origin(of digest: Digest) -> Repository? { repositories.withLock { $0[digest] } }

    func add(_ repository: Repository, for digest: Digest) {
        repositories.withLock { $0[digest] = $0[digest] ?? repository }
    }
}

/// Fixture content as buffers, which are generated when they are read.
private struct FixtureBytes: AsyncSequence, Sendable {
    let content: FixtureContent

    struct AsyncIterator: AsyncIteratorProtocol {
        let chunks: AnyIterator<[UInt8]>

        func next() async -> ByteBuffer? { chunks.next().map { ByteBuffer(bytes: $0) } }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: content.makeIterator()) }
}
