// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RegistryTransport

/// Heads as they are handed on to the HTTP parser.
@Suite struct RewrittenHeadTests {
    private func head(_ bytes: [UInt8]) throws -> ResponseHead? {
        var reader = ResponseHeadReader(isAnswerToHead: true, hiding: SentSecrets())
        var buffer = ByteBuffer(bytes: bytes)
        return try reader.read(&buffer)
    }

    /// Found by fuzzing: a value that began, or ended, with an empty line kept a blank there.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nX: a\r\n\r\n", "HTTP/1.0 206 \nX:\n a\n\n", "HTTP/1.1 200\r\nX: a\r\n \r\n\r\n",
        "HTTP/1.1 404 \r\nX:\r\n \r\n\t a\r\n  \r\n\r\n",
    ])
    func `say the same when they are read again, with values that neither begin nor end with a blank`(
        text: String
    ) throws {
        let head = try #require(try head(Array(text.utf8)))
        #expect(String(decoding: head.bytes, as: UTF8.self).hasSuffix("\r\nX: a\r\n\r\n"))
        #expect(try self.head(head.bytes) == head)
    }

    /// Found by fuzzing: a name with a tab in it came into the message as it was.
    @Test(
        arguments: ["C\tLength", String(repeating: "n", count: 100_000)],
        ["\u{1B}", String(repeating: "v", count: 70_000)])
    func `are refused in words that are short and fit to be shown`(name: String, value: String) throws {
        let error = try #require(throws: ResponseHead.Refusal.self) {
            try head(Array("HTTP/1.1 211 \r\n\(name): \(value)\r\n\r\n".utf8))
        }
        #expect(error.description.utf8.count < 200)
        #expect(error.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
}
