// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI

// An upload session: POST opens it, PATCH appends, GET returns the stored size, PUT closes it, DELETE drops it
// (distribution-spec, "Pushing Blobs"). Bytes of a broken request are kept, so that the client can ask for the size and
// continue.

extension RegistryHandler {
    func startUpload(_ request: RegistryRequest, _ repository: Repository) async throws -> RegistryResponse {
        try request.allow(.POST)
        if let mounted = try await mount(request, into: repository) { return mounted }
        guard let digestText = request.query["digest"], request.query["mount"] == nil else {
            let id = try await storage.beginUpload(in: repository, try Self.algorithm(request))
            return Self.progress(.accepted, repository, id, stored: 0)
        }
        let digest = try Self.digest(digestText)
        let id = try await storage.beginUpload(in: repository, digest.algorithm)
        do {
            return try await close(id, as: digest, in: repository, with: request)
        } catch {
            // Only this request knows the session.
            _ = try await storage.cancelUpload(id, in: repository)
            throw error
        }
    }

    func upload(
        _ request: RegistryRequest, _ repository: Repository, _ idText: String
    ) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD, .PATCH, .PUT, .DELETE)
        guard let id = UploadID(idText) else { throw RegistryError.uploadUnknown(idText) }
        switch request.method {
        case .PATCH: return try await append(request, repository, id)
        case .PUT:
            guard let digestText = request.query["digest"] else {
                throw RegistryError.digestInvalid("the closing request names no digest")
            }
            return try await close(id, as: try Self.digest(digestText), in: repository, with: request)
        case .DELETE:
            guard try await storage.cancelUpload(id, in: repository) else { throw RegistryError.uploadUnknown(idText) }
            return RegistryResponse(.noContent)
        default:
            guard let stored = try await storage.uploadSize(id, in: repository) else {
                throw RegistryError.uploadUnknown(idText)
            }
            return Self.progress(.noContent, repository, id, stored: stored)
        }
    }

    private func append(
        _ request: RegistryRequest, _ repository: Repository, _ id: UploadID
    ) async throws -> RegistryResponse {
        guard let writer = try await storage.writer(for: id, in: repository) else {
            throw RegistryError.uploadUnknown(id.text)
        }
        try await receive(request, repository, id, into: writer)
        return Self.progress(.accepted, repository, id, stored: try await writer.size())
    }

    private func close(
        _ id: UploadID, as digest: Digest, in repository: Repository, with request: RegistryRequest
    ) async throws -> RegistryResponse {
        guard let writer = try await storage.writer(for: id, in: repository) else {
            throw RegistryError.uploadUnknown(id.text)
        }
        try await receive(request, repository, id, into: writer)
        guard try await writer.commit(as: digest) else {
            throw RegistryError.digestInvalid("provided digest did not match uploaded content")
        }
        return Self.committed(repository, digest)
    }

    /// Appends the body, after checking that it is the next chunk.
    private func receive(
        _ request: RegistryRequest, _ repository: Repository, _ id: UploadID, into writer: any UploadWriter
    ) async throws {
        let start = try await writer.size()
        let chunk = try request.chunk()
        if let chunk, chunk.first != start {
            var refusal = RegistryError(
                .rangeNotSatisfiable, .blobUploadInvalid, "the chunk does not begin where the stored bytes end",
                detail: .object(["stored": JSON(start), "offset": JSON(chunk.first)]))
            refusal.headers = Self.progress(.rangeNotSatisfiable, repository, id, stored: start).headers
            throw refusal
        }
        for try await buffer in request.body {
            try await writer.append(buffer)
        }
        guard let chunk, try await writer.size() - start != chunk.length else { return }
        try await writer.truncate(to: start)
        throw RegistryError(.badRequest, .sizeInvalid, "the chunk is not as long as its Content-Range")
    }

    /// Mounts a blob of the registry, if the request names one and the blob exists.
    ///
    /// A mount that is not possible is not an error: the result is nil, and the caller opens a session
    /// (distribution-spec, "Mounting").
    private func mount(_ request: RegistryRequest, into repository: Repository) async throws -> RegistryResponse? {
        guard let digestText = request.query["mount"] else { return nil }
        let digest = try Self.digest(digestText)
        let origin = request.query["from"]
        let originRepository = origin.flatMap { Repository(registryName: $0) }
        if origin != nil && originRepository == nil { return nil }
        guard try await storage.mount(digest, from: originRepository, into: repository) else { return nil }
        return Self.committed(repository, digest)
    }

    private static func algorithm(_ request: RegistryRequest) throws -> Digest.Algorithm {
        let name = request.query["digest-algorithm"] ?? request.query["mount"].map { String($0.prefix { $0 != ":" }) }
        guard let name else { return .sha256 }
        guard let algorithm = Digest.Algorithm(rawValue: name) else {
            throw RegistryError.digestInvalid(
                "this registry knows sha256 and sha512, not \"\(name.displayable(limit: 64))\"")
        }
        return algorithm
    }

    private static func progress(
        _ status: HTTPResponseStatus, _ repository: Repository, _ id: UploadID, stored: Int64
    ) -> RegistryResponse {
        // An empty session also has `0-0`, as in the reference registry, because an inclusive range of no bytes does
        // not exist.
        RegistryResponse(
            status,
            headers: [
                "Location": "/v2/\(repository)/blobs/uploads/\(id)", "Range": "0-\(max(stored, 1) - 1)",
                "Docker-Upload-UUID": id.text,
            ])
    }

    private static func committed(_ repository: Repository, _ digest: Digest) -> RegistryResponse {
        RegistryResponse(
            .created,
            headers: ["Location": "/v2/\(repository)/blobs/\(digest)", "Docker-Content-Digest": digest.text])
    }
}

extension RegistryRequest {
    /// The position of a chunk: `Content-Range: 0-99` (distribution-spec, "Pushing a blob in chunks").
    ///
    /// nil if the header is missing: the body continues at the end of the stored bytes.
    ///
    /// - Throws: 400 if the header cannot be read or contradicts `Content-Length`.
    fileprivate func chunk() throws -> ByteSpan? {
        guard let text = headers.first(name: "content-range") else { return nil }
        guard let span = ByteSpan(text) else {
            throw RegistryError(
                .badRequest, .blobUploadInvalid, "Content-Range is not first-last",
                detail: .string(text.displayable(limit: 64)))
        }
        if let announced = body.length, announced != span.length {
            throw RegistryError(.badRequest, .sizeInvalid, "Content-Length is not the length of Content-Range")
        }
        return span
    }
}
