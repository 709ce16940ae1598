// SPDX-License-Identifier: Apache-2.0

import Content
import Files
import OCI
import Synchronization

/// The referrers in a layout. They are read once for each state of the index, because every listed manifest has to be
/// opened.
final class LayoutReferrers: Sendable {
    fileprivate struct State {
        var index: [UInt8] = []
        var entries: [Digest: [JSON]] = [:]
        /// Listed manifests that could not be read. They are read again each time, because they may be written later
        /// without a change of the index.
        var unreadable: [Descriptor] = []
        var problem: (any Error)?
    }

    private let state = Mutex(State())

    /// The entries of a manifest's referrers list, each digest once. Blocks.
    ///
    /// - Throws: also if a listed manifest is missing or damaged, because it may be a referrer of the subject.
    func entries(of subject: Digest, in folder: LayoutFolder) throws -> [JSON] {
        let state = try current(folder)
        if let problem = state.problem { throw problem }
        return state.entries[subject] ?? []
    }

    /// The same, but manifests that cannot be read are left out. Blocks.
    func readableEntries(of subject: Digest, in folder: LayoutFolder) throws -> [JSON] {
        try current(folder).entries[subject] ?? []
    }

    private func current(_ folder: LayoutFolder) throws -> State {
        let bytes = try folder.indexBytes()
        return try state.withLock { state in
            if state.index != bytes { state = State(index: bytes, unreadable: try folder.index().entries) }
            state.read(folder)
            return state
        }
    }
}

extension LayoutReferrers.State {
    /// Reads the manifests that have not been read yet.
    fileprivate mutating func read(_ folder: LayoutFolder) {
        let listed = unreadable
        (unreadable, problem) = ([], nil)
        for entry in listed {
            do { add(try folder.manifest(entry.digest), of: entry) } catch {
                unreadable.append(entry)
                problem = problem ?? folder.problem(reading: entry, error)
            }
        }
    }

    private mutating func add(_ bytes: [UInt8], of listed: Descriptor) {
        guard let document = try? JSON(bytes), let manifest = try? Manifest(bytes, contentType: listed.mediaType) else {
            return
        }
        if let subject = manifest.subject?.digest,
            let entry = JSON.referrer(manifest, document, digest: listed.digest, size: bytes.count)
        {
            add(entry, to: subject)
        }
        guard let subject = listed.annotations[LayoutIndex.nameKey].flatMap(Self.subject) else { return }
        for entry in document["manifests"]?.array ?? [] { add(entry, to: subject) }
    }

    private mutating func add(_ entry: JSON, to subject: Digest) {
        guard entries[subject]?.contains(where: { $0["digest"] == entry["digest"] }) != true else { return }
        entries[subject, default: []].append(entry)
    }

    /// The subject of the list under this fallback tag: `sha256-<hex>` (distribution-spec, "Referrers Tag Schema").
    private static func subject(of name: String) -> Digest? {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        return try? Digest("\(name[..<dash]):\(name[name.index(after: dash)...])")
    }
}

extension LayoutFolder {
    /// The error for a listed manifest that cannot be read.
    fileprivate func problem(reading entry: Descriptor, _ error: any Error) -> any Error {
        var failure: ContentFailure
        switch error {
        case let problem as FileProblem where problem.isMissing:
            failure = ContentFailure(
                .notFound, "\(blobPath(entry.digest).displayable), which index.json lists, is missing")
        case let damage as ContentFailure: failure = damage
        default: return error
        }
        failure.hint = "copy the folder anew, or leave out what refers to images with --referrers=none"
        return failure
    }
}
