// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Testing

/// Where the registry of a test keeps its content: each promise is tested over both.
enum Shelf: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case disk

    var testDescription: String { "in \(rawValue)" }
}

/// A registry without a socket, and a client for it.
struct RegistryUnderTest: Sendable {
    let storage: any RegistryStorage
    var responder: any RegistryResponder
    let folder: TemporaryFolder?

    init(
        _ shelf: Shelf = .memory, limits: RegistryLimits = RegistryLimits(),
        wrap: (any RegistryResponder) -> any RegistryResponder = { $0 }
    ) throws {
        folder = shelf == .disk ? try TemporaryFolder() : nil
        let uploadLimit = limits.unfinishedUploads
        storage =
            try folder.map { try $0.opened(uploadLimit: uploadLimit) }
            ?? MemoryStorage(uploadLimit: uploadLimit)
        responder = wrap(RegistryHandler(storage, limits: limits))
    }

    /// Over a storage that the test keeps.
    init(storage: any RegistryStorage) {
        folder = nil
        self.storage = storage
        responder = RegistryHandler(storage)
    }

    struct Answer: Sendable {
        var status: UInt
        var headers: HTTPHeaders
        var bytes: ByteBuffer
        var response: RegistryResponse

        var text: String { String(buffer: bytes) }
        /// The error codes of the body.
        var codes: [String] { json["errors"]?.array?.compactMap { $0["code"]?.string } ?? [] }
        var json: JSON { (try? JSON(bytes.readableBytesView)) ?? .null }
        subscript(_ header: String) -> String? { headers.first(name: header) }
    }

    @discardableResult
    func send(_ request: RegistryRequest) async throws -> Answer {
        let response = await responder.respond(to: request)
        return Answer(
            status: response.status.code, headers: response.headers, bytes: try response.body.collected(),
            response: response)
    }

    @discardableResult
    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = [:], body: String? = nil
    ) async throws -> Answer {
        let body = body.map { RequestBody(ByteBuffer(string: $0)) } ?? .empty
        return try await send(RegistryRequest(method, target, headers: headers, body: body))
    }
}

// MARK: - Steps that many tests begin with

extension RegistryUnderTest {
    /// Pushes a blob in one request.
    @discardableResult
    func push(blob: String, to repository: String = "app", _ algorithm: Digest.Algorithm = .sha256) async throws
        -> Digest
    {
        let digest = blob.digest(algorithm)
        try await send(.POST, "/v2/\(repository)/blobs/uploads/?digest=\(digest)", body: blob)
        return digest
    }

    /// Pushes a manifest at a tag or its digest.
    @discardableResult
    func push(manifest: String, at reference: String? = nil, to repository: String = "app") async throws -> Answer {
        try await send(
            .PUT, "/v2/\(repository)/manifests/\(reference ?? manifest.digest().text)",
            headers: ["Content-Type": manifest.mediaType], body: manifest)
    }

    /// Opens an upload session.
    ///
    /// - Returns: its location.
    func open(in repository: String = "app") async throws -> String {
        try await send(.POST, "/v2/\(repository)/blobs/uploads/")["Location"] ?? ""
    }

    /// A small image whose config is pushed, ready to be pushed itself.
    func image(_ name: String, in repository: String = "app", subject: Digest? = nil, artifactType: String? = nil)
        async throws -> String
    {
        let config = try await push(blob: "{\"name\":\"\(name)\"}", to: repository)
        var text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":"\(MediaType.ociConfig)",\
            "digest":"\(config)","size":2},"layers":[]
            """
        if let artifactType { text += ",\"artifactType\":\"\(artifactType)\"" }
        if let subject {
            text += ",\"subject\":{\"mediaType\":\"\(MediaType.ociManifest)\",\"digest\":\"\(subject)\",\"size\":2}"
        }
        return text + ",\"annotations\":{\"name\":\"\(name)\"}}"
    }
}

extension String {
    func digest(_ algorithm: Digest.Algorithm = .sha256) -> Digest {
        ContentHash.digest(of: ByteBuffer(string: self), algorithm)
    }

    /// What a manifest calls itself.
    var mediaType: String { (try? JSON(Array(utf8)))?["mediaType"]?.string ?? "" }

    /// An index of manifests.
    static func index(of manifests: [String], _ algorithm: Digest.Algorithm = .sha256) -> String {
        let children = manifests.map {
            "{\"mediaType\":\"\($0.mediaType)\",\"digest\":\"\($0.digest(algorithm))\",\"size\":\($0.utf8.count)}"
        }
        return """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[\(children.joined(separator: ","))]}
            """
    }
}

extension RequestBody {
    /// A body that arrives in parts and, where it is interrupted, breaks off after them.
    static func arriving(_ parts: [String], interrupted: Bool = false) -> RequestBody {
        let stream = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            for part in parts { continuation.yield(ByteBuffer(string: part)) }
            continuation.finish(throwing: interrupted ? BodyInterrupted() : nil)
        }
        return RequestBody(length: nil, stream)
    }
}
