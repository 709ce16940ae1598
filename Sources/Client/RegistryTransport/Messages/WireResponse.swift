// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The head of an answer, and its body as a stream.
package struct WireResponse: Sendable {
    package let status: Int
    package let headers: WireHeaders
    /// The URL that answered. After redirects it differs from the requested one.
    package let url: WireURL
    /// A body that is not read to its end keeps its connection in use. Releasing the body closes the connection.
    package let body: WireBody

    package init(status: Int, headers: WireHeaders, url: WireURL, body: WireBody) {
        self.status = status
        self.headers = headers
        self.url = url
        self.body = body
    }
}

/// The bytes of an answer as they arrive. Everything it throws is a `WireFailure`.
package struct WireBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    private let bytes: AnyByteStream
    /// All of the body, if it has arrived.
    private let whole: [ByteBuffer]?

    package init(_ bytes: AnyByteStream) { (self.bytes, whole) = (bytes, nil) }

    package init(_ buffers: [ByteBuffer] = []) { (bytes, whole) = (AnyByteStream(buffers), buffers) }

    package func makeAsyncIterator() -> AnyByteStream.AsyncIterator { bytes.makeAsyncIterator() }

    /// The first bytes of the body, at most `limit`, and whether that was the whole body.
    package func collected(upTo limit: Int) async throws(WireFailure) -> (bytes: [UInt8], isComplete: Bool) {
        let start = await beginning(upTo: limit)
        if let failure = start.failure { throw failure }
        return (start.bytes, start.isComplete)
    }

    /// As `collected`, but returns what has arrived even if the rest fails. For answers whose status says enough.
    package func beginning(
        upTo limit: Int
    ) async -> (bytes: [UInt8], isComplete: Bool, failure: WireFailure?) {
        var collected: [UInt8] = []
        if let whole {
            let fits = whole.allSatisfy { collected.take($0, upTo: limit) }
            return (collected, fits, nil)
        }
        do {
            for try await buffer in self where !collected.take(buffer, upTo: limit) { return (collected, false, nil) }
        } catch {
            return (collected, false, WireFailure(wrapping: error))
        }
        return (collected, true, nil)
    }
}

extension [UInt8] {
    /// - Returns: whether all of the bytes fitted.
    fileprivate mutating func take(_ buffer: ByteBuffer, upTo limit: Int) -> Bool {
        let room = limit - count
        append(contentsOf: buffer.readableBytesView.prefix(room))
        return buffer.readableBytes <= room
    }
}
