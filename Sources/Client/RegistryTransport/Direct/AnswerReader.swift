// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Takes the answer to one request out of the bytes of a connection. Pure.
struct AnswerReader {
    enum Part {
        case head(ResponseHead)
        case body(ByteBuffer)
        /// - Parameter leavesOpen: whether the connection may carry another request.
        case end(leavesOpen: Bool)
    }

    private enum Place {
        case head(FinalHeadReader)
        case counted(left: Int64)
        case chunked(ChunkReader)
        case untilEnd
        case ended
    }

    private var place: Place
    private var leavesOpen = false

    /// - Parameter secrets: the secrets that were sent, which the head may repeat.
    init(isAnswerToHead: Bool, hiding secrets: SentSecrets) {
        place = .head(FinalHeadReader(isAnswerToHead: isAnswerToHead, hiding: secrets))
    }

    /// Whether the answer is complete if the connection ends now.
    var mayEndNow: Bool { if case .untilEnd = place { true } else { false } }

    /// Takes the next part; nil if more bytes are needed, or after the end.
    mutating func next(from buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> Part? {
        switch place {
        case .head(var reader):
            if let head = try reader.read(&buffer) { return begin(head) }
            place = .head(reader)
            return nil
        case .counted(let left): return takeCounted(left, from: &buffer)
        case .chunked(var reader):
            let piece = try reader.next(from: &buffer)
            place = .chunked(reader)
            if case .bytes(let bytes)? = piece { return .body(bytes) }
            return piece == .end ? end() : nil
        case .untilEnd:
            guard buffer.readableBytes > 0 else { return nil }
            return buffer.readSlice(length: buffer.readableBytes).map { .body($0) }
        case .ended: return nil
        }
    }

    private mutating func begin(_ head: ResponseHead) -> Part {
        leavesOpen = head.leavesConnectionOpen
        place =
            switch head.framing {
            case .none: .counted(left: 0)
            case .length(let length): .counted(left: length)
            case .chunked: .chunked(ChunkReader())
            case .untilEnd: .untilEnd
            }
        return .head(head)
    }

    private mutating func takeCounted(_ left: Int64, from buffer: inout ByteBuffer) -> Part? {
        guard left > 0 else { return end() }
        guard buffer.readableBytes > 0 else { return nil }
        let count = Int(min(left, Int64(buffer.readableBytes)))
        place = .counted(left: left - Int64(count))
        return buffer.readSlice(length: count).map { .body($0) }
    }

    private mutating func end() -> Part {
        place = .ended
        return .end(leavesOpen: leavesOpen)
    }
}
