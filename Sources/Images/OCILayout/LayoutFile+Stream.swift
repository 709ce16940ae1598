// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
import NIOPosix

extension LayoutFile {
    /// The maximum number of bytes of one read.
    package static let readSize = 256 << 10

    /// A part of the file as a stream of buffers. NIO's own thread pool reads them.
    package func bytes(_ range: Range<Int64>) -> BlobStream { BlobStream(FilePart(file: self, range: range)) }
}

private struct FilePart: AsyncSequence, Sendable {
    let file: LayoutFile
    let range: Range<Int64>

    struct AsyncIterator: AsyncIteratorProtocol {
        let file: LayoutFile
        var rest: Range<Int64>

        mutating func next() async throws -> ByteBuffer? {
            let (file, rest) = (file, rest)
            guard !rest.isEmpty else { return nil }
            let buffer = try await NIOThreadPool.singleton.runIfActive {
                try file.read(at: rest.lowerBound, count: Swift.min(LayoutFile.readSize, rest.count))
            }
            self.rest = rest.dropFirst(buffer.readableBytes)
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, rest: range) }
}
