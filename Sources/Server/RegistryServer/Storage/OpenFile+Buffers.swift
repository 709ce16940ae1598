// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore

// Stored files, read into the buffers that connections send. All calls block.

extension OpenFile {
    /// - Returns: nil if there is no such file.
    static func existing(_ path: String) throws(FileProblem) -> OpenFile? {
        try ifPresent { () throws(FileProblem) in try OpenFile(reading: path) }
    }

    /// The same for writing.
    static func updatable(_ path: String) throws(FileProblem) -> OpenFile? {
        try ifPresent { () throws(FileProblem) in try OpenFile(updating: path) }
    }

    private static func ifPresent(_ open: () throws(FileProblem) -> OpenFile) throws(FileProblem) -> OpenFile? {
        do throws(FileProblem) { return try open() } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// The whole file.
    ///
    /// - Throws: also if it has more bytes than `limit`, which the registry never wrote.
    func buffer(limit: Int64) throws -> ByteBuffer {
        guard size <= limit else { throw FileProblem("read", path, .tooLarge(limit: Int(limit))) }
        return try read(at: 0, count: Int(size))
    }

    /// Reads up to `count` bytes; fewer only at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var isAtEnd = false
        while buffer.readableBytes < count && !isAtEnd {
            let (position, wanted) = (offset + Int64(buffer.readableBytes), count - buffer.readableBytes)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { space in
                let read = try read(into: UnsafeMutableRawBufferPointer(rebasing: space.prefix(wanted)), at: position)
                isAtEnd = read == 0
                return read
            }
        }
        return buffer
    }
}

extension Files {
    /// A whole small file; nil if there is none.
    static func buffer(_ path: String, limit: Int64) throws -> ByteBuffer? {
        try OpenFile.existing(path)?.buffer(limit: limit)
    }

    static func create(_ path: String, _ bytes: ByteBuffer, synchronized: Bool = false) throws {
        let file = try OpenFile(creating: path, mode: 0o644)
        try bytes.withUnsafeReadableBytes { try file.write($0, at: 0) }
        if synchronized { try file.synchronize() }
    }
}
