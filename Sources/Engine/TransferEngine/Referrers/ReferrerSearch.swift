// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// One search for the referrers of a manifest. The source is asked first, then the target is asked which of them it has.
struct ReferrerSearch {
    /// The wanted referrers, for all manifests of a run.
    struct Choice: Sendable {
        /// Whether the source's signatures replace other ones at the target.
        var replacesSignatures: Bool
        /// The wanted types; empty: all.
        var artifactTypes: Set<String>
        /// What the target lists is sent, too.
        var sendsAll = false
    }

    let digest: Digest
    let choice: Choice
    let sourcePlace: RepositoryPlace
    let source: any ContentSource
    let listing: TagsByDigest
    let target: any ContentTarget
    let targetRepository: Repository
    /// What has been found so far.
    private(set) var found = ReferrerList()
    /// The wanted entries of the source's list.
    private var index: ReadReferrers?
    /// Tags of the source that may stand for referrers.
    private var tags: Set<Tag> = []

    init(
        digest: Digest, choice: Choice, sourcePlace: RepositoryPlace, source: any ContentSource, listing: TagsByDigest,
        target: any ContentTarget, targetRepository: Repository
    ) {
        self.digest = digest
        self.choice = choice
        self.sourcePlace = sourcePlace
        self.source = source
        self.listing = listing
        self.target = target
        self.targetRepository = targetRepository
    }
}

// MARK: - Source

extension ReferrerSearch {
    /// Requests the list by the source's referrers API, and requests by tag what the API does not tell.
    mutating func readSource() async throws(TransferFailure) {
        do throws(ContentFailure) {
            if source.asksForReferrers(in: sourcePlace.repository) { found.requests.source += 1 }
            let api = try await source.referrers(of: digest, in: sourcePlace.repository)
            tags = try await presentTags(hasList: api != nil)
            let listed = if let api { api } else { try await listUnderTag() }
            index = try wanted(of: listed)
        } catch {
            throw TransferFailure(error, side: .source)
        }
    }

    /// The tags that the source has and that may belong to referrers of the manifest. They come from the repository's list
    /// of tags, or from one request for each tag, whichever is expected to take fewer requests.
    ///
    /// - Parameter hasList: the source lists referrers by its API, so no list under a tag is needed.
    private mutating func presentTags(hasList: Bool) async throws(ContentFailure) -> Set<Tag> {
        // Manifests that cosign stores under tags have no artifact type.
        let cosign = choice.artifactTypes.isEmpty ? ReferrerList.cosignTags(for: digest) : []
        let wanted = cosign + (hasList ? [] : [ReferrerList.tag(for: digest)].compactMap(\.self))
        guard !wanted.isEmpty else { return [] }
        let answer = try await listing.present(among: wanted)
        found.requests.source += answer.requests
        return answer.present
    }

    /// The list under the fallback tag.
    private mutating func listUnderTag() async throws(ContentFailure) -> ManifestContent? {
        guard let tag = ReferrerList.tag(for: digest), tags.contains(tag) else { return nil }
        found.requests.source += 1
        let list = try await source.manifest(.tag(tag), in: sourcePlace.repository)
        // Some registries resolve the tag to the digest and send the image itself. Its entries are not referrers.
        return list.digest == digest ? nil : list
    }

    /// The wanted entries of the source's list. Notes why invalid entries cannot be read.
    private mutating func wanted(of listed: ManifestContent?) throws(ContentFailure) -> ReadReferrers? {
        // A list may name the manifest itself. The entry is dropped, because the manifest would wait for itself.
        guard let listed = listed.flatMap({ ReferrerDocument($0).entries(without: [digest]) }) else { return nil }
        let ofTypes = listed.entries(withTypes: choice.artifactTypes)
        found.left = listed.entries.count - (ofTypes?.entries.count ?? 0)
        let name = "the list of what refers to \(sourcePlace.store)/\(sourcePlace.repository)@\(digest.short)"
        let read = try listed.read(called: name, withTypes: choice.artifactTypes)
        found.unreadable += read.unreadable.map { TransferFailure($0, side: .source) }
        return read.entries
    }
}

