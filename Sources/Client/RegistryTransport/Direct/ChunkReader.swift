// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Reads a body that comes in chunks (RFC 9112 §7.1). Pure.
struct ChunkReader {
    enum Piece: Equatable {
        case bytes(ByteBuffer)
        case end
    }

    private enum Place {
        case size
        case content(left: Int64)
        case contentEnd
        case trailers
        case ended
    }

    private var place = Place.size
    private var line: [UInt8] = []
    private var trailerBytes = 0

    /// Bytes of a line. Nobody sends chunk extensions, and trailers are not used here.
    private static let longestLine = 4 << 10
    private static let mostTrailerBytes = 64 << 10
    /// The most digits of a size. Larger chunks could not be counted.
    private static let mostDigits = 15

    /// Takes the next piece; nil if more bytes are needed.
    mutating func next(from buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> Piece? {
        while buffer.readableBytes > 0 {
            switch place {
            case .content(let left): return takeContent(of: left, from: &buffer)
            case .ended: return nil
            case .size, .contentEnd, .trailers:
                guard let line = try takeLine(from: &buffer) else { return nil }
                try pass(line)
                if case .ended = place { return .end }
            }
        }
        return nil
    }

    private mutating func takeContent(of left: Int64, from buffer: inout ByteBuffer) -> Piece? {
        let count = Int(min(left, Int64(buffer.readableBytes)))
        place = left == Int64(count) ? .contentEnd : .content(left: left - Int64(count))
        return buffer.readSlice(length: count).map { .bytes($0) }
    }

    private mutating func pass(_ line: [UInt8]) throws(ResponseHead.Refusal) {
        switch place {
        case .size:
            let size = try Self.size(line)
            place = size == 0 ? .trailers : .content(left: size)
        case .contentEnd:
            guard line.isEmpty else { throw Self.refusal("a chunk that is longer than announced") }
            place = .size
        case .trailers where line.isEmpty: place = .ended
        case .trailers:
            trailerBytes += line.count
            guard trailerBytes <= Self.mostTrailerBytes else { throw Self.refusal("too many trailers") }
        case .content, .ended: break
        }
    }

    /// The next line without its end; nil while it is incomplete.
    private mutating func takeLine(from buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> [UInt8]? {
        let end = buffer.readableBytesView.firstIndex(of: 0x0A)
        let count = end.map { $0 - buffer.readerIndex + 1 } ?? buffer.readableBytes
        line += buffer.readBytes(length: count) ?? []
        guard line.count <= Self.longestLine else { throw Self.refusal("a line between chunks that is too long") }
        guard end != nil else { return nil }
        defer { line = [] }
        guard line.suffix(2) == [0x0D, 0x0A] else { throw Self.refusal("a line between chunks without its end") }
        return Array(line.dropLast(2))
    }

    private static func size(_ line: [UInt8]) throws(ResponseHead.Refusal) -> Int64 {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard (1...mostDigits).contains(digits.count), digits.allSatisfy(\.isHexDigit),
            let size = Int64(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw refusal("a chunk whose size is no number") }
        return size
    }

    private static func refusal(_ reason: String) -> ResponseHead.Refusal {
        ResponseHead.Refusal(status: nil, reason: "its body has " + reason)
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20) }
}
