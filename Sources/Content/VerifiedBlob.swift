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
    private let inspection: (any BlobInspection)?
    private let progress: @Sendable (Int) -> Void
    private let record = FailureRecord()

    /// - Parameters:
    ///   - inspection: sees every byte, and its objection counts like a wrong digest.
    ///   - progress: told the number of bytes of each buffer as it is handed out.
    package init(
        _ base: BlobStream, expecting descriptor: Descriptor, inspection: (any BlobInspection)? = nil,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.base = base
        self.descriptor = descriptor
        self.inspection = inspection
        self.progress = progress
    }

    /// Bytes the stream yields in all, if it does not throw.
    package var size: Int64 { descriptor.size }

    /// What this stream threw, if it did: tells a failure of the source from one of the target that was reading it.
    package var failure: ContentFailure? { record.failure }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: BlobStream.AsyncIterator
        fileprivate let descriptor: Descriptor
        fileprivate let inspection: (any BlobInspection)?
        fileprivate let progress: @Sendable (Int) -> Void
        fileprivate let record: FailureRecord
        fileprivate var hash: ContentHash
        fileprivate var received: Int64 = 0
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
            received += Int64(buffer.readableBytes)
            guard received <= descriptor.size else { throw tooLong() }
            // First, so that both go on at once.
            try await inspection?.update(buffer)
            hash.update(buffer)
            if received == descriptor.size {
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
            let actual = hash.finish()
            guard actual == descriptor.digest else {
                throw ContentFailure(
                    .corrupt,
                    "blob \(descriptor.digest.short) does not match its digest: \(received) bytes read, content hashes to "
                        + "\(actual.short)", retry: .later)
            }
            try await inspection?.finish()
        }

        private func ended() -> ContentFailure {
            ContentFailure(
                .unavailable, "blob \(descriptor.digest.short) ended after \(received) of \(descriptor.size) bytes",
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
            record: record, hash: ContentHash(descriptor.digest.algorithm))
    }

    fileprivate final class FailureRecord: Sendable {
        private let state = Mutex<ContentFailure?>(nil)
        var failure: ContentFailure? { state.withLock { $0 } }
        func set(_ failure: ContentFailure) { state.withLock { $0 = $0 ?? failure } }
    }
}