// MARK: - Target

extension ReferrerSearch {
    /// Finds out which referrers the target lacks.
    mutating func compareWithTarget() async throws(TransferFailure) {
        for tag in ReferrerList.cosignTags(for: digest) where tags.contains(tag) && choice.artifactTypes.isEmpty {
            try await compareSignature(under: tag)
        }
        guard let index else { return }
        do throws(ContentFailure) {
            if target.asksForReferrers(in: targetRepository) { found.requests.target += 1 }
            let listed = try await target.readableReferrers(of: digest, in: targetRepository).map(ReferrerDocument.init)
            found.needsTag = listed == nil
            if choice.sendsAll { return found.index = index.manifest }
            found.present += index.common(with: listed)
            guard let missing = try index.missing(in: listed) else { return }
            let tagged = try await targetList(isOnly: listed == nil).map(ReferrerDocument.init)
            found.present += missing.common(with: tagged)
            found.index = try missing.missing(in: tagged)?.manifest
        } catch {
            throw TransferFailure(error, side: .target)
        }
    }

    /// The target's list under the fallback tag. A target may have the API but list nothing that is pushed. Then the client
    /// that pushed wrote the list under the tag.
    ///
    /// - Parameter isOnly: the target has no other list, so a failure to read this one is an error.
    private mutating func targetList(isOnly: Bool) async throws(ContentFailure) -> ManifestContent? {
        found.requests.target += 1
        do throws(ContentFailure) {
            return try await ReferrerFinder.fallback(of: digest, at: target, in: targetRepository)
        } catch {
            guard !isOnly, error.retry == .never, error.kind != .cancelled else { throw error }
            return nil
        }
    }

    /// Reads a signature that the target lacks. The target's own signature is kept, unless the run replaces signatures.
    private mutating func compareSignature(under tag: Tag) async throws(TransferFailure) {
        if let atTarget = try await targetDigest(of: tag) {
            found.requests.source += 1
            let atSource = try await asking(.source) { () async throws(ContentFailure) in
                try await source.summary(of: .tag(tag), in: sourcePlace.repository)?.digest
            }
            guard let atSource else { return }
            if atSource == atTarget { return found.present.append(.manifest(atTarget)) }
            if !choice.replacesSignatures {
                return found.kept.append(.init(tag: tag, atSource: atSource, atTarget: atTarget))
            }
        }
        try await readSignature(under: tag)
    }

    private mutating func targetDigest(of tag: Tag) async throws(TransferFailure) -> Digest? {
        found.requests.target += 1
        let digest = try await asking(.target) { () async throws(ContentFailure) in
            try await target.certainSummary(of: .tag(tag), in: targetRepository)?.digest
        }
        if digest == nil, target.confirmsAbsence { found.requests.target += 1 }
        return digest
    }

    private mutating func readSignature(under tag: Tag) async throws(TransferFailure) {
        do throws(ContentFailure) {
            let content = try await source.manifest(.tag(tag), in: sourcePlace.repository)
            found.tagged.append((tag, try ParsedManifest(content)))
        } catch {
            // A failure that may be temporary makes the whole search be retried.
            guard error.retry == .never, error.kind != .cancelled else { throw TransferFailure(error, side: .source) }
            var failure = error
            failure.message = "\(sourcePlace.store)/\(sourcePlace.repository):\(tag): " + error.message
            found.unreadable.append(TransferFailure(failure, side: .source))
            found.requests.source += 1
        }
    }
}

extension Descriptor {
    /// A manifest of which only the digest is known.
    fileprivate static func manifest(_ digest: Digest) -> Descriptor {
        Descriptor(mediaType: .ociManifest, digest: digest, size: 0)
    }
}
