// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What refers to a manifest at its source and is missing at the target: signatures, attestations, bills of materials.
package struct ReferrerList: Sendable {
    /// A tag that both sides have for different content.
    struct Difference: Sendable {
        var tag: Tag
        var atSource: Digest
        var atTarget: Digest
    }

    /// Manifests with this one as their subject that the target's list does not have; nil where there are none.
    var index: ParsedManifest?
    /// Whether the target may have to be told of them by a tag, for want of a list of its own.
    var needsTag = false
    /// Manifests under the tags that cosign derives from the digest.
    var tagged: [(tag: Tag, manifest: ParsedManifest)] = []
    /// Why something at the source that may refer to the manifest cannot be copied.
    var unreadable: [TransferFailure] = []
    /// Signatures that the target has of its own, which are left alone.
    var kept: [Difference] = []
    /// How many refer to the manifest and are not of the wanted types.
    var left = 0
    /// What refers to the manifest, and is at the target.
    var present: [Descriptor] = []
    /// Requests that this took, besides the manifests in `tagged`.
    var requests = (source: 0, target: 0)

    /// What the target lacks, as failures of the manifest at `place`.
    func lacks(at place: ManifestPlace) -> [TransferFailure] {
        let names =
            (index?.children ?? []).map { "\($0.digest)" } + tagged.map { "\($0.tag) (\($0.manifest.digest))" }
        return names.map { name in
            let message = "\(name) refers to \(place.digest) at the source, and is not at the target"
            return TransferFailure(ContentFailure(.notFound, message), side: .target)
        }
    }
}

