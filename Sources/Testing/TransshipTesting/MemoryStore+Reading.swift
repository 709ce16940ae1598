// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import Synchronization

/// The store as a source.
extension MemoryStore {
    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        try await perform(.summary(repository, selector)) { state in
            if case .tag(let tag) = selector {
                let name = TagName(repository: repository, tag: tag)
                if state.hidden.contains(name) { return nil }
                if let digest = state.misnamed[name] {
                    return ManifestSummary(digest: digest, mediaType: .ociManifest, size: nil)
                }
            }
            return Self.find(selector, in: repository, state).map {
                ManifestSummary(digest: $0.digest, mediaType: $0.mediaType, size: Int64($0.bytes.count))
            }
        }
    }

    /// Behaves like a registry's client: if HEAD does not find a tag, it sends a GET.
    package func certainSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        if let found = try await summary(of: selector, in: repository) { return found }
        guard case .tag(let tag) = selector,
            state.withLock({ $0.hidden.contains(TagName(repository: repository, tag: tag)) })
        else { return nil }
        let content = try await manifest(selector, in: repository)
        return ManifestSummary(digest: content.digest, mediaType: content.mediaType, size: nil)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        try await perform(.manifest(repository, selector)) { state throws(ContentFailure) in
            guard let content = Self.find(selector, in: repository, state) else {
                throw ContentFailure(.notFound, "no manifest \(selector) in \(repository)")
            }
            return content
        }
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        let (digest, offset) = (descriptor.digest, range.lowerBound)
        let (bytes, alteration, isWhole) = try await perform(.blob(repository, digest, offset: offset)) {
            state throws(ContentFailure) in
            guard state.links.contains(Link(repository: repository, digest: digest)), let bytes = state.blobs[digest]
            else { throw ContentFailure(.notFound, "no blob \(digest.short) in \(repository)") }
            return (bytes, state.alterations[digest], state.ignoresRanges)
        }
        let part = isWhole ? 0..<bytes.count : Int(offset)..<Int(range.upperBound)
        return OpenBlob(
            startOffset: Int64(part.lowerBound),
            bytes: BlobStream(MemoryBytes(bytes: bytes, range: part, alteration: alteration)))
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        note(policy)
        return try await manifest(selector, in: repository)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy
    ) async throws(ContentFailure) -> OpenBlob {
        note(policy)
        return try await blob(descriptor, in: repository, range: range)
    }

    private func note(_ policy: ReadPolicy) {
        if policy == .reload { state.withLock { $0.reloads += 1 } }
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] {
        try await perform(.tags(repository)) { state in
            state.tags.keys.filter { $0.repository == repository }.map(\.tag).sorted { $0.name < $1.name }
        }
    }

    package func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags {
        let (tags, pages) = (try await tags(in: repository).filter(isWanted), tagPages)
        return pages <= most ? ListedTags(tags: tags, pages: pages) : ListedTags(tags: nil, pages: most)
    }

    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        try await perform(.referrers(repository, digest)) { state in
            guard state.listsReferrers else {
                state.withoutLists?.insert(repository)
                return nil
            }
            let entries = state.manifests.compactMap { link, content -> JSON? in
                guard link.repository == repository, !state.leavesOutReferrers,
                    let manifest = try? Manifest(content.bytes, contentType: content.mediaType),
                    manifest.subject?.digest == digest
                else { return nil }
                return .object([
                    "mediaType": .string(content.mediaType.asReceived), "digest": .string(content.digest.text),
                    "size": JSON(content.bytes.count),
                ])
            }
            return ManifestContent(index: .ociIndex(of: state.listAlteration(entries)))
        }
    }

    package func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        try await perform(.hasBlob(repository, descriptor.digest)) {
            $0.links.contains(Link(repository: repository, digest: descriptor.digest))
        }
    }

    private static func find(
        _ selector: ManifestSelector, in repository: Repository, _ state: State
    ) -> ManifestContent? {
        switch selector {
        case .digest(let digest): state.manifests[Link(repository: repository, digest: digest)]
        case .tag(let tag):
            state.tags[TagName(repository: repository, tag: tag)].flatMap {
                state.manifests[Link(repository: repository, digest: $0)]
            }
        }
    }
}

/// Bytes in memory, in small buffers, through an alteration.
private struct MemoryBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let bytes: [UInt8]
    let range: Range<Int>
    let alteration: (@Sendable ([UInt8], Int64) throws -> [UInt8])?

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self, position: range.lowerBound) }

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: MemoryBytes
        var position: Int

        mutating func next() async throws -> ByteBuffer? {
            await Task.yield()
            if Task.isCancelled { throw CancellationError() }
            guard position < source.range.upperBound else { return nil }
            let end = Swift.min(position + 1000, source.range.upperBound)
            let chunk = Array(source.bytes[position..<end])
            let altered = try source.alteration?(chunk, Int64(position)) ?? chunk
            position = end
            return ByteBuffer(bytes: altered)
        }
    }
}
