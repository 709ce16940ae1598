// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A blob that is sent in pieces.
struct PieceUpload {
    var blob: BlobUpload
    var target: any PiecewiseTarget
    /// Bytes of a piece; the last one may be smaller.
    var size: Int64

    /// Where the next piece ends.
    func endOfPiece(after session: UploadSession) -> Int64 {
        min(session.acknowledged.adding(saturating: size), blob.descriptor.size)
    }
}

extension BlobMover {
    /// Goes on with an upload that was begun before.
    ///
    /// - Returns: nil where that cannot be done.
    func resume(
        _ open: UploadLedger.OpenUpload, _ upload: BlobUpload
    ) async throws(TransferFailure) -> CopyAnswer? {
        let asked = open.session
        guard let target = target(upload.place) as? any PiecewiseTarget else {
            await abandon(asked, upload)
            return nil
        }
        let session = try await asking(.target) { () async throws(ContentFailure) in
            try await target.progress(of: asked)
        }
        // A count below the former one is useless (Amazon's registry answers so; `0-0` may also mean one byte).
        guard let session, session.acknowledged >= asked.acknowledged, session.acknowledged > 0,
            session.acknowledged <= upload.descriptor.size
        else {
            await abandon(asked, upload)
            return nil
        }
        let mark =
            open.hash.map { BlobMark(offset: asked.acknowledged, hash: $0) }
            ?? BlobMark(offset: session.acknowledged, hash: nil)
        let size = if case .pieces(let size) = plan(upload, session) { size } else { pieces.size }
        try await send(PieceUpload(blob: upload, target: target, size: size), into: session, from: mark)
        return .sent(mountRefused: false, resumedAt: open.hash == nil ? session.acknowledged : nil)
    }

    func cancelUnused(_ upload: BlobUpload) async {
        if let session = upload.session { await target(upload.place).cancel(session) }
    }

    private func abandon(_ session: UploadSession, _ upload: BlobUpload) async {
        ledger.forget(upload.place)
        await target(upload.place).cancel(session)
    }

    /// - Parameter mark: the position to read the source from, at or before the end of the session's bytes.
    func send(
        _ upload: PieceUpload, into session: UploadSession, from mark: BlobMark
    ) async throws(TransferFailure) {
        let passage = begin(upload.blob, from: session.acknowledged)
        var isDone = false
        defer { meter.end(passage, at: clock.now, isDone: isDone) }
        let bytes = try await verified(upload, from: mark, to: session, counting: passage)
        let (reader, begun) = (PieceReader(bytes), session.acknowledged)
        var session = session
        do throws(ContentFailure) {
            try await skip(reader, to: session.acknowledged, bytes)
            while session.acknowledged < upload.blob.descriptor.size {
                let end = upload.endOfPiece(after: session)
                session = try await upload.target.append(
                    reader.piece(to: end), length: end - session.acknowledged, to: session)
                ledger.keep(.init(session: session, hash: reader.mark.hash), at: upload.blob.place)
            }
            try await upload.target.commit(upload.blob.descriptor, session)
            ledger.forget(upload.blob.place)
            isDone = true
        } catch {
            var failure = blame(error, reading: bytes, for: upload.blob)
            if isWorthless(failure) {
                await abandon(session, upload.blob)
            } else {
                failure.advanced = session.acknowledged - begun
            }
            throw failure
        }
    }

    private func verified(
        _ upload: PieceUpload, from mark: BlobMark, to session: UploadSession, counting passage: TransferMeter.Passage
    ) async throws(TransferFailure) -> VerifiedBlob {
        do throws(ContentFailure) {
            let look = try await inspection(of: upload.blob)
            // An inspection needs the whole layer.
            let mark = look == nil ? mark : BlobMark(beginning: upload.blob.descriptor)
            passage.beginsBefore(offset: session.acknowledged - mark.offset)
            let cut = CutBytes(
                base: try await source(upload.blob, from: mark.offset), start: mark.offset,
                origin: session.acknowledged, piece: upload.size)
            return VerifiedBlob(
                BlobStream(cut), expecting: upload.blob.descriptor, from: mark, inspection: look
            ) { [meter] in meter.add($0, to: passage) }
        } catch {
            throw TransferFailure(error, side: .source)
        }
    }

    private func skip(_ reader: PieceReader, to offset: Int64, _ bytes: VerifiedBlob) async throws(ContentFailure) {
        do { try await reader.skip(to: offset) } catch {
            throw bytes.failure ?? ContentFailure(.aborted, "the blob's bytes ended early")
        }
    }

    /// Whether bytes turned out to be wrong: such an upload must not be continued.
    private func isWorthless(_ failure: TransferFailure) -> Bool {
        [.corrupt, .tooLarge].contains(failure.cause.kind) || failure.cause.codes.contains("BLOB_UPLOAD_UNKNOWN")
            || failure.cause.codes.contains("DIGEST_INVALID")
    }
}
