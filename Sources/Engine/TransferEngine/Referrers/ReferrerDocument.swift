// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A list of referrers as a document, parsed once.
struct ReferrerDocument: Sendable {
    let content: ManifestContent
    let entries: [JSON]
    /// The digests of the entries, as written.
    private let digests: Set<String>
    /// nil for content that is not a list, such as an image under a list's tag.
    private let document: JSON?

    init(_ content: ManifestContent) {
        let document = (try? JSON(content.bytes)).flatMap { $0["manifests"]?.array == nil ? nil : $0 }
        self.init(content, document)
    }

    /// - Parameter document: the list whose other members are kept; nil: a new one.
    private init(_ entries: [JSON], like document: JSON?) {
        let changed = document.map { document in
            JSON.object(
                (document.members ?? []).map { member in
                    member.key == "manifests" ? JSON.Member(key: member.key, value: .array(entries)) : member
                })
        }
        let whole = changed ?? .ociIndex(of: entries)
        self.init(ManifestContent(index: whole), whole)
    }

    private init(_ content: ManifestContent, _ document: JSON?) {
        (self.content, self.document) = (content, document)
        entries = document?["manifests"]?.array ?? []
        digests = Set(entries.compactMap { $0["digest"]?.string })
    }

    var isList: Bool { document != nil }
}

// MARK: - Parts

extension ReferrerDocument {
    /// The entries that `other` does not have; nil if there are none.
    ///
    /// If no entry is removed, the bytes stay as they are, so a list that is copied to a place without a list keeps its
    /// digest.
    func missing(in other: ReferrerDocument?) -> ReferrerDocument? {
        part { entry in entry["digest"]?.string.map { other?.digests.contains($0) != true } ?? false }
    }

    /// The entries whose artifact type is one of these, or that name none; nil where there are none.
    ///
    /// - Parameter types: without parameters; empty: all.
    func entries(withTypes types: Set<String>) -> ReferrerDocument? { part { Self.isWanted($0, types) } }

    /// All entries except these; nil if there are none.
    func entries(without left: Set<Digest>) -> ReferrerDocument? {
        let texts = Set(left.map(\.text))
        guard !texts.isEmpty, !texts.isDisjoint(with: digests) else { return self }
        return part { entry in entry["digest"]?.string.map { !texts.contains($0) } ?? true }
    }

    /// The given manifests that are on this list.
    func common(with manifests: [Descriptor]) -> [Descriptor] { manifests.filter { digests.contains($0.digest.text) } }

    /// This list with the entries of `other` that it does not have, in its own order and shape.
    ///
    /// - Returns: nil if this list has all of them; `other` if this is not a list.
    func merging(_ other: ReferrerDocument) -> ReferrerDocument? {
        guard isList else { return other }
        guard let missing = other.missing(in: self) else { return nil }
        return ReferrerDocument(entries + missing.entries, like: document)
    }

    private func part(where isWanted: (JSON) -> Bool) -> ReferrerDocument? {
        let wanted = entries.filter(isWanted)
        if wanted.isEmpty { return nil }
        return wanted.count == entries.count ? self : ReferrerDocument(wanted, like: nil)
    }

    private static func isWanted(_ entry: JSON, _ types: Set<String>) -> Bool {
        guard !types.isEmpty, let type = entry["artifactType"]?.string else { return true }
        return types.contains(MediaType(type).essence)
    }
}

// MARK: - Reading

/// Entries of a list. Each of them is valid.
struct ReadReferrers: Sendable {
    let document: ReferrerDocument
    let manifest: ParsedManifest

    private init(_ document: ReferrerDocument, _ manifest: ParsedManifest) {
        (self.document, self.manifest) = (document, manifest)
    }

    init(_ document: ReferrerDocument) throws(ContentFailure) {
        self.init(document, try ParsedManifest(document.content))
    }

    /// Keeps some of the entries, without parsing all of them again.
    func keeping(_ part: ReferrerDocument) throws(ContentFailure) -> ReadReferrers {
        part.content.digest == manifest.digest ? ReadReferrers(part, manifest) : try ReadReferrers(part)
    }

    /// The entries that a target's list does not have; nil where there are none.
    func missing(in list: ReferrerDocument?) throws(ContentFailure) -> ReadReferrers? {
        guard let missing = document.missing(in: list) else { return nil }
        return try keeping(missing)
    }

    /// The entries that a target's list has as well.
    func common(with list: ReferrerDocument?) -> [Descriptor] { list?.common(with: manifest.children) ?? [] }
}

extension ReferrerDocument {
    /// The part of a source's list that can be copied.
    struct Reading {
        /// nil where there are none.
        var entries: ReadReferrers?
        /// Why the other entries cannot be copied.
        var unreadable: [ContentFailure] = []
    }

    /// Reads the wanted entries. An invalid entry does not affect the others.
    ///
    /// - Parameters:
    ///   - name: the name of the list in failures.
    ///   - types: as for `entries(withTypes:)`.
    /// - Throws: if it is not a list, or if more than its entries is invalid.
    func read(called name: String, withTypes types: Set<String>) throws(ContentFailure) -> Reading {
        do throws(ContentFailure) {
            let whole = try ReadReferrers(self)
            guard let wanted = entries(withTypes: types) else { return Reading() }
            return Reading(entries: try whole.keeping(wanted))
        } catch {
            guard let reading = try readSingly(called: name, withTypes: types) else {
                throw ContentFailure(.invalid, "\(name) cannot be read: \(error.message)")
            }
            return reading
        }
    }

    /// - Returns: nil if every entry is valid.
    private func readSingly(called name: String, withTypes types: Set<String>) throws(ContentFailure) -> Reading? {
        var (readable, reading, isAnyOdd): ([JSON], Reading, Bool) = ([], Reading(), false)
        for (position, entry) in entries.enumerated() {
            do throws(ManifestError) {
                _ = try Descriptor(entry: entry, field: "manifests[\(position)]")
                if Self.isWanted(entry, types) { readable.append(entry) }
            } catch {
                isAnyOdd = true
                guard Self.isWanted(entry, types) else { continue }
                reading.unreadable.append(ContentFailure(.invalid, "an entry of \(name) cannot be read: \(error)"))
            }
        }
        guard isAnyOdd else { return nil }
        if !readable.isEmpty { reading.entries = try ReadReferrers(ReferrerDocument(readable, like: nil)) }
        return reading
    }
}
