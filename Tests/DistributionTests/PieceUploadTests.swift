// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOCore
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@Suite struct PieceUploadTests {
    private let blob = SampleBlob(size: 300_000)

    private func piece(_ range: Range<Int>) -> BlobStream {
        BlobStream(buffers: [ByteBuffer(bytes: blob.bytes[range])])
    }

    private func begin(_ store: RegistryStore) async throws -> UploadSession {
        try await store.admit(blob.descriptor, to: .app, from: nil).session
    }

    @Test func `pieces in order become the blob`() async throws {
        try await withRegistry { loopback in
            var session = try await begin(loopback.store)
            for start in stride(from: 0, to: 300_000, by: 100_000) {
                session = try await loopback.store.append(
                    piece(start..<start + 100_000), length: 100_000, to: session)
                #expect(session.acknowledged == Int64(start + 100_000))
            }
            try await loopback.store.commit(blob.descriptor, session)
            let open = try await loopback.store.blob(blob.descriptor, in: .app, from: 0)
            #expect(try await open.collected() == blob.bytes)
        }
    }

    @Test(.covers("U08")) func `a registry says how far an upload got, and it goes on from there`() async throws {
        try await withRegistry { loopback in
            let opened = try await begin(loopback.store)
            _ = try await loopback.store.append(piece(0..<150_000), length: 150_000, to: opened)
            let asked = try await loopback.store.progress(of: opened)
            let session = try #require(asked)
            #expect(session.acknowledged == 150_000)
            let last = try await loopback.store.append(piece(150_000..<300_000), length: 150_000, to: session)
            try await loopback.store.commit(blob.descriptor, last)
            let hasBlob = try await loopback.store.hasBlob(blob.descriptor, in: .app)
            #expect(hasBlob)
        }
    }

    @Test(.covers("U03")) func `each answer says where the next piece goes, and where it ends`() async throws {
        let wire = ScriptedTransport { request in
            let step = Int(request.url.path.dropFirst(3)) ?? 0
            return switch request.method {
            case .post: .init(status: 202, headers: ["Location": "/u/1"])
            case .patch: .init(status: 202, headers: ["Location": "/u/\(step + 1)"])
            default: .init(status: 201)
            }
        }
        let store = try RegistryNetwork(wire).store("r.io")
        var session = try await begin(store)
        for start in [0, 150_000] {
            session = try await store.append(piece(start..<start + 150_000), length: 150_000, to: session)
        }
        try await store.commit(blob.descriptor, session)
        #expect(
            wire.conversation.suffix(3).map { $0.prefix { $0 != "?" } } == [
                "PATCH https://r.io/u/1", "PATCH https://r.io/u/2", "PUT https://r.io/u/3",
            ])
    }

    @Test func `a session that is gone is nothing to go on with`() async throws {
        try await withRegistry { loopback in
            let session = try await begin(loopback.store)
            await loopback.store.cancel(session)
            let progress = try await loopback.store.progress(of: session)
            #expect(progress == nil)
        }
    }

    @Test func `wrong bytes are refused at the commit`() async throws {
        try await withRegistry { loopback in
            var session = try await begin(loopback.store)
            let wrong = BlobStream(buffers: [ByteBuffer(repeating: 0, count: 300_000)])
            session = try await loopback.store.append(wrong, length: 300_000, to: session)
            let last = session
            let failure = await failure { try await loopback.store.commit(blob.descriptor, last) }
            #expect(failure?.kind == .corrupt)
        }
    }

    @Test func `a commit whose answer gets lost is looked for, not repeated`() async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .upload), .first(1), .replaceAnswer(.badGateway))]
        try await withRegistry(rules: rules) { loopback in
            var session = try await begin(loopback.store)
            session = try await loopback.store.append(piece(0..<300_000), length: 300_000, to: session)
            try await loopback.store.commit(blob.descriptor, session)
            #expect(loopback.conversation.count { $0.hasPrefix("PUT") } == 1)
        }
    }

    @Test(.covers("U12"), arguments: [HTTPResponseStatus.badRequest, .notFound, .rangeNotSatisfiable, .notImplemented])
    func `a registry that takes no pieces is given whole blobs from then on`(status: HTTPResponseStatus) async throws {
        let rules = [FaultRule(RequestMatch(.PATCH, .upload), .always, .answer(status))]
        try await withRegistry(rules: rules) { loopback in
            let session = try await begin(loopback.store)
            let failure = await failure {
                try await loopback.store.append(piece(0..<100_000), length: 100_000, to: session)
            }
            #expect(failure?.retry == .later)
            #expect(!loopback.store.uploadHabits(for: .app).takesPieces)
        }
    }

    @Test(.covers("U05")) func `a body that is too large teaches the size to try next`() async throws {
        let blob = SampleBlob(size: 8 << 20)
        let rules = [FaultRule(RequestMatch(.PUT, .upload), .first(1), .answer(.payloadTooLarge))]
        try await withRegistry(rules: rules) { loopback in
            #expect(loopback.store.uploadHabits(for: .app).largestBody == nil)
            let session = try await loopback.store.admit(blob.descriptor, to: .app, from: nil).session
            _ = await failure {
                try await loopback.store.upload(blob.descriptor, into: session, bytes: blob.stream(pieces: 64))
            }
            #expect(loopback.store.uploadHabits(for: .app).largestBody == 4 << 20)
        }
    }

    @Test(
        .covers("U07"),
        arguments: [
            ("5242880", "104857600", Int64(5_242_880), Int64(104_857_600)), ("1000000000000000", "-1", nil, nil),
            ("x", "", nil, nil), ("0", "0", nil, nil), ("+5", "1", nil, nil), ("1", "65535", 1, nil),
            ("1073741824", "65536", 1 << 30, 65536),
        ] as [(String, String, Int64?, Int64?)])
    func `bounds of pieces are taken from the answer where they make sense`(
        smallest: String, largest: String, expectedSmallest: Int64?, expectedLargest: Int64?
    ) async throws {
        let wire = ScriptedTransport { request in
            request.method == .post
                ? .init(
                    status: 202,
                    headers: ["Location": "/u", "OCI-Chunk-Min-Length": smallest, "OCI-Chunk-Max-Length": largest])
                : .init(status: 200)
        }
        let session = try await begin(RegistryNetwork(wire).store("r.io"))
        #expect(session.smallestPiece == expectedSmallest)
        #expect(session.largestPiece == expectedLargest)
    }

    @Test(
        .covers("U10"),
        arguments: [
            ("0-99", Int64(100)), ("bytes=0-99", 100), ("0-0", 0), ("5-99", nil), ("0-x", nil), ("", nil),
            ("0--5", nil),
        ] as [(String, Int64?)])
    func `what a registry acknowledges is read with care`(range: String, expected: Int64?) async throws {
        let wire = ScriptedTransport { request in
            switch request.method {
            case .post: .init(status: 202, headers: ["Location": "/u"])
            case .get where request.url.path == "/u": .init(status: 204, headers: ["Range": range, "Location": "/u2"])
            default: .init(status: 200)
            }
        }
        let store = try RegistryNetwork(wire).store("r.io")
        let progress = try await store.progress(of: try await begin(store))
        #expect(progress?.acknowledged == expected)
        #expect(progress == nil || progress?.location == "https://r.io/u2")
    }

    @Test(arguments: [
        ("europe-docker.pkg.dev", false), ("gcr.io", false), ("eu.gcr.io", false), ("ghcr.io", false),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", false), ("registry.example", true), ("notgcr.io", true),
        ("mirror.gcr.io", false), ("team.azurecr.io", true), ("quay.io", true), ("europe-docker.pkg.dev:5000", true),
    ])
    func `registries known to take whole blobs only are not offered pieces`(host: String, takesPieces: Bool) throws {
        let wire = ScriptedTransport { _ in .init(status: 200) }
        #expect(try RegistryNetwork(wire).store(host).uploadHabits(for: .app).takesPieces == takesPieces)
    }
}
