// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// A blob and where it is read from.
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

/// A blob's bytes, or some of them, in order, over as many connections as it takes.
///
/// When the source breaks off, the blob is asked for again from where it stopped, while the target's upload waits. The
/// hash goes on over the seam, so a source that continues with other bytes is found out. Gives up after
/// `triesWithoutProgress` breaks with less than a mebibyte between them.
///
/// This is no retry of a request: that is the request machine's. So is every pause of a source that is longer than an
/// upload can wait for.
struct ResumingBlob: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    static let triesWithoutProgress = 5
    static let progress: Int64 = 1 << 20
    /// Targets and the proxies in front of them close uploads that stand still for half a minute.
    static let longestPause = Duration.seconds(10)

    let origin: BlobOrigin
    /// The bytes of the blob that are read.
    let range: Range<Int64>
    private let first: OpenBlob

    /// Opens the blob, so that a missing one is known before anything is asked of the target.
    init(_ origin: BlobOrigin, range: Range<Int64>) async throws(ContentFailure) {
        self.origin = origin
        self.range = range
        first = try await origin.open(range)
    }

    /// Whether the source gave the part it was asked for.
    var isPart: Bool { first.startOffset == range.lowerBound }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            blob: self, stream: first.bytes.makeAsyncIterator(), offset: range.lowerBound,
            surplus: range.lowerBound - first.startOffset, lastBreak: range.lowerBound)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let blob: ResumingBlob
        var stream: BlobStream.AsyncIterator
        /// Where in the blob the next byte to hand out is.
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

        /// Opens the rest, or throws what cannot be helped.
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

        /// Not to be tried again by others: this was the trying. But a source that asks for a pause gets one from the machine.
        private func givenUp(_ failure: ContentFailure) -> ContentFailure {
            var failure = failure
            if !failure.asksForPause { failure.retry = .never }
            failure.message += ", \(breaks) tries without progress at byte \(offset)"
            return failure
        }

        /// - Throws: the failure if the source asks for more than an upload can wait: then everything that is asked of this
        ///   source has to wait.
        private func pause(after failure: ContentFailure) async throws {
            let pause = pauseBeforeNext(failure)
            guard pause <= ResumingBlob.longestPause else { throw failure }
            guard pause > .zero else { return }
            try await blob.origin.clock.sleep(until: blob.origin.clock.now + pause)
        }

        /// None the first time: most breaks are one connection's.
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
