// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// An answer's body whose errors are `WireFailure`s.
struct TranslatedBody<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
    let base: Base
    let origin: WireOrigin
    let recorder: WireRecorder
    /// Keeps the client alive until the body's end, even if the pool drops it.
    var client: PooledClient?

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let origin: WireOrigin
        let recorder: WireRecorder
        let client: PooledClient?

        mutating func next() async throws -> ByteBuffer? {
            do {
                guard let buffer = try await base.next() else { return nil }
                recorder.noteReceived(buffer.readableBytes, from: origin)
                return buffer
            } catch {
                throw WireFailure(translating: error, from: origin)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), origin: origin, recorder: recorder, client: client)
    }
}
