// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
import OCI

extension RegistryLoad {
    /// Performs one operation of a phase.
    ///
    /// - Returns: the bytes of blobs that it moved.
    /// - Throws: kind `.unsupported` if the registry does not do what was requested.
    package func perform(
        _ phase: RegistryPhase, repetition: Int, _ number: Int
    ) async throws(ContentFailure) -> Int64 {
        let unique = Self.number(of: phase, repetition, number)
        switch phase {
        case .blobPut: return try await upload(large.blob(unique), of: large)
        case .blobPieces: return try await uploadPieces(large.blob(unique))
        case .smallPut: return try await upload(small.blob(unique), of: small)
        case .blobGet: return try await download(stocked(\.largeBlobs), number)
        case .smallGet: return try await download(stocked(\.smallBlobs), number)
        case .blobRanges: return try await downloadRange(number)
        case .manifestPut:
            let image = try image(unique)
            try await put(image, at: .digest(image.digest))
        case .manifestGet: try await readManifest(number)
        case .manifestHead: try await askForManifest(number)
        case .absent: try await askForAbsentBlob(unique)
        case .mount: try await mount(number, repetition)
        case .tags: try await listTags()
        case .referrers: try await listReferrers()
        }
        return 0
    }

    // MARK: - Blobs

    private func upload(_ blob: BenchBlob, of payload: BenchPayload) async throws(ContentFailure) -> Int64 {
        try await put(blob, of: payload, to: try repository("uploads"))
        return payload.size
    }

    private func uploadPieces(_ blob: BenchBlob) async throws(ContentFailure) -> Int64 {
        let repository = try repository("uploads")
        guard let target = target as? any PiecewiseTarget, target.uploadHabits(for: repository).takesPieces else {
            throw Self.unsupported("takes blobs whole only")
        }
        guard case .session(var session, _) = try await target.admit(blob.descriptor, to: repository, from: nil) else {
            throw Self.unsupported("says it has a blob that was never sent")
        }
        try await storing(.blob(blob.descriptor, repository)) { () async throws(ContentFailure) in
            do throws(ContentFailure) {
                var offset: Int64 = 0
                while offset < large.size {
                    let length = min(piece(of: session), large.size - offset)
                    let bytes = large.bytes(of: blob, offset..<offset + length)
                    session = try await target.append(bytes, length: length, to: session)
                    offset += length
                }
                try await target.commit(blob.descriptor, session)
            } catch {
                await target.cancel(session)
                throw error
            }
        }
        return large.size
    }

    private func piece(of session: UploadSession) -> Int64 {
        min(max(settings.pieceSize, session.smallestPiece ?? 1), session.largestPiece ?? .max)
    }

    private func download(_ blobs: [BenchBlob], _ number: Int) async throws(ContentFailure) -> Int64 {
        let blob = try Self.one(of: blobs, number)
        let size = blob.descriptor.size
        let opened = try await target.blob(blob.descriptor, in: try stockRepository(), range: 0..<size)
        return try await Self.drain(opened.bytes, expecting: size)
    }

    private func downloadRange(_ number: Int) async throws(ContentFailure) -> Int64 {
        let blob = try Self.one(of: stocked(\.largeBlobs), number)
        let length = min(settings.pieceSize, large.size)
        // Requests ranges of one blob after the other, from different places.
        let first = Int64(number / max(1, stocked(\.largeBlobs.count))) % (large.size / length) * length
        let opened = try await target.blob(
            blob.descriptor, in: try stockRepository(), range: first..<first + length)
        guard opened.startOffset == first else { throw Self.unsupported("answers a range with the whole blob") }
        return try await Self.drain(opened.bytes, expecting: length)
    }

    /// Reads to the end and checks only the length. Hashing would be the reader's cost, not the registry's.
    private static func drain(_ bytes: BlobStream, expecting size: Int64) async throws(ContentFailure) -> Int64 {
        var received: Int64 = 0
        do { for try await buffer in bytes { received.add(saturating: Int64(buffer.readableBytes)) } } catch {
            throw error as? ContentFailure ?? ContentFailure(.unavailable, "\(error)".displayable)
        }
        guard received == size else {
            throw ContentFailure(.corrupt, "a blob of \(size) bytes ended after \(received)")
        }
        return size
    }

    private func askForAbsentBlob(_ unique: UInt64) async throws(ContentFailure) {
        guard try await target.hasBlob(small.blob(unique).descriptor, in: try stockRepository()) else { return }
        throw Self.unsupported("says it has a blob that was never sent")
    }

    /// Mounts a blob into a repository that does not have it. When all blobs were mounted, a new repository is used.
    private func mount(_ number: Int, _ repetition: Int) async throws(ContentFailure) {
        let blob = try Self.one(of: stocked(\.smallBlobs), number).descriptor
        let repository = try repository("mounts-\(repetition)-\(number / BenchStock.smallCount)")
        switch try await target.admit(blob, to: repository, from: try stockRepository()) {
        case .present: note(.blob(blob, repository))
        case .session(let session, _):
            await target.cancel(session)
            throw Self.unsupported("does not mount blobs of another repository")
        }
    }

    // MARK: - Manifests

    private func readManifest(_ number: Int) async throws(ContentFailure) {
        let image = try Self.one(of: stocked(\.images), number)
        _ = try await target.manifest(.digest(image.digest), in: try stockRepository())
    }

    private func askForManifest(_ number: Int) async throws(ContentFailure) {
        let tag = try Self.one(of: stocked(\.tags), number)
        guard try await target.summary(of: .tag(tag), in: try stockRepository()) != nil else {
            throw ContentFailure(.notFound, "the tag \(tag) is gone")
        }
    }

    /// Reads the list, of which nothing is kept.
    private func listTags() async throws(ContentFailure) {
        let listed = try await target.tags(in: try stockRepository(), where: { _ in false }, onPages: .max)
        guard listed.tags != nil else { throw ContentFailure(.corrupt, "the list of tags has no end") }
    }

    private func listReferrers() async throws(ContentFailure) {
        let subject = try Self.one(of: stocked(\.images), 0)
        guard let list = try await target.referrers(of: subject.digest, in: try stockRepository()) else {
            throw Self.unsupported("has no referrers API")
        }
        // Parsing each list would take this program more time than the registry's work.
        guard list.digest != stocked(\.completeReferrers) else { return }
        let found = (try? JSON(list.bytes))?["manifests"]?.array?.count ?? 0
        guard found == BenchStock.referrerCount else {
            throw ContentFailure(.corrupt, "\(found) of \(BenchStock.referrerCount) referrers are listed")
        }
        change { $0.completeReferrers = list.digest }
    }

    private static func one<Element>(of elements: [Element], _ number: Int) throws(ContentFailure) -> Element {
        guard !elements.isEmpty else { throw ContentFailure(.invalid, "there is nothing to read") }
        return elements[number % elements.count]
    }

    private static func unsupported(_ what: String) -> ContentFailure {
        ContentFailure(.unsupported, "the registry \(what)")
    }
}
