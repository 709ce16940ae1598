// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore

/// Cuts a stream's buffers so that none crosses the border between two pieces.
struct CutBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: BlobStream
    /// Offset of the first byte within the blob.
    let start: Int64
    /// Where the first piece begins, and how many bytes each has.
    let origin: Int64
    let piece: Int64

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), position: start, origin: origin, piece: piece)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: BlobStream.AsyncIterator
        var position: Int64
        let origin: Int64
        let piece: Int64
        var rest = ByteBuffer()

        mutating func next() async throws -> ByteBuffer? {
            if rest.readableBytes == 0 {
                guard let buffer = try await base.next() else { return nil }
                rest = buffer
            }
            let room = position < origin ? origin - position : piece - (position - origin) % piece
            let count = Int(Swift.min(room, Int64(rest.readableBytes)))
            position += Int64(count)
            return rest.readSlice(length: count)
        }
    }
}

/// A blob's verified bytes, given out piece by piece.
///
/// Unchecked: one piece after the other uses its iterator, and a piece's reader has ended before the answer to its request
/// is handled.
final class PieceReader: @unchecked Sendable {
    private var iterator: VerifiedBlob.AsyncIterator

    init(_ blob: VerifiedBlob) { iterator = blob.makeAsyncIterator() }

    /// The position up to which the bytes were read, and their hash.
    var mark: BlobMark { iterator.mark }

    /// Reads up to `offset` and drops the bytes.
    func skip(to offset: Int64) async throws {
        while iterator.mark.offset < offset, try await iterator.next() != nil {}
    }

    /// The bytes from here up to `end`, to be read once.
    func piece(to end: Int64) -> BlobStream { BlobStream(Piece(reader: self, end: end)) }

    fileprivate func next(before end: Int64) async throws -> ByteBuffer? {
        iterator.mark.offset < end ? try await iterator.next() : nil
    }
}

private struct Piece: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let reader: PieceReader
    let end: Int64

    struct AsyncIterator: AsyncIteratorProtocol {
        let piece: Piece
        mutating func next() async throws -> ByteBuffer? { try await piece.reader.next(before: piece.end) }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(piece: self) }
}
