// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import Testing

@testable import TransshipKit

@Suite struct OwnStoreBytesTests {
    /// A blob that should hold this text, and whose source sends these pieces.
    private func blob(_ text: String, sending pieces: [String]) -> PassedBytes {
        let descriptor = Descriptor(
            mediaType: .octetStream, digest: ContentHash.digest(of: text.utf8), size: Int64(text.utf8.count))
        return PassedBytes(
            VerifiedBlob(BlobStream(buffers: pieces.map { ByteBuffer(string: $0) }), expecting: descriptor))
    }

    /// What can be read, and what is thrown then.
    private func read(_ bytes: some AsyncSequence<[UInt8], any Error>) async -> (String, (any Error)?) {
        var read: [UInt8] = []
        do { for try await piece in bytes { read += piece } } catch {
            return (String(decoding: read, as: UTF8.self), error)
        }
        return (String(decoding: read, as: UTF8.self), nil)
    }

    @Test func `right bytes come whole, and are counted`() async {
        let bytes = blob("right", sending: ["ri", "", "ght"])
        let (text, error) = await read(bytes)
        #expect(text == "right")
        #expect(error == nil)
        #expect(bytes.count == 5)
    }

    @Test(arguments: [["wro", "ng"], ["righ"], ["right", "er"]])
    func `wrong bytes throw before a store has all of them`(pieces: [String]) async {
        let bytes = blob("right", sending: pieces)
        let (text, error) = await read(bytes)
        #expect(text.utf8.count < 5)
        #expect(error is ContentFailure)
        #expect(bytes.count < 5)
    }

    @Test func `a second reader gets an error and no byte`() async {
        let bytes = blob("right", sending: ["right"])
        _ = await read(bytes)
        let (text, error) = await read(bytes)
        #expect(text == "")
        #expect((error as? TransshipError)?.kind == .invalid)
    }

    @Test(arguments: [[], ["righ"], ["right", "er"]])
    func `a store that gives another number of bytes than it was asked for is found out`(pieces: [String]) async {
        let base = AsyncThrowingStream<[UInt8], any Error> { stream in
            for piece in pieces { stream.yield(Array(piece.utf8)) }
            stream.finish()
        }
        let given = GivenBytes(base: base, count: 5, store: "memory.example")
        await #expect { for try await _ in given {} } throws: { ($0 as? ContentFailure)?.kind == .corrupt }
    }

    @Test func `what a store throws keeps its kind, and says whether to ask again`() {
        let (denied, busy) = (TransshipError(.denied, "no", hint: "ask"), TransshipError(.rateLimited, "later"))
        let refused = ContentFailure(denied, of: "a.example")
        #expect(refused.kind == .denied && refused.retry == .never && refused.hint == "ask")
        #expect(refused.message == "a.example: no")
        #expect(ContentFailure(busy, of: "a.example").retry == .later)
        #expect(ContentFailure(TransshipError(.init(rawValue: "odd"), ""), of: "a.example").kind == .unavailable)
        #expect(ContentFailure(CancellationError(), of: "a.example").kind == .cancelled)
    }
}
