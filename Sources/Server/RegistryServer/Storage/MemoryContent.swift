// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Bytes in memory in blocks. New bytes are appended at the end.
package struct MemoryContent: Sendable {
    /// Received buffers are copied into blocks of this size, because a slice keeps the whole receive buffer alive.
    static let blockSize = 1 << 20

    private var blocks: [ByteBuffer] = []
    package private(set) var size: Int64 = 0

    package init() {}

    package mutating func append(_ bytes: ByteBuffer) {
        var rest = bytes
        while rest.readableBytes > 0 {
            let room = blocks.last.map { Self.blockSize - $0.readableBytes } ?? 0
            if room == 0 { blocks.append(ByteBuffer()) }
            let count = min(rest.readableBytes, room == 0 ? Self.blockSize : room)
            guard var part = rest.readSlice(length: count) else { return }
            blocks[blocks.count - 1].writeBuffer(&part)
            size += Int64(count)
        }
    }

    package mutating func truncate(to newSize: Int64) {
        blocks = slices(0..<min(newSize, size))
        size = min(newSize, size)
    }

    /// The bytes of a range, without copies.
    package func slices(_ range: Range<Int64>) -> [ByteBuffer] {
        var result: [ByteBuffer] = []
        var start: Int64 = 0
        for block in blocks {
            let end = start + Int64(block.readableBytes)
            let part = range.clamped(to: start..<end)
            if !part.isEmpty,
                let slice = block.getSlice(
                    at: block.readerIndex + Int(part.lowerBound - start), length: Int(part.upperBound - part.lowerBound)
                )
            {
                result.append(slice)
            }
            start = end
        }
        return result
    }
}
