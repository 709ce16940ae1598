// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import ProtocolCases
import Synchronization
import Testing

private func buffers(_ texts: [String]) -> [ByteBuffer] { texts.map { ByteBuffer(string: $0) } }

private func descriptor(
    of text: String, size: Int64? = nil, _ algorithm: Digest.Algorithm = .sha256
) -> Descriptor {
    Descriptor(
        mediaType: .octetStream, digest: ContentHash.digest(of: text.utf8, algorithm),
        size: size ?? Int64(text.utf8.count))
}

/// What came out of a blob before it ended or threw.
private struct Outcome {
    var received: [String] = []
    var failure: ContentFailure?

    init(reading blob: VerifiedBlob) async {
        do {
            for try await buffer in blob { received.append(String(buffer: buffer)) }
        } catch {
            failure = error as? ContentFailure
        }
    }
}

private struct Surprise: Error {}

@Suite struct VerifiedBlobTests {
    @Test(arguments: [["hello ", "world"], ["hello world"], ["", "hello world", "", ""], ["h", "ello worl", "d"]])
    func `hands out every byte of content that is right, in order`(parts: [String]) async {
        let blob = VerifiedBlob(BlobStream(buffers: buffers(parts)), expecting: descriptor(of: "hello world"))
        let outcome = await Outcome(reading: blob)
        #expect(outcome.received == parts.filter { !$0.isEmpty })
        #expect(outcome.failure == nil)
        #expect(blob.failure == nil)
        #expect(blob.size == 11)
    }

    @Test func `a small blob is collected whole, and one that is too large is not read`() async throws {
        func blob(_ size: Int64? = nil) -> VerifiedBlob {
            VerifiedBlob(
                BlobStream(buffers: buffers(["hello ", "world"])), expecting: descriptor(of: "hello world", size: size))
        }
        #expect(try await blob().collected(upTo: 11, named: "the config") == Array("hello world".utf8))
        let tooLarge = await #expect(throws: ContentFailure.self) {
            try await blob().collected(upTo: 10, named: "the config")
        }
        #expect(tooLarge?.kind == .tooLarge && tooLarge?.message == "the config has more than 10 bytes")
        let wrong = await #expect(throws: ContentFailure.self) {
            try await blob(12).collected(upTo: 12, named: "the config")
        }
        #expect(wrong?.kind == .unavailable)
    }

    @Test(.covers("U19")) func `withholds the last buffer of content with another digest`() async {
        let blob = VerifiedBlob(
            BlobStream(buffers: buffers(["hello ", "w0rld"])), expecting: descriptor(of: "hello world"))
        let outcome = await Outcome(reading: blob)
        #expect(outcome.received == ["hello "])
        #expect(outcome.failure?.kind == .corrupt)
        #expect(outcome.failure?.retry == .later)
    }

    @Test(arguments: [["hello "], ["hello ", "worl"], [], [""]])
    func `throws where content ends too early`(parts: [String]) async {
        let blob = VerifiedBlob(BlobStream(buffers: buffers(parts)), expecting: descriptor(of: "hello world"))
        let outcome = await Outcome(reading: blob)
        #expect(outcome.received.joined().utf8.count < 11)
        #expect(outcome.failure?.kind == .unavailable)
        #expect(outcome.failure?.message.contains("of 11 bytes") == true)
    }

    @Test(
        .covers("B10"),
        arguments: [
            ["hello ", "world", "!"], ["hello ", "world!"], ["hello ", "world", "", "!"], ["hello world!"],
        ])
    func `never hands out the promised size of content that goes on after it`(parts: [String]) async {
        let blob = VerifiedBlob(BlobStream(buffers: buffers(parts)), expecting: descriptor(of: "hello world"))
        let outcome = await Outcome(reading: blob)
        #expect(outcome.received.joined().utf8.count < 11)
        #expect(outcome.failure?.kind == .corrupt)
    }

    @Test func `checks the digest of content without bytes`() async {
        let right = VerifiedBlob(BlobStream(buffers: []), expecting: descriptor(of: ""))
        #expect(await Outcome(reading: right).failure == nil)
        let wrong = VerifiedBlob(BlobStream(buffers: []), expecting: descriptor(of: "x", size: 0))
        #expect(await Outcome(reading: wrong).failure?.kind == .corrupt)
        let longer = VerifiedBlob(BlobStream(buffers: buffers(["x"])), expecting: descriptor(of: ""))
        let outcome = await Outcome(reading: longer)
        #expect(outcome.received.isEmpty)
        #expect(outcome.failure?.kind == .corrupt)
    }

    @Test func `takes a size that no content has without reserving it`() async {
        let blob = VerifiedBlob(BlobStream(buffers: buffers(["x"])), expecting: descriptor(of: "x", size: .max))
        #expect(await Outcome(reading: blob).failure?.kind == .unavailable)
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func `hashes with the digest's own algorithm`(algorithm: Digest.Algorithm) async {
        let right = descriptor(of: "hello world", algorithm)
        let blob = VerifiedBlob(BlobStream(buffers: buffers(["hello ", "world"])), expecting: right)
        #expect(await Outcome(reading: blob).failure == nil)
        let damaged = VerifiedBlob(BlobStream(buffers: buffers(["hello ", "World"])), expecting: right)
        #expect(await Outcome(reading: damaged).failure?.kind == .corrupt)
    }

    @Test func `tells of each buffer as it is handed out, and of none that is withheld`() async {
        let (told, eventExecutor) = AsyncStream.makeStream(of: Int.self)
        let blob = VerifiedBlob(
            BlobStream(buffers: buffers(["hello ", "w0rld"])), expecting: descriptor(of: "hello world"),
            progress: { eventExecutor.yield($0) })
        _ = await Outcome(reading: blob)
        eventExecutor.finish()
        #expect(await told.reduce(into: []) { $0.append($1) } == [6])
    }
}

