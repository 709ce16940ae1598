// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOCore
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryAuth
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@Suite struct UploadTests {
    private let blob = SampleBlob(size: 300_000)

    private func session(_ loopback: Loopback) async throws -> UploadSession {
        try await loopback.store.admit(blob.descriptor, to: .app, from: nil).session
    }

    private func uploaded(_ loopback: Loopback, _ bytes: VerifiedBlob? = nil) async throws -> ContentFailure? {
        let session = try await session(loopback)
        return await failure {
            try await loopback.store.upload(blob.descriptor, into: session, bytes: bytes ?? blob.stream())
        }
    }

    // MARK: Locations

    @Test(
        .covers("U01", "U02"),
        arguments: [
            ("/u/1", "https://r.io/u/1?digest=sha256%3A"), ("https://r.io/u/1", "https://r.io/u/1?digest=sha256%3A"),
            ("https://r.io:443/u/1?a", "https://r.io/u/1?a&digest=sha256%3A"),
            ("http://r.io/u/1", "https://r.io/u/1?digest=sha256%3A"),
            ("http://r.io:443/u/1", "https://r.io/u/1?digest=sha256%3A"),
            ("/u/1?_state=a%2Fb+c==&_state=2&", "https://r.io/u/1?_state=a%2Fb+c==&_state=2&digest=sha256%3A"),
            ("1?x=%41", "https://r.io/v2/team/app/blobs/uploads/1?x=%41&digest=sha256%3A"),
        ])
    func `the session is where the registry says, byte for byte`(location: String, expected: String) async throws {
        let wire = Self.wire(location: location)
        try await RegistryNetwork(wire).store("r.io").push(blob, to: .app)
        #expect(wire.conversation.last == "PUT \(expected)\(blob.descriptor.digest.hex)")
    }

    @Test(
        .covers("U20", "S07"),
        arguments: [
            "", "http://elsewhere.io/u", "http://r.io:8080/u", "https://169.254.169.254/u", "https://127.0.0.1/u",
            "https://[fd00:ec2::254]/u", "https://0x7f.1/u", "https://user:pw@r.io/u", "ftp://r.io/u", "/a/../../u",
        ])
    func `a session at a place that nobody should be sent to is refused`(location: String) async throws {
        let wire = Self.wire(location: location)
        let failure = await failure {
            try await RegistryNetwork(wire).store("r.io").admit(blob.descriptor, to: .app, from: nil)
        }
        #expect(failure?.kind == .invalid)
        #expect(failure?.message.contains("pw@") == false)
    }

    @Test(.covers("S05")) func `bytes may go where the registry says, credentials may not`() async throws {
        let wire = Self.wire(location: "https://storage.io/u?sig=s")
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        try await network.store("r.io").push(blob, to: .app)
        #expect(wire.conversation.last?.hasPrefix("PUT https://storage.io/u?sig=s&digest=sha256%3A") == true)
        #expect(wire.trusted == ["https://r.io"])
        #expect(wire.requests.last?.reach == .publicOr(.everywhere))
    }

    private static func wire(location: String) -> ScriptedTransport {
        ScriptedTransport { request in
            switch (request.method, request.url.path) {
            case (.get, "/v2/"): .challenge("Basic realm=\"r\"")
            case (.post, _): .init(status: 202, headers: ["Location": location])
            default: .init(status: 201)
            }
        }
    }

    // MARK: What goes wrong

    @Test(.covers("U19")) func `damaged bytes are never committed, and the session is ended`() async throws {
        try await withRegistry { loopback in
            var buffers = blob.buffers(4)
            buffers[3].setInteger(UInt8(1), at: buffers[3].writerIndex - 1)
            let damaged = VerifiedBlob(BlobStream(buffers: buffers), expecting: blob.descriptor)
            let failure = try await uploaded(loopback, damaged)
            #expect(failure?.kind == .aborted)
            #expect(failure?.message.contains("error verifying sha256 checksum after reading") == true)
            let hasBlob = try await loopback.store.hasBlob(blob.descriptor, in: .app)
            #expect(!hasBlob)
            #expect(loopback.conversation.contains("DELETE upload"))
        }
    }

    @Test func `a small blob arrives whole, and one whose source breaks off is not begun`() async throws {
        let small = SampleBlob(size: 3000)
        try await withRegistry { loopback in
            let session = try await loopback.store.admit(small.descriptor, to: .app, from: nil).session
            let short = VerifiedBlob(
                BlobStream(buffers: Array(small.buffers(4).prefix(2))), expecting: small.descriptor)
            let failure = await failure {
                try await loopback.store.upload(small.descriptor, into: session, bytes: short)
            }
            #expect(failure?.kind == .aborted)
            #expect(!loopback.conversation.contains { $0.hasPrefix("PUT") })
            try await loopback.store.push(small, to: .app)
            let hasBlob = try await loopback.store.hasBlob(small.descriptor, in: .app)
            #expect(hasBlob)
        }
    }

    @Test func `a source that breaks off ends the upload at once`() async throws {
        try await withRegistry { loopback in
            let short = VerifiedBlob(BlobStream(buffers: Array(blob.buffers(4).prefix(2))), expecting: blob.descriptor)
            let failure = try await uploaded(loopback, short)
            #expect(failure?.kind == .aborted)
            #expect(failure?.retry == .later)
            #expect(loopback.conversation.last == "DELETE upload")
        }
    }

    @Test(
        .covers("U13"),
        arguments: [
            (HTTPResponseStatus.payloadTooLarge, ContentFailure.Kind.tooLarge), (.forbidden, .denied),
            (.badRequest, .invalid),
        ])
    func `a refusal while bytes are being sent is reported as such`(
        status: HTTPResponseStatus, kind: ContentFailure.Kind
    ) async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .upload), .always, .answer(status))]
        let blob = SampleBlob(size: 8 << 20)
        try await withRegistry(rules: rules) { loopback in
            let session = try await loopback.store.admit(blob.descriptor, to: .app, from: nil).session
            let failure = await failure {
                try await loopback.store.upload(blob.descriptor, into: session, bytes: blob.stream(pieces: 64))
            }
            #expect(failure?.kind == kind)
            #expect(failure?.status == Int(status.code), "\(failure?.message ?? "")")
        }
    }

    @Test func `a refused upload does not spoil the connection for the next one`() async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .upload), .first(3), .answer(.payloadTooLarge))]
        try await withRegistry(rules: rules) { loopback in
            for _ in 0..<3 {
                let failure = try await uploaded(loopback)
                #expect(failure?.kind == .tooLarge)
            }
            try await loopback.store.push(blob, to: .app)
        }
    }

    @Test(
        .covers("L08"),
        arguments: [
            Fault.replaceAnswer(.internalServerError), .replaceAnswer(.gatewayTimeout),
            .cutResponse(.reset, afterBytes: nil), .cutResponse(.close, afterBytes: nil),
            .replaceAnswer(.notFound, body: #"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#),
        ])
    func `a commit whose answer was lost is found to have landed`(fault: Fault) async throws {
        try await withRegistry(rules: [FaultRule(RequestMatch(.PUT, .upload), .always, fault)]) { loopback in
            let failure = try await uploaded(loopback)
            #expect(failure == nil)
            #expect(loopback.conversation == ["POST uploadStart", "PUT upload", "HEAD blob", "DELETE upload"])
        }
    }

    @Test(arguments: [Fault.answer(.badGateway), .cutRequest(.reset, afterBytes: 100_000)])
    func `a commit that did not land is worth another session`(fault: Fault) async throws {
        try await withRegistry(rules: [FaultRule(RequestMatch(.PUT, .upload), .always, fault)]) { loopback in
            let failure = try await uploaded(loopback)
            #expect(failure?.kind == .unavailable)
            #expect(failure?.retry == .later)
            #expect(loopback.count(.upload) == 2)
        }
    }

    @Test(.covers("L14")) func `a commit that takes too long is looked after`() async throws {
        var options = RegistryNetworkOptions.patient
        options.stallLimits.commit = .seconds(30)
        let rules = [FaultRule(RequestMatch(.PUT, .upload), .always, .cutResponse(.hang, afterBytes: nil))]
        try await withRegistry(rules: rules, options: options) { loopback in
            let failure = try await uploaded(loopback)
            #expect(failure == nil)
        }
    }

    @Test(.covers("A10")) func `a token refused at the commit is worth another try with a fresh one`() async throws {
        let rules = [
            FaultRule(
                RequestMatch(.PUT, .upload), .first(1),
                .answer(.unauthorized, headers: ["WWW-Authenticate": "Bearer realm=\"/token\""]))
        ]
        try await withRegistry(
            rules: rules, users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")
        ) { loopback in
            let failure = try await uploaded(loopback)
            #expect(failure?.kind == .unauthorized)
            #expect(failure?.retry == .later)
            try await loopback.store.push(blob, to: .app)
        }
    }

    @Test(.covers("U17")) func `cancelling ends the upload and its session`() async throws {
        try await withRegistry { loopback in
            let session = try await session(loopback)
            let endless = VerifiedBlob(BlobStream(EndlessWait()), expecting: blob.descriptor)
            let task = Task {
                await failure { try await loopback.store.upload(blob.descriptor, into: session, bytes: endless) }
            }
            while loopback.count(.upload) == 0 { await Task.yield() }
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            #expect(loopback.conversation.last == "DELETE upload")
        }
    }

    @Test(
        .timeLimit(.minutes(30)),
        arguments: [Fault.cutRequest(.close, afterBytes: 0), .answer(.badGateway), .answer(.serviceUnavailable)])
    func `a session whose end was not heard is ended again`(fault: Fault) async throws {
        try await withRegistry(rules: [FaultRule(RequestMatch(.DELETE, .upload), .first(2), fault)]) { loopback in
            let session = try await session(loopback)
            await loopback.store.cancel(session)
            // Nobody waits for the end of a session as long as it may take.
            while loopback.conversation.count(where: { $0 == "DELETE upload" }) < 3 { await Task.yield() }
            while try await loopback.store.progress(of: session) != nil { await Task.yield() }
        }
    }

    @Test func `a sha512 blob is announced as one`() async throws {
        let bytes = Array("hello".utf8)
        let descriptor = Descriptor(
            mediaType: .octetStream, digest: ContentHash.digest(of: bytes, .sha512), size: Int64(bytes.count))
        try await withRegistry { loopback in
            let session = try await loopback.store.admit(descriptor, to: .app, from: nil).session
            let stream = BlobStream(buffers: [ByteBuffer(bytes: bytes)])
            try await loopback.store.upload(
                descriptor, into: session, bytes: VerifiedBlob(stream, expecting: descriptor))
            #expect(loopback.requests.first { $0.subject == .uploadStart }?.query["digest-algorithm"] == "sha512")
            let manifest = try await loopback.store.blob(descriptor, in: .app, from: 0)
            #expect(try await manifest.collected() == bytes)
        }
    }
}

