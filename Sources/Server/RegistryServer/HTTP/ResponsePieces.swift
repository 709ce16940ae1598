// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import NIOPosix

/// A response's body cut into pieces of bounded memory.
struct ResponsePieces {
    /// The number of bytes of a file that the kernel sends as one piece.
    private static let regionSize: Int64 = 16 << 20
    /// The number of bytes that are read from a file at a time, for TLS and for unchecked files.
    private static let readSize: Int64 = 256 << 10

    enum Piece: Sendable {
        case bytes(ByteBuffer)
        /// A range that the kernel sends, from a handle that borrows the file's descriptor.
        case region(OpenFile, NIOFileHandle, Range<Int64>)
        /// A range that is read when its turn comes.
        case part(OpenFile, Range<Int64>, RunningCheck?)
    }

    private var buffers: ArraySlice<ByteBuffer> = []
    private var file: OpenFile?
    private var offset: Int64 = 0
    private var remaining: Int64
    private let sendsFiles: Bool
    private var check: RunningCheck?

    /// - Parameter limit: the number of bytes after which the body is cut.
    init(_ body: ResponseBody, limit: Int64, sendsFiles: Bool) {
        self.sendsFiles = if case .unchecked = body { false } else { sendsFiles }
        remaining = min(limit, body.length)
        switch body {
        case .none: break
        case .bytes(let buffer): buffers = [buffer]
        case .buffers(let list): buffers = list[...]
        case .file(let file, let range):
            self.file = file
            offset = range.lowerBound
        case .unchecked(let unchecked):
            file = unchecked.file
            check = RunningCheck(unchecked)
        }
    }

    var isEmpty: Bool { remaining <= 0 }

    mutating func next() -> Piece? {
        guard remaining > 0 else { return nil }
        guard let file else { return nextBuffer() }
        let count = min(remaining, sendsFiles ? Self.regionSize : Self.readSize)
        let part = offset..<offset + count
        offset += count
        remaining -= count
        guard sendsFiles else { return .part(file, part, check) }
        return .region(file, NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.descriptor), part)
    }

    private mutating func nextBuffer() -> Piece? {
        guard let buffer = buffers.popFirst() else { return nil }
        let count = min(remaining, Int64(buffer.readableBytes))
        remaining -= count
        return buffer.getSlice(at: buffer.readerIndex, length: Int(count)).map { .bytes($0) }
    }
}

extension ResponsePieces.Piece {
    var length: Int64 {
        switch self {
        case .bytes(let buffer): Int64(buffer.readableBytes)
        case .region(_, _, let range), .part(_, let range, _): range.upperBound - range.lowerBound
        }
    }

    /// The bytes in the form that a connection sends. Call `release` when they were sent, also after a failure.
    func load(on eventLoop: any EventLoop) -> EventLoopFuture<IOData> {
        switch self {
        case .bytes(let buffer): eventLoop.makeSucceededFuture(.byteBuffer(buffer))
        case .region(_, let handle, let range):
            eventLoop.makeSucceededFuture(
                .fileRegion(
                    FileRegion(fileHandle: handle, readerIndex: Int(range.lowerBound), endIndex: Int(range.upperBound)))
            )
        case .part(let file, let range, let check):
            NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
                let bytes = try file.read(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
                guard bytes.readableBytes == Int(range.upperBound - range.lowerBound) else { throw FileTooShort() }
                try check?.pass(bytes, upTo: range.upperBound)
                return .byteBuffer(bytes)
            }
        }
    }

    /// Returns a borrowed descriptor to its file, because only the file may close it.
    func release() {
        if case .region(_, let handle, _) = self { _ = try? handle.takeDescriptorOwnership() }
    }
}

/// A file became shorter after it was opened.
struct FileTooShort: Error {}
