// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// Adapts a user's store to the engine. All digests are computed here, not taken from the store.
struct OwnStore: ContentTarget {
    /// Bytes. Registries accept no manifests larger than 4 MiB (distribution, registry/handlers/manifests.go).
    static let largestManifest = 4 << 20

    /// The store's host in references.
    let name: String
    let base: any ContentStore

    /// Calls the store, and translates its errors for the engine.
    private func asking<Value: Sendable>(
        _ ask: () async throws -> Value
    ) async throws(ContentFailure) -> Value {
        do { return try await ask() } catch { throw ContentFailure(error, of: name) }
    }
}

// MARK: - Source

extension OwnStore {
    func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        guard let found = try await content(selector, in: repository) else { return nil }
        return ManifestSummary(digest: found.digest, mediaType: found.mediaType, size: Int64(found.bytes.count))
    }

    func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        if let found = try await content(selector, in: repository) { return found }
        throw ContentFailure(.notFound, "\(name) has no manifest \(selector) in \(repository)")
    }

    private func content(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        let found = try await asking { try await base.manifest(ManifestName(selector), in: repository.path) }
        guard let found else { return nil }
        guard found.bytes.count <= Self.largestManifest else {
            let limit = "\(found.bytes.count) bytes, more than the \(Self.largestManifest) allowed"
            throw ContentFailure(.tooLarge, "\(name): the manifest \(selector) in \(repository) has \(limit)")
        }
        return ManifestContent(
            bytes: found.bytes, mediaType: MediaType(found.mediaType),
            digest: try digest(of: found, as: selector, in: repository))
    }

    /// Computes the digest, which must be the requested one.
    private func digest(
        of found: ImageManifest, as selector: ManifestSelector, in repository: Repository
    ) throws(ContentFailure) -> OCI.Digest {
        guard case .digest(let wanted) = selector else { return ContentHash.digest(of: found.bytes) }
        let actual = ContentHash.digest(of: found.bytes, wanted.algorithm)
        guard actual == wanted else {
            let place = "\(name)/\(repository)@\(wanted)"
            throw ContentFailure(.corrupt, "the manifest \(place) does not match its digest: it hashes to \(actual)")
        }
        return wanted
    }

    func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        let digest = Digest(descriptor.digest)
        let bytes = try await asking { try await base.blob(digest, bytes: range, in: repository.path) }
        guard let bytes else {
            throw ContentFailure(.notFound, "\(name) has no blob \(descriptor.digest.short) in \(repository)")
        }
        return OpenBlob(
            startOffset: range.lowerBound,
            bytes: BlobStream(GivenBytes(base: bytes, count: Int64(range.count), store: name)))
    }

    func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] {
        var tags: [Tag] = []
        for tag in try await asking({ try await base.tags(in: repository.path) }) {
            do { tags.append(try Tag(tag)) } catch {
                throw ContentFailure(.invalid, "\(name) lists \"\(tag.displayable)\" in \(repository), which is no tag")
            }
        }
        return tags
    }

    /// A store keeps lists of referrers under their fallback tags.
    func asksForReferrers(in repository: Repository) -> Bool { false }
}

// MARK: - Target

extension OwnStore {
    /// Only the store knows whether its repositories share blobs, so a run finds it out.
    var mountsBlobs: Bool { false }

    func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission {
        // Without an origin the bytes are sent even if the blob exists, because it may be damaged.
        if origin != nil, try await hasBlob(descriptor, in: repository) { return .present }
        return .session(UploadSession(location: "", repository: repository), mountRefused: false)
    }

    func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        let (passed, repository) = (PassedBytes(bytes), session.repository)
        var failure: ContentFailure?
        do throws(ContentFailure) {
            try await asking {
                try await base.store(
                    passed, as: Digest(descriptor.digest), size: descriptor.size, in: repository.path)
            }
        } catch { failure = error }
        // Also fails if the store ignored the error of the bytes.
        if var cause = bytes.failure {
            cause.kind = cause.kind == .cancelled ? .cancelled : .aborted
            throw cause
        }
        if let failure { throw failure }
        guard passed.count == descriptor.size else {
            throw ContentFailure(
                .invalid, "\(name) took \(passed.count) of \(descriptor.size) bytes of blob \(descriptor.digest.short)")
        }
    }

    /// There is nothing to cancel: a session is only the call that stores.
    func cancel(_ session: UploadSession) async {}

    func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        let digest = Digest(descriptor.digest)
        return try await asking { try await base.hasBlob(digest, size: descriptor.size, in: repository.path) }
    }

    /// Reads and hashes the blob. A registry verifies uploads, but this store may not.
    func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        guard try await hasBlob(descriptor, in: repository) else { return false }
        do {
            let open = try await blob(descriptor, in: repository, range: 0..<descriptor.size)
            for try await _ in VerifiedBlob(open.bytes, expecting: descriptor) {}
            return true
        } catch {
            let failure = ContentFailure(error, of: name)
            if [.corrupt, .notFound].contains(failure.kind) { return false }
            throw failure
        }
    }

    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        let tag: String? = if case .tag(let tag) = selector { tag.name } else { nil }
        let manifest = ImageManifest(manifest, as: mediaType)
        try await asking { try await base.store(manifest, tag: tag, in: repository.path) }
    }
}

// MARK: - Values

extension ManifestName {
    fileprivate init(_ selector: ManifestSelector) {
        switch selector {
        case .tag(let tag): self = .tag(tag.name)
        case .digest(let digest): self = .digest(Digest(digest))
        }
    }
}

extension ContentFailure {
    /// Kinds after which a request may be retried.
    private static let passing: Set<Kind> = [.unavailable, .unreachable, .rateLimited]

    /// Translates an error of a user's store.
    init(_ error: any Error, of store: String) {
        switch error {
        case let failure as ContentFailure: self = failure
        case is CancellationError: self = .cancelled
        case let error as TransshipError:
            let kind = Kind(rawValue: error.kind.rawValue) ?? .unavailable
            self.init(
                kind, "\(store): \(error.message)".displayable, retry: Self.passing.contains(kind) ? .later : .never,
                hint: error.hint?.displayable)
        default: self.init(.unavailable, "\(store): \(error)".displayable, retry: .later)
        }
    }
}