@Suite struct MountTests {
    private let blob = SampleBlob(size: 30_000)

    @Test(.covers("X01")) func `a blob of another repository is mounted in one request`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            loopback.faults.forgetRequests()
            let admission = try await loopback.store.admit(blob.descriptor, to: .other, from: .app)
            #expect(admission.isPresent)
            #expect(loopback.conversation == ["POST uploadStart"])
            #expect(loopback.requests.last?.query["from"] == "team/app")
            #expect(loopback.requests.last?.query["mount"] == blob.descriptor.digest.text)
        }
    }

    @Test(.covers("X02")) func `a mount that fails opens the session that is needed anyway`() async throws {
        try await withRegistry(habits: .ecr) { loopback in
            let admission = try await loopback.store.admit(blob.descriptor, to: .other, from: .app)
            guard case .session(let session, mountRefused: false) = admission else {
                Issue.record("\(admission)")
                return
            }
            try await loopback.store.upload(blob.descriptor, into: session, bytes: blob.stream())
            #expect(loopback.conversation == ["POST uploadStart", "PUT upload"])
        }
    }

    @Test(
        .covers("X03"),
        arguments: [
            (HTTPResponseStatus.badRequest, true), (.unauthorized, true), (.forbidden, true), (.notFound, true),
            (.methodNotAllowed, true),
            // Of which it is not known whether it is about mounts.
            (.internalServerError, false),
        ])
    func `a refused mount becomes a plain upload, and is told`(
        status: HTTPResponseStatus, isRefusal: Bool
    ) async throws {
        var habits = RegistryHabits()
        habits.mountAnswer = .refusal(status)
        try await withRegistry(habits: habits) { loopback in
            let admission = try await loopback.store.admit(blob.descriptor, to: .other, from: .app)
            guard case .session(let session, isRefusal) = admission else {
                Issue.record("\(admission)")
                return
            }
            try await loopback.store.upload(blob.descriptor, into: session, bytes: blob.stream())
            let uploads = loopback.conversation.filter { !$0.hasPrefix("GET") }
            #expect(uploads == ["POST uploadStart", "POST uploadStart", "PUT upload"])
        }
    }

    @Test func `a busy registry is not taken for one that refuses mounts`() async throws {
        var habits = RegistryHabits()
        habits.mountAnswer = .refusal(.tooManyRequests)
        try await withRegistry(habits: habits) { loopback in
            let failure = await failure {
                try await loopback.store.admit(blob.descriptor, to: .other, from: .app)
            }
            #expect(failure?.kind == .rateLimited)
            #expect(loopback.count(.uploadStart) == 1)
        }
    }

    @Test func `asking a repository for its own blob costs no more than the session`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")) { loopback in
            let first = try await loopback.store.admit(blob.descriptor, to: .app, from: .app)
            try await loopback.store.upload(blob.descriptor, into: first.session, bytes: blob.stream())
            let second = try await loopback.store.admit(blob.descriptor, to: .app, from: .app)
            #expect(second.isPresent)
            #expect(loopback.count(.token) == 1)
            #expect(loopback.count(.uploadStart) == 2)
        }
    }
}

/// Bytes that never come.
private struct EndlessWait: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        /// Stored, because the thread sanitizer looks at the address of what changes, and a value without a size has none.
        var wait = Duration.seconds(3_600)

        mutating func next() async throws -> ByteBuffer? {
            try await Task.sleep(for: wait)
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}

extension BlobAdmission {
    struct NoSession: Error {}

    var session: UploadSession {
        get throws {
            guard case .session(let session, _) = self else { throw NoSession() }
            return session
        }
    }
}
