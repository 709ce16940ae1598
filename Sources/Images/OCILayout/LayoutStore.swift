// SPDX-License-Identifier: Apache-2.0

package import Content
import Files
import NIOCore
import NIOPosix
package import OCI

/// An OCI image layout as the source or the target of a copy: one folder, read and written byte for byte.
///
/// A layout is one repository, whatever name is used. Blocking work runs on NIO's own thread pool.
package struct LayoutStore: ContentTarget {
    /// The name of the layout's only repository.
    package static let repository = Repository.layout

    private let folder: LayoutFolder
    private let listed: LayoutReferrers

    /// - Parameter path: the folder. It is created when something is written.
    package init(_ path: String) {
        folder = LayoutFolder(path: path)
        listed = LayoutReferrers()
    }

    /// Runs blocking work on the thread pool and converts errors to `ContentFailure`.
    private func blocking<Value: Sendable>(
        _ work: @escaping @Sendable (LayoutFolder) throws -> Value
    ) async throws(ContentFailure) -> Value {
        let folder = folder
        do {
            return try await NIOThreadPool.singleton.runIfActive { try work(folder) }
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> ContentFailure {
        switch error {
        case let failure as ContentFailure: failure
        case let error as FileProblem where error.isMissing:
            ContentFailure(.notFound, "\(error)".displayable, hint: hint(after: error))
        case let error as FileProblem: Self.failure(of: error)
        case let problem as LayoutProblem: ContentFailure(.invalid, "\(folder.path.displayable): \(problem)")
        case is CancellationError: .cancelled
        default: ContentFailure(.unavailable, "\(folder.path): \(error)".displayable)
        }
    }

    /// The failure for a file problem. A folder needs no login, so no system error means missing credentials.
    static func failure(of problem: FileProblem) -> ContentFailure {
        let text = "\(problem)".displayable
        if problem.isTooManyOpenFiles { return .tooManyOpenFiles(text) }
        if problem.isFull || problem.isTooLarge { return ContentFailure(.tooLarge, text) }
        return ContentFailure(problem.isOfTheWrongKind ? .corrupt : .unavailable, text)
    }

    private func hint(after problem: FileProblem) -> String {
        problem.operation == "open" && problem.path.contains("/blobs/")
            ? "the layout lacks this content: it was written with --sparse, or not to its end"
            : "oci:\(folder.path.displayable) has to be an OCI image layout: a folder with index.json"
    }
}

// MARK: - Source

extension LayoutStore {
    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        do throws(ContentFailure) {
            let content = try await manifest(selector, in: repository)
            return ManifestSummary(
                digest: content.digest, mediaType: content.mediaType, size: Int64(content.bytes.count))
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        try await blocking { folder in
            switch selector {
            case .digest(let digest):
                // The list itself is not a blob, but can be requested by its digest.
                if folder.size(of: digest) == nil, let list = try? folder.indexBytes(),
                    ContentHash.digest(of: list) == digest
                {
                    return ManifestContent(bytes: list, mediaType: .ociIndex, digest: digest)
                }
                let bytes = try folder.manifest(digest)
                return ManifestContent(bytes: bytes, mediaType: Self.mediaType(of: bytes), digest: digest)
            case .tag(let tag):
                let index = try folder.index()
                guard let entry = index.entry(tag) else { throw Self.missing(tag, index, folder) }
                return ManifestContent(
                    bytes: try folder.manifest(entry.digest), mediaType: entry.mediaType, digest: entry.digest)
            }
        }
    }

    /// The media type that a manifest names itself, because files have no media type.
    private static func mediaType(of bytes: [UInt8]) -> MediaType {
        (try? Manifest(bytes, contentType: nil))?.mediaType ?? .octetStream
    }

    private static func missing(_ tag: Tag, _ index: LayoutIndex, _ folder: LayoutFolder) -> ContentFailure {
        let names = index.tags.map(\.name)
        let offer =
            names.isEmpty
            ? "its \(index.entries.count) images have no names" : "it has \(names.joined(separator: ", "))"
        return ContentFailure(
            .notFound, "the layout \(folder.path.displayable) has no image \"\(tag)\"", hint: offer.displayable)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        let file = try await blocking { try $0.blob(descriptor.digest) }
        guard file.size == descriptor.size else {
            throw ContentFailure(
                .corrupt,
                "\(folder.blobPath(descriptor.digest).displayable) has \(file.size) bytes, not the \(descriptor.size) promised"
            )
        }
        return OpenBlob(startOffset: range.lowerBound, bytes: file.bytes(range))
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] {
        try await blocking { try $0.index().tags }
    }

    /// The manifests that the layout lists with this one as their subject, and those in the list under the fallback
    /// tag.
    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        let listed = listed
        return try await list { try listed.entries(of: digest, in: $0) }
    }

    package func readableReferrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        let listed = listed
        return try await list { try listed.readableEntries(of: digest, in: $0) }
    }

    private func list(
        _ entries: @escaping @Sendable (LayoutFolder) throws -> [JSON]
    ) async throws(ContentFailure) -> ManifestContent {
        try await blocking { folder in
            ManifestContent(index: .ociIndex(of: folder.hasIndex ? try entries(folder) : []))
        }
    }
}

