// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

/// What refers to what in a layout: read once for each state of its index, for every manifest that is listed has to be opened.
final class LayoutReferrers: Sendable {
    private struct State {
        var index: [UInt8] = []
        var entries: [Digest: [JSON]] = [:]
    }

    private let state = Mutex(State())

    /// The entries of a manifest's list, each digest once. Blocks.
    func entries(of subject: Digest, in folder: LayoutFolder) throws -> [JSON] {
        let bytes = try folder.indexBytes()
        return try state.withLock { state in
            if state.index != bytes { state = State(index: bytes, entries: try Self.read(folder)) }
            return state.entries[subject] ?? []
        }
    }

    private static func read(_ folder: LayoutFolder) throws -> [Digest: [JSON]] {
        var found: [Digest: [JSON]] = [:]
        func add(_ entry: JSON, to subject: Digest) {
            guard found[subject]?.contains(where: { $0["digest"] == entry["digest"] }) != true else { return }
            found[subject, default: []].append(entry)
        }
        let index = try folder.index()
        for listed in index.entries {
            guard let bytes = try? folder.manifest(listed.digest), let document = try? JSON(bytes),
                let manifest = try? Manifest(bytes, contentType: listed.mediaType)
            else { continue }
            if let subject = manifest.subject?.digest,
                let entry = JSON.referrer(manifest, document, digest: listed.digest, size: bytes.count)
            {
                add(entry, to: subject)
            }
            guard let subject = listed.annotations[LayoutIndex.nameKey].flatMap(Self.subject) else { continue }
            for entry in document["manifests"]?.array ?? [] { add(entry, to: subject) }
        }
        return found
    }

    /// What a list under this name is of: `sha256-<hex>` (distribution-spec, "Referrers Tag Schema").
    private static func subject(of name: String) -> Digest? {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        return try? Digest("\(name[..<dash]):\(name[name.index(after: dash)...])")
    }
}
