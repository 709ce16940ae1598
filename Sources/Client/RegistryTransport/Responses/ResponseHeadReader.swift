// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Collects the bytes of one head, which may come in any pieces.
struct ResponseHeadReader {
    private let isAnswerToHead: Bool
    private let secrets: SentSecrets
    /// All bytes so far, also those of empty lines before the head.
    private var bytes: [UInt8] = []
    /// The complete lines without their ends, as places in `bytes`.
    private var lines: [Range<Int>] = []
    /// Where the line begins that is not complete yet.
    private var lineStart = 0

    private static let (usualHead, usualLines) = (1 << 10, 16)
    /// Bytes. Far more than any registry sends, but still harmless.
    private static let longestHead = 256 << 10

    /// - Parameter secrets: the secrets that were sent, which the head may repeat.
    init(isAnswerToHead: Bool, hiding secrets: SentSecrets) {
        self.isAnswerToHead = isAnswerToHead
        self.secrets = secrets
    }

    /// Takes the bytes that belong to the head; nil while it is incomplete.
    mutating func read(_ buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> ResponseHead? {
        if bytes.isEmpty {
            bytes.reserveCapacity(min(buffer.readableBytes, Self.usualHead))
            lines.reserveCapacity(Self.usualLines)
        }
        while buffer.readableBytes > 0 {
            let isWhole = takeLine(from: &buffer)
            try checkBounds(isWhole: isWhole)
            guard isWhole else { return nil }
            // The line's end is 0x0A, with or without 0x0D before it.
            let end = bytes.count - 1
            let line = lineStart..<(end > lineStart && bytes[end - 1] == 0x0D ? end - 1 : end)
            lineStart = bytes.count
            if line.isEmpty, !lines.isEmpty {
                return try ResponseHead(lines: lines.map { bytes[$0] }, isAnswerToHead: isAnswerToHead, hiding: secrets)
            }
            // Some servers end a body with empty lines, which then come before the status line.
            if !line.isEmpty { lines.append(line) }
        }
        return nil
    }

    /// Whether the end of the line was found.
    private mutating func takeLine(from buffer: inout ByteBuffer) -> Bool {
        let (count, isWhole) = buffer.withUnsafeReadableBytes { readable in
            let end = readable.firstIndex(of: 0x0A)
            let line = readable.prefix(end.map { $0 + 1 } ?? readable.count)
            bytes.append(contentsOf: line)
            return (line.count, end != nil)
        }
        buffer.moveReaderIndex(forwardBy: count)
        return isWhole
    }

    /// - Parameter isWhole: whether the newest line is complete.
    private func checkBounds(isWhole: Bool) throws(ResponseHead.Refusal) {
        // A peer that does not speak HTTP may never end a line.
        if lines.isEmpty {
            let line = bytes[lineStart...].dropLast(isWhole ? 1 : 0)
            guard "HTTP/".utf8.starts(with: line.prefix(5)) || line.elementsEqual([0x0D]) else {
                let start = ResponseHead.shown(line, isWhole: isWhole, hiding: secrets)
                throw ResponseHead.Refusal(status: nil, reason: "it begins with \(start), not with HTTP/1.1")
            }
        }
        guard bytes.count <= Self.longestHead else {
            throw ResponseHead.Refusal(status: nil, reason: "its head has more than \(Self.longestHead) bytes")
        }
    }
}
