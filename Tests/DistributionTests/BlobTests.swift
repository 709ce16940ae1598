// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@Suite struct BlobTests {
    private let blob = SampleBlob(size: 100_000)

    private func read(_ loopback: Loopback, from offset: Int64 = 0) async throws -> (Int64, [UInt8]) {
        let open = try await loopback.store.blob(blob.descriptor, in: .app, from: offset)
        return (open.startOffset, try await open.collected())
    }

    @Test(.covers("B05")) func `reading goes on from an offset with a closed range`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            let (start, bytes) = try await read(loopback, from: 40_000)
            #expect(start == 40_000)
            #expect(bytes == Array(blob.bytes[40_000...]))
            #expect(loopback.requests.last?.headers["Range"] == ["bytes=40000-99999"])
        }
    }

    @Test func `reading from the beginning asks for no range`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            _ = try await read(loopback)
            #expect(loopback.requests.last?.headers["Range"].isEmpty == true)
        }
    }

    @Test(
        .covers("B04"),
        arguments: [
            ("bytes 0-59999/100000", 2), ("bytes 40000-99998/100000", 2), ("bytes 40000-99999/100001", 2),
            ("bytes 40000-99999/*", 1), ("nonsense", 2),
        ])
    func `a part that is not what was asked for is not taken`(range: String, requests: Int) async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob, header: "Range"), .always, .header("Content-Range", range))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let (start, bytes) = try await read(loopback, from: 40_000)
            #expect(bytes == Array(blob.bytes[Int(start)...]))
            #expect(loopback.count(.blob) == requests)
        }
    }

    @Test(.covers("B03")) func `a registry without ranges starts from the beginning`() async throws {
        let rules = [
            FaultRule(RequestMatch(.GET, .blob, header: "Range"), .always, .answer(.rangeNotSatisfiable))
        ]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let (start, bytes) = try await read(loopback, from: 40_000)
            #expect(start == 0)
            #expect(bytes == blob.bytes)
        }
    }

    @Test func `a blob that the registry lacks is read from the places its descriptor names, as a stranger`()
        async throws
    {
        let credentials = FixedCredential("ann", "secret")
        try await withRegistry { elsewhere in
            try await elsewhere.store.push(blob, to: .app)
            try await withRegistry(users: ["ann": "secret"], credentials: credentials) { loopback in
                var foreign = blob.descriptor
                let path = "/v2/\(Repository.app.path)/blobs/\(foreign.digest)"
                foreign.urls = ["ftp://nowhere/x", "\(elsewhere.server.url)/nothing", elsewhere.server.url + path]
                let bytes = try await loopback.store.blobFromAnywhere(foreign, in: .app)
                #expect(try await OpenBlob(startOffset: 0, bytes: bytes).collected() == blob.bytes)
                #expect(elsewhere.requests.last?.headers["Authorization"].isEmpty == true)

                foreign.urls = ["\(elsewhere.server.url)/nothing"]
                await #expect(throws: ContentFailure.self) {
                    _ = try await loopback.store.blobFromAnywhere(foreign, in: .app)
                }
            }
        }
    }

    @Test(arguments: [(503, ContentFailure.Kind.unavailable), (429, .unavailable), (403, .notFound), (404, .notFound)])
    func `what a host that a descriptor names answers says nothing about the registry`(
        status: Int, kind: ContentFailure.Kind
    ) async throws {
        let answer = Fault.answer(.init(statusCode: status))
        try await withRegistry(rules: [FaultRule(RequestMatch(), .always, answer)]) { elsewhere in
            try await withRegistry { loopback in
                var foreign = blob.descriptor
                foreign.urls = ["\(elsewhere.server.url)/layer"]
                let failure = await DistributionTests.failure {
                    _ = try await loopback.store.blobFromAnywhere(foreign, in: .app)
                }
                #expect(failure?.kind == kind && failure?.status == status && failure?.isOfForeignHost == true)
                #expect(failure?.retry == (kind == .unavailable ? .later : .never))
            }
        }
    }

    @Test func `of the places that a descriptor names so many are asked, and no more`() async throws {
        try await withRegistry { elsewhere in
            try await withRegistry { loopback in
                var foreign = blob.descriptor
                foreign.urls = (0..<100).map { "\(elsewhere.server.url)/nothing/\($0)" }
                await #expect(throws: ContentFailure.self) {
                    _ = try await loopback.store.blobFromAnywhere(foreign, in: .app)
                }
                #expect(elsewhere.requests.count == 16)
            }
        }
    }

    @Test func `the size of a blob is asked for where nobody said it`() async throws {
        try await withRegistry { loopback in
            let before = try await loopback.store.size(ofBlob: blob.descriptor.digest, in: .app)
            #expect(before == nil)
            try await loopback.store.push(blob, to: .app)
            let after = try await loopback.store.size(ofBlob: blob.descriptor.digest, in: .app)
            #expect(after == 100_000)
        }
    }

    @Test(.covers("B10"), arguments: [("12345", true), ("123456", false), ("1234", false)])
    func `a blob of unannounced length has the size of its descriptor, or is refused`(
        body: String, isWhole: Bool
    ) async throws {
        let descriptor = Descriptor(
            mediaType: .octetStream, digest: ContentHash.digest(of: Array("12345".utf8)), size: 5)
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .init(status: 200, body: body) }
        let open = try await RegistryNetwork(wire).store("r.io").blob(descriptor, in: .app, from: 0)
        let failure = await DistributionTests.failure {
            for try await _ in VerifiedBlob(open.bytes, expecting: descriptor) {}
        }
        #expect((failure == nil) == isWhole)
    }

    @Test(.covers("B06")) func `nothing is ever asked from the end on`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            #expect(try await read(loopback, from: 100_000).0 == 0)
            #expect(loopback.requests.last?.headers["Range"].isEmpty == true)
        }
    }

    @Test(.covers("B07")) func `a recoded answer is refused`() async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .header("Content-Encoding", "gzip"))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let failure = await failure { try await read(loopback) }
            #expect(failure?.message.contains("\"gzip\"") == true)
        }
    }

    @Test(.covers("L03")) func `another length than the descriptor's is refused before a byte is read`() async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .shorten(toBytes: 50_000))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let failure = await failure { try await read(loopback) }
            #expect(failure?.kind == .corrupt)
            #expect(
                failure?.message.contains("Content-Length header 50000 does not match expected size 100000") == true)
        }
    }

    @Test func `a blob that HEAD says is of another size is looked at by GET`() async throws {
        let rules = [FaultRule(RequestMatch(.HEAD, .blob), .always, .announceLength(99_999))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let hasBlob = try await loopback.store.hasBlob(blob.descriptor, in: .app)
            #expect(hasBlob && loopback.conversation.suffix(2) == ["HEAD blob", "GET blob"])
        }
    }

    @Test(arguments: [ResponseCut.Manner.close, .reset])
    func `a cut connection is a failure worth another try`(manner: ResponseCut.Manner) async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .cutResponse(manner, afterBytes: 50_000))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let failure = await failure { try await read(loopback) }
            #expect(failure?.retry == .later)
            #expect(failure?.kind == .unavailable)
        }
    }

    @Test(.covers("L14")) func `a body that stands still is given up, and the host is named`() async throws {
        var options = RegistryNetworkOptions.patient
        options.stallLimits.body = .milliseconds(50)
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .cutResponse(.hang, afterBytes: 50_000))]
        try await withRegistry(rules: rules, options: options) { loopback in
            try await loopback.store.push(blob, to: .app)
            let failure = await failure { try await read(loopback) }
            #expect(failure?.kind == .stalled)
            #expect(failure?.retry == .later)
            #expect(failure?.message.contains(loopback.host.name) == true)
        }
    }

    @Test(.covers("L14")) func `a registry that never answers is given up`() async throws {
        var options = RegistryNetworkOptions.patient
        options.stallLimits.head = .milliseconds(50)
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .hang)]
        try await withRegistry(rules: rules, options: options) { loopback in
            let failure = await failure { try await read(loopback) }
            #expect(failure?.kind == .stalled)
        }
    }

    @Test func `cancelling ends a read`() async throws {
        let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .cutResponse(.hang, afterBytes: 50_000))]
        try await withRegistry(rules: rules) { loopback in
            try await loopback.store.push(blob, to: .app)
            let task = Task { await failure { try await read(loopback) } }
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
        }
    }
}