// MARK: - The index

extension LayoutStore {
    /// The images of the layout, in order.
    package func entries() async throws(ContentFailure) -> [Descriptor] {
        try await blocking { try $0.index().entries }
    }

    /// The layout's list of images as a manifest, byte for byte.
    package func indexManifest() async throws(ContentFailure) -> ManifestContent {
        try await blocking { folder in
            _ = try folder.index()
            let bytes = try folder.indexBytes()
            return ManifestContent(bytes: bytes, mediaType: .ociIndex, digest: ContentHash.digest(of: bytes))
        }
    }

    /// Lists images that are in the layout already, by complete entries.
    package func list(_ entries: [JSON]) async throws(ContentFailure) {
        try await blocking { folder in
            try folder.changeIndex { index in
                for entry in entries { index.add(entry) }
            }
        }
    }
}

// MARK: - Target

extension LayoutStore {
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission {
        try await blocking { folder in
            // Without an origin the bytes are sent even if the blob exists, because it may be damaged.
            if origin != nil, folder.size(of: descriptor.digest) == descriptor.size { return .present }
            try folder.prepare()
            return .session(
                UploadSession(location: folder.newPartial(), repository: repository), mountRefused: false)
        }
    }

    /// Checks the folder, or the folder in which it would be created. Creates nothing.
    package func proveWritable(_ repository: Repository) async throws(ContentFailure) {
        try await blocking { try Files.checkWritable($0.path) }
    }

    package func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        do {
            let file = try await blocking { _ in try LayoutFile(partial: session.location) }
            var offset: Int64 = 0
            // The stream verifies the bytes: it throws before its last buffer if any of them is wrong.
            for try await buffer in bytes {
                let position = offset
                try await blocking { _ in try file.write(buffer, at: position) }
                offset += Int64(buffer.readableBytes)
            }
            try await blocking { folder in
                try file.synchronize()
                try folder.adopt(session.location, as: descriptor.digest)
            }
        } catch {
            await cancel(session)
            guard let cause = bytes.failure else { throw failure(error) }
            var aborted = cause
            aborted.kind = cause.kind == .cancelled ? .cancelled : .aborted
            throw aborted
        }
    }

    /// Removes the partial file at once: the thread pool takes no work from a task that is cancelled.
    package func cancel(_ session: UploadSession) async { _ = try? Files.remove(session.location) }

    package func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        try await blocking { $0.size(of: descriptor.digest) == descriptor.size }
    }

    /// Reads and hashes the file, because nothing else has verified it since it was written.
    package func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        guard try await hasBlob(descriptor, in: repository) else { return false }
        let open = try await blob(descriptor, in: repository, range: 0..<descriptor.size)
        let bytes = VerifiedBlob(open.bytes, expecting: descriptor)
        do { for try await _ in bytes {} } catch {
            if bytes.failure?.kind == .corrupt { return false }
            throw bytes.failure ?? failure(error)
        }
        return true
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        try await blocking { folder in
            try folder.store(manifest)
            guard case .tag(let tag) = selector else { return try folder.list(manifest) }
            let descriptor = Descriptor(
                mediaType: mediaType, digest: manifest.digest, size: Int64(manifest.bytes.count))
            try folder.set(tag, to: descriptor)
        }
    }
}
