// SPDX-License-Identifier: Apache-2.0

import Files
package import NIOCore

/// An open file of a layout or an archive, read and written in buffers. Its calls block.
package final class LayoutFile: Sendable {
    private let file: OpenFile
    package var size: Int64 { file.size }

    package init(reading path: String) throws { file = try OpenFile(reading: path) }

    /// A file that was not there before.
    init(creating path: String) throws { file = try OpenFile(creating: path, mode: 0o644) }

    /// Holds the file for this process until the value is gone, waiting for others to let go.
    init(locking path: String) throws {
        file = try OpenFile(keeping: path, mode: 0o644, isShared: true)
        _ = try file.lock(waits: true)
    }

    /// Up to `count` bytes; none only at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: space[..<count]), at: offset)
        }
        return buffer
    }

    package func write(_ buffer: ByteBuffer, at offset: Int64) throws {
        try buffer.withUnsafeReadableBytes { try file.write($0, at: offset) }
    }

    func synchronize() throws { try file.synchronize() }
}