/// Asks sources for referrers.
actor ReferrerFinder {
    private var listings: [SourcePlace: TagsByDigest] = [:]
    /// Whether the source's signatures take the place of other ones at the target.
    private let replacesSignatures: Bool

    /// Those that are wanted; empty: all.
    private let artifactTypes: Set<String>

    init(replacesSignatures: Bool = false, artifactTypes: Set<String> = []) {
        self.replacesSignatures = replacesSignatures
        self.artifactTypes = artifactTypes
    }

    func referrers(
        of digest: Digest, at place: SourcePlace, _ source: any ContentSource, for target: any ContentTarget,
        in targetRepository: Repository
    ) async throws(TransferFailure) -> ReferrerList {
        var list = ReferrerList()
        let tags: Set<Tag>
        let index: ParsedManifest?
        do throws(ContentFailure) {
            if source.asksForReferrers(in: place.repository) { list.requests.source += 1 }
            let api = try await source.referrers(of: digest, in: place.repository)
            tags = try await self.tags(for: digest, hasList: api != nil, at: place, source, &list)
            let listed = if let api { api } else { try await listUnderTag(of: digest, at: place, source, tags, &list) }
            index = try wanted(of: listed, about: digest, at: place, &list)
        } catch {
            throw TransferFailure(error, side: .source)
        }
        for tag in ReferrerList.cosignTags(for: digest) where tags.contains(tag) && artifactTypes.isEmpty {
            try await compare(tag, at: place, source, target, targetRepository, &list)
        }
        guard let index else { return list }
        do throws(ContentFailure) {
            if target.asksForReferrers(in: targetRepository) { list.requests.target += 1 }
            var known = try await target.readableReferrers(of: digest, in: targetRepository)
            list.needsTag = known == nil
            if known == nil {
                list.requests.target += 1
                known = try await Self.fallback(of: digest, target, targetRepository)
            }
            list.index = try ReferrerIndex.missing(of: index, in: known)
            list.present += ReferrerIndex.common(of: index, and: known)
        } catch {
            throw TransferFailure(error, side: .target)
        }
        return list
    }

    /// The entries of a source's list that are wanted; of those that cannot be read it is noted why.
    private func wanted(
        of listed: ManifestContent?, about digest: Digest, at place: SourcePlace, _ list: inout ReferrerList
    ) throws(ContentFailure) -> ParsedManifest? {
        guard let listed else { return nil }
        let ofTypes = ReferrerIndex.entries(of: listed, withTypes: artifactTypes)
        list.left = ReferrerIndex.count(listed) - ReferrerIndex.count(ofTypes)
        let name = "the list of what refers to \(place.store)/\(place.repository)@\(digest.short)"
        let read = try ReferrerIndex.read(listed, called: name, withTypes: artifactTypes)
        list.unreadable += read.unreadable.map { TransferFailure($0, side: .source) }
        return read.entries
    }

    /// The list under the tag that stands for one.
    private func listUnderTag(
        of digest: Digest, at place: SourcePlace, _ source: any ContentSource, _ tags: Set<Tag>,
        _ list: inout ReferrerList
    ) async throws(ContentFailure) -> ManifestContent? {
        guard let tag = ReferrerList.tag(for: digest), tags.contains(tag) else { return nil }
        list.requests.source += 1
        let found = try await source.manifest(.tag(tag), in: place.repository)
        // Some registries take the tag for the digest, and send the image itself: what it points at refers to nothing.
        return found.digest == digest ? nil : found
    }

    /// A target's list under the tag that stands for one; nil where there is none.
    static func fallback(
        of digest: Digest, _ target: any ContentTarget, _ repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        guard let tag = ReferrerList.tag(for: digest) else { return nil }
        do throws(ContentFailure) {
            let found = try await target.manifest(.tag(tag), in: repository)
            // Some registries take the tag for the digest, and send the image itself.
            return found.digest == digest ? nil : found
        } catch {
            if error.kind == .notFound { return nil }
            // A target may answer 403 for what is not there, as for any manifest, and for a list that would be overwritten.
            guard error.kind == .denied, try await target.certainSummary(of: .tag(tag), in: repository) == nil else {
                throw error
            }
            return nil
        }
    }

    /// Copies a signature that the target does not have, and leaves alone one that it has of its own.
    private func compare(
        _ tag: Tag, at place: SourcePlace, _ source: any ContentSource, _ target: any ContentTarget,
        _ repository: Repository, _ list: inout ReferrerList
    ) async throws(TransferFailure) {
        list.requests.target += 1
        let atTarget = try await asking(.target) { () async throws(ContentFailure) in
            try await target.certainSummary(of: .tag(tag), in: repository)?.digest
        }
        if atTarget == nil, target.confirmsAbsence { list.requests.target += 1 }
        if let atTarget {
            list.requests.source += 1
            let atSource = try await asking(.source) { () async throws(ContentFailure) in
                try await source.summary(of: .tag(tag), in: place.repository)?.digest
            }
            if atSource == nil { return }
            if atSource == atTarget { return list.present.append(.manifest(atTarget)) }
            if let atSource, !replacesSignatures {
                list.kept.append(.init(tag: tag, atSource: atSource, atTarget: atTarget))
                return
            }
        }
        let content = try await asking(.source) { () async throws(ContentFailure) in
            try await source.manifest(.tag(tag), in: place.repository)
        }
        do throws(ContentFailure) { list.tagged.append((tag, try ParsedManifest(content))) } catch {
            var failure = error
            failure.message = "\(place.store)/\(place.repository):\(tag): " + error.message
            list.unreadable.append(TransferFailure(failure, side: .source))
            list.requests.source += 1
        }
    }

    /// Those of the tags that may stand for referrers of a manifest which the source has: from the repository's list, or by
    /// asking for each, whichever takes fewer requests as far as can be told.
    ///
    /// - Parameter hasList: the source has a list of referrers by its API, and needs none under a tag.
    private func tags(
        for digest: Digest, hasList: Bool, at place: SourcePlace, _ source: any ContentSource,
        _ list: inout ReferrerList
    ) async throws(ContentFailure) -> Set<Tag> {
        // What cosign puts under a tag has no artifact type.
        let cosign = artifactTypes.isEmpty ? ReferrerList.cosignTags(for: digest) : []
        let wanted = cosign + (hasList ? [] : [ReferrerList.tag(for: digest)].compactMap(\.self))
        guard !wanted.isEmpty else { return [] }
        let listing = listings[place] ?? TagsByDigest(of: place.repository, at: source)
        listings[place] = listing
        let answer = try await listing.present(among: wanted)
        list.requests.source += answer.requests
        return answer.present
    }
}

extension Descriptor {
    /// A manifest of which no more than the digest is known.
    fileprivate static func manifest(_ digest: Digest) -> Descriptor {
        Descriptor(mediaType: .ociManifest, digest: digest, size: 0)
    }
}
