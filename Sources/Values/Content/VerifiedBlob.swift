// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import OCI
import Synchronization

/// A stream of a blob's bytes that hashes them, and hands out the last buffer only after size and digest were verified.
///
/// A target needs every byte to commit, so it cannot commit wrong content: the stream throws in place of the last buffer,
/// even if the source sends more bytes than the descriptor says. It can be read once, by one task.
package struct VerifiedBlob: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    private let base: BlobStream
    private let descriptor: Descriptor
    private let start: BlobMark
    private let inspection: (any BlobInspection)?
    private let progress: @Sendable (Int) -> Void
    private let record = FailureRecord()

    /// - Parameters:
    ///   - start: the position in the blob at which `base` begins.
    ///   - inspection: gets every byte. If it throws, this counts like a wrong digest.
    ///   - progress: called with the number of bytes of each buffer that is handed out.
    package init(
        _ base: BlobStream, expecting descriptor: Descriptor, from start: BlobMark? = nil,
        inspection: (any BlobInspection)? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.base = base
        self.descriptor = descriptor
        self.start = start ?? BlobMark(beginning: descriptor)
        self.inspection = inspection
        self.progress = progress
    }

    /// The number of bytes that the stream yields in total, if it does not throw.
    package var size: Int64 { descriptor.size - start.offset }

    /// The error that this stream threw, if any. It distinguishes a failure of the source from one of the target that reads
    /// it.
    package var failure: ContentFailure? { record.failure }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: BlobStream.AsyncIterator
        fileprivate let descriptor: Descriptor
        fileprivate let inspection: (any BlobInspection)?
        fileprivate let progress: @Sendable (Int) -> Void
        fileprivate let record: FailureRecord
        /// The position after the bytes that were handed out, and their hash.
        package fileprivate(set) var mark: BlobMark
        fileprivate var isFinished = false
        fileprivate var thrown: ContentFailure?

        package mutating func next() async throws -> ByteBuffer? {
            // The error is final, because a hash of wrong bytes must not be continued with correct ones.
            if let thrown { throw thrown }
            do {
                return try await advance()
            } catch {
                let failure = ContentFailure(whileReadingBlob: error)
                thrown = failure
                record.set(failure)
                throw failure
            }
        }

        private mutating func advance() async throws -> ByteBuffer? {
            if isFinished { return nil }
            guard let buffer = try await nextNonEmpty() else {
                if descriptor.size > 0 { throw ended() }
                try await check()
                isFinished = true
                return nil
            }
            mark.offset += Int64(buffer.readableBytes)
            guard mark.offset <= descriptor.size else { throw tooLong() }
            // The inspection gets the buffer first, so that it works while the target receives it.
            try await inspection?.update(buffer)
            mark.hash?.update(buffer)
            if mark.offset == descriptor.size {
                // Before the last buffer is handed out: nothing may follow it, and everything must be verified.
                guard try await nextNonEmpty() == nil else { throw tooLong() }
                try await check()
                isFinished = true
            }
            progress(buffer.readableBytes)
            return buffer
        }

        private mutating func nextNonEmpty() async throws -> ByteBuffer? {
            while let buffer = try await base.next() {
                if buffer.readableBytes > 0 { return buffer }
            }
            return nil
        }

        private func check() async throws {
            if let actual = mark.hash?.finish(), actual != descriptor.digest {
                let wanted = descriptor.digest
                var failure = ContentFailure(
                    .corrupt,
                    "error verifying \(wanted.algorithm) checksum after reading \(mark.offset) bytes; "
                        + "got \"\(actual)\", want \"\(wanted)\"", retry: .later)
                failure.received = actual
                throw failure
            }
            try await inspection?.finish()
        }

        private func ended() -> ContentFailure {
            ContentFailure(
                .unavailable, "blob \(descriptor.digest.short) ended after \(mark.offset) of \(descriptor.size) bytes",
                retry: .later)
        }

        private func tooLong() -> ContentFailure {
            ContentFailure(
                .corrupt, "blob \(descriptor.digest.short) is longer than the \(descriptor.size) bytes promised",
                retry: .later)
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            base: base.makeAsyncIterator(), descriptor: descriptor, inspection: inspection, progress: progress,
            record: record, mark: start)
    }

    fileprivate final class FailureRecord: Sendable {
        private let state = Mutex<ContentFailure?>(nil)
        var failure: ContentFailure? { state.withLock { $0 } }
        func set(_ failure: ContentFailure) { state.withLock { $0 = $0 ?? failure } }
    }
}

extension ContentFailure {
    /// What the stream of a blob's bytes has thrown.
    package init(whileReadingBlob error: any Error) {
        switch error {
        case let failure as ContentFailure: self = failure
        case is CancellationError: self = .cancelled
        default: self.init(.unavailable, "reading a blob failed: \(error)".displayable, retry: .later)
        }
    }
}

/// A place in a blob.
package struct BlobMark: Sendable {
    package var offset: Int64
    /// The hash of all bytes before; nil if an earlier run sent them, so that only the target can verify the whole.
    package var hash: ContentHash?

    package init(offset: Int64, hash: ContentHash?) {
        self.offset = offset
        self.hash = hash
    }

    package init(beginning descriptor: Descriptor) {
        self.init(offset: 0, hash: ContentHash(descriptor.digest.algorithm))
    }
}
