// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Lists of referrers as documents: what is missing in one, and both in one.
enum ReferrerIndex {
    /// The entries of `list` that `other` does not have, as an index; nil where there are none.
    ///
    /// Where nothing is taken away the bytes stay as they are, so that a list copied to a place without one keeps its digest.
    static func missing(of list: ManifestContent, in other: ManifestContent?) -> ManifestContent? {
        let known = digests(of: other)
        return part(of: list) { entry in entry["digest"]?.string.map { !known.contains($0) } ?? false }
    }

    /// The same of a list that has been read.
    static func missing(of list: ParsedManifest, in other: ManifestContent?) throws(ContentFailure) -> ParsedManifest? {
        guard let missing = missing(of: list.content, in: other) else { return nil }
        return missing.digest == list.digest ? list : try ParsedManifest(missing)
    }

    /// A source's list as far as it can be copied.
    struct Reading {
        /// nil where there are none.
        var entries: ParsedManifest?
        /// Why other ones cannot.
        var unreadable: [ContentFailure] = []
    }

    /// Reads the wanted entries of a list. One that cannot be read does not take the others with it.
    ///
    /// - Parameters:
    ///   - name: what to call the list where something in it cannot be read.
    ///   - types: as for `entries(of:withTypes:)`.
    /// - Throws: where it is no list, or cannot be read for more than its entries.
    static func read(
        _ list: ManifestContent, called name: String, withTypes types: Set<String>
    ) throws(ContentFailure) -> Reading {
        do throws(ContentFailure) {
            let whole = try ParsedManifest(list)
            guard let wanted = entries(of: list, withTypes: types) else { return Reading() }
            return Reading(entries: wanted.digest == list.digest ? whole : try ParsedManifest(wanted))
        } catch {
            guard let reading = try readSingly(list, called: name, withTypes: types) else {
                throw ContentFailure(.invalid, "\(name) cannot be read: \(error.message)")
            }
            return reading
        }
    }

    /// - Returns: nil where nothing is wrong with any entry.
    private static func readSingly(
        _ list: ManifestContent, called name: String, withTypes types: Set<String>
    ) throws(ContentFailure) -> Reading? {
        var (readable, reading, isAnyOdd): ([JSON], Reading, Bool) = ([], Reading(), false)
        for (position, entry) in entries(of: list).enumerated() {
            do throws(ManifestError) {
                _ = try Descriptor(entry: entry, field: "manifests[\(position)]")
                if isWanted(entry, types) { readable.append(entry) }
            } catch {
                isAnyOdd = true
                guard isWanted(entry, types) else { continue }
                reading.unreadable.append(ContentFailure(.invalid, "an entry of \(name) cannot be read: \(error)"))
            }
        }
        guard isAnyOdd else { return nil }
        if !readable.isEmpty { reading.entries = try ParsedManifest(content(of: readable, like: nil)) }
        return reading
    }

    /// The entries of `list` whose artifact type is one of these, or that name none; nil where there are none.
    ///
    /// - Parameter types: without parameters; empty: all.
    static func entries(of list: ManifestContent, withTypes types: Set<String>) -> ManifestContent? {
        part(of: list) { isWanted($0, types) }
    }

    /// The entries of `list` besides some; nil where there are none.
    static func entries(of list: ManifestContent, without digests: Set<Digest>) -> ManifestContent? {
        let texts = Set(digests.map(\.text))
        guard !texts.isEmpty, !texts.isDisjoint(with: self.digests(of: list)) else { return list }
        return part(of: list) { entry in entry["digest"]?.string.map { !texts.contains($0) } ?? true }
    }

    private static func isWanted(_ entry: JSON, _ types: Set<String>) -> Bool {
        guard !types.isEmpty, let type = entry["artifactType"]?.string else { return true }
        return types.contains(MediaType(type).essence)
    }

    static func count(_ list: ManifestContent?) -> Int { list.map { entries(of: $0).count } ?? 0 }

    private static func part(of list: ManifestContent, where isWanted: (JSON) -> Bool) -> ManifestContent? {
        let entries = entries(of: list)
        let wanted = entries.filter(isWanted)
        if wanted.isEmpty { return nil }
        return wanted.count == entries.count ? list : content(of: wanted, like: nil)
    }

    /// The entries of `list` that `other` has as well.
    static func common(of list: ParsedManifest, and other: ManifestContent?) -> [Descriptor] {
        let known = digests(of: other)
        return list.children.filter { known.contains($0.digest.text) }
    }

    /// Whether a manifest is a list at all, and not an image under a list's tag.
    static func isList(_ manifest: ManifestContent) -> Bool {
        (try? JSON(manifest.bytes))?["manifests"]?.array != nil
    }

    /// `list` with the entries of `other` that it does not have, in its own order and shape.
    ///
    /// - Returns: nil where it has them all.
    static func merging(_ other: ManifestContent, into list: ManifestContent?) -> ManifestContent? {
        guard let list, let document = try? JSON(list.bytes), document["manifests"]?.array != nil else { return other }
        guard let missing = missing(of: other, in: list) else { return nil }
        return content(of: entries(of: list) + entries(of: missing), like: document)
    }

    /// The same for a target's list under its tag, where an image may stand that is none.
    static func merging(
        _ other: ManifestContent, into list: ManifestContent?, under tag: Tag, at place: ManifestPlace
    ) throws(ContentFailure) -> ManifestContent? {
        if let list, !isList(list) {
            throw ContentFailure(
                .conflict,
                "\(place.store)/\(place.repository):\(tag) is \(list.digest), which is no list of referrers; it was left as it is",
                hint: "the tag stands for a list of what refers to an image; give that image another tag")
        }
        return merging(other, into: list)
    }

    private static func entries(of list: ManifestContent) -> [JSON] {
        (try? JSON(list.bytes))?["manifests"]?.array ?? []
    }

    private static func digests(of list: ManifestContent?) -> Set<String> {
        Set((list.map(entries) ?? []).compactMap { $0["digest"]?.string })
    }

    /// - Parameter document: the list whose other members are kept; nil: a new one.
    private static func content(of entries: [JSON], like document: JSON?) -> ManifestContent {
        guard let document else { return ManifestContent(index: .ociIndex(of: entries)) }
        let changed = (document.members ?? []).map { member in
            member.key == "manifests" ? JSON.Member(key: member.key, value: .array(entries)) : member
        }
        return ManifestContent(index: .object(changed))
    }
}
