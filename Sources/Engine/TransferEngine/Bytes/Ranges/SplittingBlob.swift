// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// A blob's bytes in order: over one connection while it keeps its reader busy, otherwise over several.
///
/// If several connections are hardly faster, or the source ignores ranges, the blob goes on over one.
struct SplittingBlob: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let whole: ResumingBlob
    let stream: SplitGate.Stream

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(whole, stream) }

    struct AsyncIterator: AsyncIteratorProtocol {
        private enum Phase {
            case whole(ResumingBlob.AsyncIterator)
            case parts(RangeFetches, rest: ArraySlice<ByteBuffer>)
        }

        private let source: BlobOrigin
        private let stream: SplitGate.Stream
        private var phase: Phase
        private var offset: Int64
        private var pace: SourcePace
        /// Bytes a second over one connection; nil until it has been judged.
        private var rateOfOne: Double?
        private var isWorthIt = true

        init(_ whole: ResumingBlob, _ stream: SplitGate.Stream) {
            source = whole.origin
            self.stream = stream
            phase = .whole(whole.makeAsyncIterator())
            offset = whole.range.lowerBound
            pace = SourcePace(start: whole.origin.clock.now)
        }

        mutating func next() async throws -> ByteBuffer? {
            let asked = source.clock.now
            guard let buffer = try await advance() else { return nil }
            offset += Int64(buffer.readableBytes)
            let now = source.clock.now
            pace.note(buffer.readableBytes, after: now - asked)
            judge(at: now)
            return buffer
        }

        private mutating func advance() async throws -> ByteBuffer? {
            while true {
                switch phase {
                case .whole(var iterator):
                    defer { phase = .whole(iterator) }
                    return try await iterator.next()
                case .parts(let fetches, var rest):
                    if let buffer = rest.popFirst() {
                        phase = .parts(fetches, rest: rest)
                        return buffer
                    }
                    if offset == source.descriptor.size { return nil }
                    try await nextPart(of: fetches)
                }
            }
        }

        private mutating func nextPart(of fetches: RangeFetches) async throws {
            do {
                if let part = try await fetches.part(goesOn: isWorthIt) {
                    phase = .parts(fetches, rest: part[...])
                    return
                }
            } catch {
                try Task.checkCancellation()
                // The read over one connection will meet and report what is wrong with the source.
                isWorthIt = false
            }
            stream.join(forGood: !isWorthIt)
            let rest = try await ResumingBlob(source, range: offset..<source.descriptor.size)
            phase = .whole(rest.makeAsyncIterator())
        }

        /// Splits a slow stream once, and checks whether the split helped.
        private mutating func judge(at now: Duration) {
            guard let rate = pace.rate(at: now, watching: stream.settings.watchTime) else { return }
            switch phase {
            case .whole where rateOfOne == nil: splitIfSlow(rate, at: now)
            case .parts where isWorthIt:
                if let rateOfOne, rate < rateOfOne * RangeSettings.gain { isWorthIt = false }
                pace = SourcePace(start: now)
            default: break
            }
        }

        private mutating func splitIfSlow(_ rate: Double, at now: Duration) {
            guard stream.settings.isWorthwhile(source.descriptor.size - offset, at: rate), pace.isStarving(at: now),
                stream.split()
            else { return pace = SourcePace(start: now) }
            rateOfOne = rate
            pace = SourcePace(start: now)
            phase = .parts(RangeFetches(source, from: offset, stream.settings), rest: [])
        }
    }
}
