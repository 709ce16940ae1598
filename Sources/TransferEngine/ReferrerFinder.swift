import Content
import OCI

/// What refers to a manifest at its source: signatures, attestations, bills of materials.
package struct ReferrerList: Sendable {
    /// Manifests with this one as their subject; nil where there are none.
    var index: ManifestContent?
    /// Whether the target has to be told of them by a tag, for want of a list of its own.
    var needsTag: Bool
    /// Manifests under the tags that cosign derives from the digest.
    var tagged: [(tag: Tag, content: ManifestContent)] = []

    /// The tag that stands for a list of referrers where a registry has none (distribution-spec, "Referrers Tag Schema").
    static func tag(for digest: Digest) -> Tag? { try? Tag(String(base(digest).prefix(128))) }

    /// `sha256-<hex>.sig` and so on (sigstore/cosign, specs/SIGNATURE_SPEC.md).
    static func cosignTags(for digest: Digest) -> [Tag] {
        ["sig", "att", "sbom"].compactMap { try? Tag("\(base(digest)).\($0)") }
    }

    private static func base(_ digest: Digest) -> String { digest.text.split(separator: ":").joined(separator: "-") }
}

/// Asks sources for referrers. A repository's tags are listed once in a run, and only where they matter.
actor ReferrerFinder {
    private var listings: [SourcePlace: Task<Set<Tag>, any Error>] = [:]

    func referrers(
        of digest: Digest, at place: SourcePlace, _ source: any ContentSource, for target: any ContentTarget,
        in targetRepository: Repository
    ) async throws(TransferFailure) -> ReferrerList {
        var list = ReferrerList(needsTag: false)
        do throws(ContentFailure) {
            let tags = try await tags(of: place, source)
            list.index = try await source.referrers(of: digest, in: place.repository)
            if list.index == nil, let tag = ReferrerList.tag(for: digest), tags.contains(tag) {
                list.index = try await source.manifest(.tag(tag), in: place.repository)
            }
            for tag in ReferrerList.cosignTags(for: digest) where tags.contains(tag) {
                list.tagged.append((tag, try await source.manifest(.tag(tag), in: place.repository)))
            }
        } catch {
            throw TransferFailure(error, side: .source)
        }
        if let index = list.index, let manifest = try? Manifest(index.bytes, contentType: index.mediaType) {
            if manifest.children.isEmpty { list.index = nil }
        }
        guard list.index != nil else { return list }
        do throws(ContentFailure) {
            list.needsTag = try await target.referrers(of: digest, in: targetRepository) == nil
        } catch {
            throw TransferFailure(error, side: .target)
        }
        return list
    }

    /// Tags that stand for referrers; none where the registry does not list tags.
    private func tags(of place: SourcePlace, _ source: any ContentSource) async throws(ContentFailure) -> Set<Tag> {
        let listing =
            listings[place]
            ?? Task {
                let tags = try await source.tags(in: place.repository)
                return Set(tags.filter { $0.name.hasPrefix("sha256-") || $0.name.hasPrefix("sha512-") })
            }
        listings[place] = listing
        do { return try await listing.value } catch {
            listings[place] = nil
            guard let failure = error as? ContentFailure else { throw .cancelled }
            guard [.notFound, .unsupported].contains(failure.kind) else { throw failure }
            return []
        }
    }
}
