// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Collects the bytes of one head, which may come in any pieces.
struct ResponseHeadReader {
    private let isAnswerToHead: Bool
    private let secrets: SentSecrets
    private var lines: [[UInt8]] = []
    private var line: [UInt8] = []
    private var length = 0

    /// Bytes. Far more than any registry sends, but still harmless.
    private static let longestHead = 256 << 10

    /// - Parameter secrets: the secrets that were sent, which the head may repeat.
    init(isAnswerToHead: Bool, hiding secrets: SentSecrets) {
        self.isAnswerToHead = isAnswerToHead
        self.secrets = secrets
    }

    /// Takes the bytes that belong to the head; nil while it is incomplete.
    mutating func read(_ buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> ResponseHead? {
        while buffer.readableBytes > 0 {
            let isWhole = takeLine(from: &buffer)
            try checkBounds(isWhole: isWhole)
            guard isWhole else { return nil }
            if line.last == 0x0D { line.removeLast() }
            if line.isEmpty, !lines.isEmpty {
                return try ResponseHead(lines: lines, isAnswerToHead: isAnswerToHead, hiding: secrets)
            }
            // Some servers end a body with empty lines, which then come before the status line.
            if !line.isEmpty { lines.append(line) }
            line = []
        }
        return nil
    }

    /// Whether the end of the line was found.
    private mutating func takeLine(from buffer: inout ByteBuffer) -> Bool {
        let view = buffer.readableBytesView
        let end = view.firstIndex(of: 0x0A)
        let bytes = view[..<(end ?? view.endIndex)]
        line += bytes
        let count = bytes.count + (end == nil ? 0 : 1)
        length += count
        buffer.moveReaderIndex(forwardBy: count)
        return end != nil
    }

    /// - Parameter isWhole: whether the newest line is complete.
    private func checkBounds(isWhole: Bool) throws(ResponseHead.Refusal) {
        // A peer that does not speak HTTP may never end a line.
        let beginning = (lines.first ?? line).prefix(5)
        guard "HTTP/".utf8.starts(with: beginning) || beginning == [0x0D] else {
            let start = ResponseHead.shown(
                lines.first ?? line, isWhole: isWhole || !lines.isEmpty, hiding: secrets)
            throw ResponseHead.Refusal(status: nil, reason: "it begins with \(start), not with HTTP/1.1")
        }
        guard length <= Self.longestHead else {
            throw ResponseHead.Refusal(status: nil, reason: "its head has more than \(Self.longestHead) bytes")
        }
    }
}
