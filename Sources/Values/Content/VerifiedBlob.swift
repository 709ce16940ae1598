// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import OCI
import Synchronization

/// A blob's bytes on their way, hashed as they pass, whose last buffer is handed out only once size and digest are right.
///
/// A target that needs every byte to commit therefore never gets to commit wrong content: the stream throws instead of
/// giving the last buffer, also when the source sends more than promised. Read once, by one task.
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
    ///   - start: where in the blob `base` begins.
    ///   - inspection: sees every byte, and its objection counts like a wrong digest.
    ///   - progress: told the number of bytes of each buffer as it is handed out.
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

    /// Bytes the stream yields in all, if it does not throw.
    package var size: Int64 { descriptor.size - start.offset }

    /// What this stream threw, if it did: tells a failure of the source from one of the target that was reading it.
    package var failure: ContentFailure? { record.failure }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: BlobStream.AsyncIterator
        fileprivate let descriptor: Descriptor
        fileprivate let inspection: (any BlobInspection)?
        fileprivate let progress: @Sendable (Int) -> Void
        fileprivate let record: FailureRecord
        /// How far the bytes have come that were handed out, and what they hash to.
        package fileprivate(set) var mark: BlobMark
        fileprivate var isFinished = false
        fileprivate var thrown: ContentFailure?

        package mutating func next() async throws -> ByteBuffer? {
            // For good: a hash that has seen wrong bytes must not go on to see right ones.
            if let thrown { throw thrown }
            do {
                return try await advance()
            } catch {
                let failure = error as? ContentFailure ?? Self.failure(from: error)
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
            // First, so that both go on at once.
            try await inspection?.update(buffer)
            mark.hash?.update(buffer)
            if mark.offset == descriptor.size {
                // Before the last buffer leaves: nothing may follow it, and everything must be right.
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

        private static func failure(from error: any Error) -> ContentFailure {
            if error is CancellationError { return .cancelled }
            return ContentFailure(.unavailable, "reading a blob failed: \(error)".displayable, retry: .later)
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

/// A place in a blob.
package struct BlobMark: Sendable {
    package var offset: Int64
    /// Of all bytes before; nil where they went by in an earlier run, so that only the target can check the whole.
    package var hash: ContentHash?

    package init(offset: Int64, hash: ContentHash?) {
        self.offset = offset
        self.hash = hash
    }

    package init(beginning descriptor: Descriptor) {
        self.init(offset: 0, hash: ContentHash(descriptor.digest.algorithm))
    }
}
