// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// A blob and the place that it is read from.
struct BlobOrigin: Sendable {
    let descriptor: Descriptor
    let repository: Repository
    let store: any ContentSource
    let clock: any TransferClock
    var policy = ReadPolicy.normal

    func open(_ range: Range<Int64>) async throws(ContentFailure) -> OpenBlob {
        try await store.blob(descriptor, in: repository, range: range, policy: policy)
    }
}

/// A blob's bytes, or a range of them, in order. A new connection continues where the last one broke off.
///
/// When the source breaks off, the rest of the blob is requested while the target's upload waits. The hash continues across
/// the break, so it detects a source that continues with other bytes. Gives up after `triesWithoutProgress` breaks with
/// less than a mebibyte between them.
///
/// This is not a retry of a request; the request machine does those. It also handles every pause of a source that is longer
/// than an upload can wait.
struct ResumingBlob: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    static let triesWithoutProgress = 5
    static let progress: Int64 = 1 << 20
    /// Targets, and proxies in front of them, close uploads that receive nothing for half a minute.
    static let longestPause = Duration.seconds(10)

    let origin: BlobOrigin
    /// The bytes of the blob that are read.
    let range: Range<Int64>
    private let first: OpenBlob

    /// Opens the blob, so that a missing blob is found before any request to the target.
    init(_ origin: BlobOrigin, range: Range<Int64>) async throws(ContentFailure) {
        self.origin = origin
        self.range = range
        first = try await origin.open(range)
    }

    /// Whether the source sent the requested part.
    var isPart: Bool { first.startOffset == range.lowerBound }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            blob: self, stream: first.bytes.makeAsyncIterator(), offset: range.lowerBound,
            surplus: range.lowerBound - first.startOffset, lastBreak: range.lowerBound)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let blob: ResumingBlob
        var stream: BlobStream.AsyncIterator
        /// The offset in the blob of the next byte to hand out.
        var offset: Int64
        /// Bytes to drop because the source began again at zero.
        var surplus: Int64
        var breaks = 0
        var lastBreak: Int64

        mutating func next() async throws -> ByteBuffer? {
            while true {
                do {
                    guard var buffer = try await stream.next() else {
                        if offset >= blob.range.upperBound { return nil }
                        throw ContentFailure(.unavailable, endedEarly, retry: .later)
                    }
                    guard drop(from: &buffer) else { continue }
                    offset += Int64(buffer.readableBytes)
                    return buffer
                } catch {
                    try await resume(after: error)
                }
            }
        }

        /// Removes what was handed out before; false if nothing is left of the buffer.
        private mutating func drop(from buffer: inout ByteBuffer) -> Bool {
            let dropped = Int(Swift.min(surplus, Int64(buffer.readableBytes)))
            buffer.moveReaderIndex(forwardBy: dropped)
            surplus -= Int64(dropped)
            return buffer.readableBytes > 0
        }

        private var endedEarly: String {
            "blob \(blob.origin.descriptor.digest.short) ended after \(offset) of \(blob.origin.descriptor.size) bytes"
        }

        /// Opens the rest of the blob, or throws the failure if it is final.
        private mutating func resume(after error: any Error) async throws {
            var failure = try Self.resumable(error)
            if offset - lastBreak >= ResumingBlob.progress { breaks = 0 }
            lastBreak = offset
            while true {
                breaks += 1
                guard breaks < ResumingBlob.triesWithoutProgress, offset < blob.range.upperBound else {
                    throw givenUp(failure)
                }
                try await pause(after: failure)
                do throws(ContentFailure) {
                    let rest = try await blob.origin.open(offset..<blob.range.upperBound)
                    stream = rest.bytes.makeAsyncIterator()
                    surplus = offset - rest.startOffset
                    return
                } catch {
                    failure = try Self.resumable(error)
                }
            }
        }

        /// The failure as final for callers, because the retries were made here. A source that asks for a pause still gets
        /// one from the request machine.
        private func givenUp(_ failure: ContentFailure) -> ContentFailure {
            var failure = failure
            if !failure.asksForPause { failure.retry = .never }
            failure.message += ", \(breaks) tries without progress at byte \(offset)"
            return failure
        }

        /// - Throws: the failure, if the source asks for a longer pause than an upload can wait. Then all requests to this
        ///   source have to wait.
        private func pause(after failure: ContentFailure) async throws {
            let pause = pauseBeforeNext(failure)
            guard pause <= ResumingBlob.longestPause else { throw failure }
            guard pause > .zero else { return }
            try await blob.origin.clock.sleep(until: blob.origin.clock.now + pause)
        }

        /// Zero the first time, because most breaks concern one connection.
        private func pauseBeforeNext(_ failure: ContentFailure) -> Duration {
            if case .notBefore(let pause) = failure.retry { return pause }
            return breaks > 1 ? .milliseconds(250) * (1 << (breaks - 2)) : .zero
        }

        private static func resumable(_ error: any Error) throws -> ContentFailure {
            guard let failure = error as? ContentFailure else {
                if error is CancellationError { throw error }
                return ContentFailure(.unavailable, "reading a blob failed: \(error)".displayable, retry: .later)
            }
            guard failure.retry != .never, failure.kind != .corrupt else { throw failure }
            return failure
        }
    }
}
