// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Bytes of a blob as they arrive, one buffer at a time. Back-pressure: the source sends only when the next buffer is
/// requested.
///
/// Read once, by one task.
package struct BlobStream: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    private let begin: @Sendable () -> AsyncIterator

    /// Erases the stream's type. This costs one closure call per buffer, which is negligible for buffers of about 100 KiB.
    package init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == ByteBuffer {
        begin = {
            var iterator = base.makeAsyncIterator()
            return AsyncIterator { try await iterator.next() }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let advance: () async throws -> ByteBuffer?

        package mutating func next() async throws -> ByteBuffer? { try await advance() }
    }

    package func makeAsyncIterator() -> AsyncIterator { begin() }
}

extension BlobStream {
    /// A stream of the given buffers.
    package init(buffers: [ByteBuffer]) {
        begin = {
            var rest = buffers[...]
            return AsyncIterator { rest.popFirst() }
        }
    }
}
