// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Gathers the bytes of one head, in whatever pieces they come.
struct ResponseHeadReader {
    private let isAnswerToHead: Bool
    private let secrets: SentSecrets
    private var lines: [[UInt8]] = []
    private var line: [UInt8] = []
    private var length = 0

    /// Far more than any registry sends; less than what would hurt.
    private static let longestHead = 256 << 10

    /// - Parameter secrets: what was sent, which the head may repeat.
    init(isAnswerToHead: Bool, hiding secrets: SentSecrets) {
        self.isAnswerToHead = isAnswerToHead
        self.secrets = secrets
    }

    /// Takes the bytes that belong to the head; nil while there are more to come.
    mutating func read(_ buffer: inout ByteBuffer) throws(ResponseHead.Refusal) -> ResponseHead? {
        while buffer.readableBytes > 0 {
            let isWhole = takeLine(from: &buffer)
            try checkBounds(isWhole: isWhole)
            guard isWhole else { return nil }
            if line.last == 0x0D { line.removeLast() }
            if line.isEmpty, !lines.isEmpty {
                return try ResponseHead(lines: lines, isAnswerToHead: isAnswerToHead, hiding: secrets)
            }
            // Empty lines before the status line are what some servers end a body with.
            if !line.isEmpty { lines.append(line) }
            line = []
        }
        return nil
    }

    /// Whether the line's end was there.
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

    /// - Parameter isWhole: whether the end of the newest line has come.
    private func checkBounds(isWhole: Bool) throws(ResponseHead.Refusal) {
        // Something else than HTTP may never end a line.
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