@Suite struct VerifiedBlobFailureTests {
    private func failing(_ error: any Error) -> VerifiedBlob {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        continuation.yield(ByteBuffer(string: "hello "))
        continuation.finish(throwing: error)
        return VerifiedBlob(BlobStream(stream), expecting: descriptor(of: "hello world"))
    }

    @Test func `passes the source's failure on and remembers it`() async {
        let cause = ContentFailure(.stalled, "no bytes for 30 seconds", retry: .later)
        let blob = failing(cause)
        #expect(await Outcome(reading: blob).failure == cause)
        #expect(blob.failure == cause)
    }

    @Test func `makes a failure worth retrying of any other error`() async {
        let blob = failing(Surprise())
        let outcome = await Outcome(reading: blob)
        #expect(outcome.failure?.kind == .unavailable)
        #expect(outcome.failure?.retry == .later)
        #expect(blob.failure == outcome.failure)
    }

    @Test func `tells a stopped run from a broken source`() async {
        #expect(await Outcome(reading: failing(CancellationError())).failure?.kind == .cancelled)
    }

    @Test func `throws the same again to a reader that does not take no for an answer`() async {
        let parts = buffers(["hello world!", "hello ", "world"])
        let blob = VerifiedBlob(BlobStream(buffers: parts), expecting: descriptor(of: "hello world"))
        var iterator = blob.makeAsyncIterator()
        var failures: [ContentFailure?] = []
        for _ in 0..<4 {
            do {
                let buffer = try await iterator.next()
                Issue.record("handed out \(String(describing: buffer))")
            } catch {
                failures.append(error as? ContentFailure)
            }
        }
        #expect(Set(failures).count == 1)
        #expect(blob.failure == failures.first)
    }

    @Test func `an inspection sees every byte, and its objection withholds the last buffer`() async {
        for objects in [false, true] {
            let inspection = Listener(objects: objects)
            let blob = VerifiedBlob(
                BlobStream(buffers: buffers(["hello ", "world"])), expecting: descriptor(of: "hello world"),
                inspection: inspection)
            let outcome = await Outcome(reading: blob)
            #expect(inspection.heard == "hello world")
            #expect(outcome.received == (objects ? ["hello "] : ["hello ", "world"]))
            #expect(outcome.failure?.kind == (objects ? .invalid : nil) && blob.failure == outcome.failure)
        }
    }

    @Test func `an inspection is not asked about bytes with another digest`() async {
        let blob = VerifiedBlob(
            BlobStream(buffers: buffers(["hello ", "w0rld"])), expecting: descriptor(of: "hello world"),
            inspection: Listener(objects: true))
        let outcome = await Outcome(reading: blob)
        #expect(outcome.failure?.kind == .corrupt)
    }
}

/// Keeps what it sees, and objects at the end where told to.
private final class Listener: BlobInspection {
    private let objects: Bool
    private let state = Mutex("")

    init(objects: Bool) { self.objects = objects }

    var heard: String { state.withLock { $0 } }

    func update(_ buffer: ByteBuffer) async throws(ContentFailure) { state.withLock { $0 += String(buffer: buffer) } }

    func finish() async throws(ContentFailure) {
        if objects { throw ContentFailure(.invalid, "I object") }
    }
}
