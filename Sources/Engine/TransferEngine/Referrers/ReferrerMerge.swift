// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Adds entries to a target's list of referrers. The target's own list is requested first. Then the list under a tag is
/// read, written and read again, because another client may write at the same time and a registry has no atomic update.
struct ReferrerMerge: Sendable {
    enum Step: Sendable {
        /// Request the list that the target keeps itself; then call `targetListed`.
        case askTarget
        /// Read the list under the tag; then call `tagRead`.
        case readTag(Tag)
        /// Write the list under the tag; then call `written`.
        case put(ManifestContent, Tag)
        case done(MergedReferrers)
    }

    private(set) var step: Step
    private let wanted: ReferrerDocument
    private let place: ManifestPlace
    private let tag: Tag?
    private var writes = 0

    /// How often a list is written.
    private static let attempts = 4

    init(_ content: ManifestContent, referringTo subject: Digest, at place: ManifestPlace) {
        wanted = ReferrerDocument(content)
        self.place = place
        tag = ReferrerList.tag(for: subject)
        step = tag == nil ? .done(MergedReferrers(list: content)) : .askTarget
    }

    /// - Parameters:
    ///   - list: nil if the target keeps no list.
    ///   - mayLackEntries: the target has the API, but its list may lack manifests that were pushed.
    mutating func targetListed(_ list: ManifestContent?, mayLackEntries: Bool) {
        guard let tag else { return }
        step = .readTag(tag)
        guard let list, !mayLackEntries || wanted.missing(in: ReferrerDocument(list)) == nil else { return }
        step = .done(MergedReferrers(list: list))
    }

    /// - Parameter content: nil if there is nothing under the tag.
    /// - Throws: if there is an image that is not a list. It stays as it is.
    mutating func tagRead(_ content: ManifestContent?) throws(ContentFailure) {
        guard let tag else { return }
        let list = content.map(ReferrerDocument.init)
        if let list, !list.isList { throw noList(list.content.digest, under: tag) }
        let merged = if let list { list.merging(wanted) } else { wanted }
        guard let merged else {
            step = .done(MergedReferrers(list: content ?? wanted.content, tag: tag, isWritten: writes > 0))
            return
        }
        step = .put(merged.content, tag)
    }

    /// - Throws: if none of `attempts` writes was found afterwards.
    mutating func written() throws(ContentFailure) {
        guard let tag else { return }
        writes += 1
        step = .readTag(tag)
        guard writes < Self.attempts else {
            throw ContentFailure(
                .conflict,
                "\(place.store)/\(place.repository):\(tag): the list of referrers is changed by somebody else")
        }
    }

    private func noList(_ digest: Digest, under tag: Tag) -> ContentFailure {
        ContentFailure(
            .conflict,
            "\(place.store)/\(place.repository):\(tag) is \(digest), which is no list of referrers; it was left as it is",
            hint: "the tag stands for a list of what refers to an image; give that image another tag")
    }
}

/// A list of referrers as it is at the target now.
struct MergedReferrers: Sendable {
    var list: ManifestContent
    /// The tag of the list; nil if the target keeps the list itself.
    var tag: Tag?
    var isWritten = false

    var listing: ReferrerListing? {
        tag.map { ReferrerListing(tag: $0, digest: list.digest, size: list.bytes.count, isNew: isWritten) }
    }
}

/// The place of the list of a manifest's referrers.
struct ReferrerListPlace: Hashable {
    let store: StoreID
    let repository: Repository
    let subject: Digest

    /// - Parameter place: the place of an entry of the list, or of the list itself.
    init(of subject: Digest, at place: ManifestPlace) {
        (store, repository) = (place.store, place.repository)
        self.subject = subject
    }
}
