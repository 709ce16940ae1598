// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import RegistryTransport

/// Answers as they are taken out of the bytes of a connection.
@Suite struct AnswerReaderTests {
    private struct Taken: Equatable {
        var status: Int?
        var body = ""
        /// Whether the connection may carry another request; nil if the answer is incomplete.
        var leavesOpen: Bool?
        /// Bytes after the answer.
        var rest = 0
        var isRefused = false
    }

    private func take(_ pieces: [String], isAnswerToHead: Bool = false) -> Taken {
        var reader = AnswerReader(isAnswerToHead: isAnswerToHead, hiding: SentSecrets())
        var taken = Taken()
        for piece in pieces {
            var buffer = ByteBuffer(string: piece)
            do {
                while let part = try reader.next(from: &buffer) {
                    switch part {
                    case .head(let head): taken.status = head.status
                    case .body(let bytes): taken.body += String(buffer: bytes)
                    case .end(let leavesOpen): taken.leavesOpen = leavesOpen
                    }
                }
            } catch {
                taken.isRefused = true
            }
            taken.rest += buffer.readableBytes
        }
        if reader.mayEndNow { taken.leavesOpen = false }
        return taken
    }

    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n05;name=value\r\nhello\r\n000\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ]

    @Test(arguments: answers) func `an answer is the same in whatever pieces it comes`(answer: String) {
        let whole = Taken(status: 200, body: "hello", leavesOpen: true)
        #expect(take([answer]) == whole)
        #expect(take(answer.utf8.map { String(decoding: [$0], as: UTF8.self) }) == whole)
    }

    @Test(arguments: answers) func `bytes after an answer are left`(answer: String) {
        #expect(take([answer + "HTTP"]) == Taken(status: 200, body: "hello", leavesOpen: true, rest: 4))
    }

    @Test(arguments: answers) func `an answer that lacks its last byte is incomplete`(answer: String) {
        #expect(take([String(answer.dropLast())]).leavesOpen == nil)
    }

    @Test(arguments: [
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func `after an answer that closes its connection there is none`(answer: String) {
        #expect(take([answer]) == Taken(status: 200, body: "hello", leavesOpen: false))
    }

    @Test(arguments: ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""])
    func `an answer to HEAD, and one without content, ends with its head`(field: String) {
        let head = "HTTP/1.1 200 OK\r\n\(field)\r\n"
        #expect(take([head], isAnswerToHead: true) == Taken(status: 200, leavesOpen: true))
        let empty = "HTTP/1.1 204 No Content\r\n\(field)\r\n"
        #expect(take([empty]) == Taken(status: 204, leavesOpen: true))
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", "5 \r\nhello\r\n", "5\nhello\r\n",
        "5\r\nhellos\r\n", "5\r\nhello\n0\r\n\r\n", "8000000000000000\r\n", "fffffffffffffffffffff\r\n",
        "5;" + String(repeating: "x", count: 5000) + "\r\n",
        "0\r\n" + String(repeating: "X: " + String(repeating: "x", count: 1000) + "\r\n", count: 70) + "\r\n",
    ])
    func `chunks that readers could disagree about are refused`(body: String) {
        let taken = take(["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body])
        #expect(taken.isRefused && taken.leavesOpen == nil)
    }

    @Test(arguments: answers) func `the HTTP library reads the same`(answer: String) throws {
        #expect(try library(answer) == take([answer]).body)
    }

    /// The body as the other transport reads it.
    private func library(_ answer: String) throws -> String {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            HTTPRequestEncoder(), ResponseHeadGuard(hiding: SentSecrets()), ByteToMessageHandler(HTTPResponseDecoder()),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 5000)).wait()
        try channel.writeOutbound(HTTPClientRequestPart.head(.init(version: .http1_1, method: .GET, uri: "/")))
        try channel.writeInbound(ByteBuffer(string: answer))
        var body = ""
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            if case .body(let bytes) = part { body += String(buffer: bytes) }
        }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return body
    }
}
