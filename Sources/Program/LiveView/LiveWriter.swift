// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Writes an answer in pieces, each after the one before it was sent. If a client accepts no piece for 30 seconds, its
/// connection is closed.
struct LiveWriter: Sendable {
    static let stallLimit = TimeAmount.seconds(30)
    private static let pieceSize = 256 << 10

    let channel: any Channel
    /// The request is a HEAD, so the answer has no body.
    let isHead: Bool

    /// - Parameter length: the size of the body in bytes; nil for a body of unknown size.
    func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, length: Int?) async throws {
        var headers = headers
        if let length { headers.replaceOrAdd(name: "Content-Length", value: String(length)) }
        headers.replaceOrAdd(name: "Connection", value: "close")
        try await write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
    }

    func write(_ text: String) async throws {
        guard !isHead else { return }
        var rest = ByteBuffer(string: text)
        while let piece = rest.readSlice(length: min(Self.pieceSize, rest.readableBytes)), piece.readableBytes > 0 {
            try await write(.body(.byteBuffer(piece)))
        }
    }

    func end() async throws { try await write(.end(nil)) }

    private func write(_ part: HTTPServerResponsePart) async throws {
        let channel = channel
        let drop = channel.eventLoop.scheduleTask(in: Self.stallLimit) { channel.close(promise: nil) }
        defer { drop.cancel() }
        try await channel.writeAndFlush(part)
    }
}
