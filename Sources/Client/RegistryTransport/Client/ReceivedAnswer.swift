// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// An answer as `AnswerReceiver` hands it over.
struct ReceivedAnswer: Sendable {
    let head: ReceivedHead
    let body: ReceivedBody
}

struct ReceivedHead: Sendable {
    let status: Int
    let headers: HTTPHeaders

    /// A body up to this many bytes arrives with its head or right after it.
    static let smallBody = 16 << 10

    /// Whether the whole body can be waited for: there is none, or its length is known and small.
    func hasSmallBody(isHead: Bool) -> Bool {
        if isHead || status == 204 || status == 304 { return true }
        guard let length = headers.first(name: "Content-Length").flatMap(Int.init) else { return false }
        return length <= Self.smallBody
    }
}

/// The body of an answer: what has arrived with its head, or all of it as it arrives.
struct ReceivedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Stream = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, ReaderSignals
    >

    private let parts: [ByteBuffer]
    /// Thrown after the parts, if the body broke off there.
    private let failure: (any Error)?
    private let stream: Stream?

    init(_ parts: [ByteBuffer], _ failure: (any Error)?) { (self.parts, self.failure, stream) = (parts, failure, nil) }

    /// A body whose bytes arrive later.
    ///
    /// - Parameter signals: what its reader wants.
    static func streamed(_ signals: ReaderSignals) -> (body: ReceivedBody, source: Stream.Source) {
        let new = Stream.makeSequence(
            elementType: ByteBuffer.self, backPressureStrategy: .init(lowWatermark: 1, highWatermark: 1),
            finishOnDeinit: true, delegate: signals)
        return (ReceivedBody(new.sequence), new.source)
    }

    private init(_ stream: Stream) { (parts, failure, self.stream) = ([], nil, stream) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var parts: ArraySlice<ByteBuffer>
        fileprivate let failure: (any Error)?
        fileprivate let stream: Stream.AsyncIterator?

        mutating func next() async throws -> ByteBuffer? {
            if let stream { return try await stream.next() }
            if let part = parts.popFirst() { return part }
            if let failure { throw failure }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(parts: parts[...], failure: failure, stream: stream?.makeAsyncIterator())
    }
}

/// What the reader of a streamed body tells its connection. Called from any thread.
final class ReaderSignals: NIOAsyncSequenceProducerDelegate {
    private let more: @Sendable () -> Void
    private let end: @Sendable () -> Void

    /// - Parameters:
    ///   - more: called when the reader wants more bytes.
    ///   - end: called when the body was read to its end, or is not read any more.
    init(more: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
        self.more = more
        self.end = end
    }

    func produceMore() { more() }

    func didTerminate() { end() }
}
