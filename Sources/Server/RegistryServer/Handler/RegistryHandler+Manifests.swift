// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI

extension RegistryHandler {
    func manifest(
        _ request: RegistryRequest, _ repository: Repository, _ referenceText: String
    ) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD, .PUT, .DELETE)
        let reference = try ManifestReference(referenceText)
        switch request.method {
        case .PUT: return try await putManifest(request, repository, reference)
        case .DELETE: return try await deleteManifest(repository, reference)
        default: return try await sendManifest(request, repository, reference)
        }
    }

    private func sendManifest(
        _ request: RegistryRequest, _ repository: Repository, _ reference: ManifestReference
    ) async throws -> RegistryResponse {
        let digest: Digest? =
            switch reference {
            case .digest(let digest): digest
            case .tag(let tag): try await storage.digest(of: tag, in: repository)
            }
        guard let digest, let manifest = try await manifest(digest, for: request, in: repository) else {
            throw RegistryError.manifestUnknown(reference.text)
        }
        let headers: HTTPHeaders = [
            "Content-Type": manifest.mediaType, "Docker-Content-Digest": digest.text, "ETag": digest.entityTag,
        ]
        if request.matches(digest) { return RegistryResponse(.notModified, headers: headers) }
        return RegistryResponse(.ok, headers: headers, body: .bytes(manifest.bytes))
    }

    /// The stored manifest. For a HEAD, a damaged manifest counts as missing: the client often pushes next, and a push
    /// repairs the manifest.
    private func manifest(
        _ digest: Digest, for request: RegistryRequest, in repository: Repository
    ) async throws -> StoredManifest? {
        if request.method == .HEAD { return try await intactManifest(digest, in: repository) }
        return try await storage.manifest(digest, in: repository)
    }

    private func intactManifest(_ digest: Digest, in repository: Repository) async throws -> StoredManifest? {
        do { return try await storage.manifest(digest, in: repository) } catch is DamagedContent { return nil }
    }

    private func deleteManifest(
        _ repository: Repository, _ reference: ManifestReference
    ) async throws -> RegistryResponse {
        let wasThere =
            switch reference {
            case .digest(let digest): try await storage.deleteManifest(digest, in: repository)
            case .tag(let tag): try await storage.deleteTag(tag, in: repository)
            }
        guard wasThere else { throw RegistryError.manifestUnknown(reference.text) }
        return RegistryResponse(.accepted)
    }

    private func putManifest(
        _ request: RegistryRequest, _ repository: Repository, _ reference: ManifestReference
    ) async throws -> RegistryResponse {
        let tags = try tags(for: request, reference)
        let reserved = try memory(for: request.body)
        guard manifestMemory.take(reserved) else {
            throw RegistryError.tooMany("the registry is receiving as many manifests as it has memory for")
        }
        defer { manifestMemory.give(reserved) }
        let bytes = try await collect(request.body)
        let digest = ContentHash.digest(of: bytes, reference.digest?.algorithm ?? .sha256)
        if let expected = reference.digest, expected != digest {
            throw RegistryError.digestInvalid("the manifest's digest is \(digest), not the one it was pushed at")
        }
        let (manifest, document) = try Self.read(bytes, request.headers.first(name: "content-type"))
        if limits.checksReferences { try await checkReferences(of: manifest, in: repository) }
        let stored = StoredManifest(
            digest: digest, mediaType: manifest.mediaType.essence, bytes: bytes, subject: manifest.subject?.digest,
            referrer: Self.referrer(manifest, document, digest: digest, size: bytes.readableBytes))
        try await storage.put(stored, tags: tags, in: repository)
        return Self.created(repository, stored, additionalTags: reference.digest == nil ? [] : tags)
    }

    private static func created(
        _ repository: Repository, _ manifest: StoredManifest, additionalTags: [Tag]
    ) -> RegistryResponse {
        var headers: HTTPHeaders = [
            "Location": "/v2/\(repository)/manifests/\(manifest.digest)",
            "Docker-Content-Digest": manifest.digest.text,
        ]
        if let subject = manifest.subject { headers.add(name: "OCI-Subject", value: subject.text) }
        for tag in additionalTags { headers.add(name: "OCI-Tag", value: tag.name) }
        return RegistryResponse(.created, headers: headers)
    }

    /// The tags that a PUT sets: the reference itself, or the `tag` parameters of a PUT by digest.
    private func tags(for request: RegistryRequest, _ reference: ManifestReference) throws -> [Tag] {
        if case .tag(let tag) = reference { return [tag] }
        let names = request.query.all("tag")
        guard names.count <= limits.tagsPerPut else {
            throw RegistryError(
                .uriTooLong, .unsupported, "more than \(limits.tagsPerPut) tags in one request")
        }
        return try names.map { name in
            guard let tag = Tag(registryTag: name) else { throw Self.invalidTag(name) }
            return tag
        }
    }

    private var tooLarge: RegistryError {
        RegistryError(.payloadTooLarge, .manifestInvalid, "the manifest is larger than \(limits.manifestSize) bytes")
    }

    /// The bytes to reserve for a body; the limit if the client does not announce a length.
    private func memory(for body: RequestBody) throws -> Int {
        guard let length = body.length else { return limits.manifestSize }
        guard length <= limits.manifestSize else { throw tooLarge }
        return Int(length)
    }

    private func collect(_ body: RequestBody) async throws -> ByteBuffer {
        var bytes = ByteBuffer()
        for try await var buffer in body {
            guard bytes.readableBytes + buffer.readableBytes <= limits.manifestSize else { throw tooLarge }
            bytes.writeBuffer(&buffer)
        }
        return bytes
    }

    /// - Throws: 400 `MANIFEST_INVALID`, also for a media type that cannot be sent in a header.
    private static func read(_ bytes: ByteBuffer, _ contentType: String?) throws -> (Manifest, JSON) {
        let manifest: Manifest
        let document: JSON
        do {
            manifest = try Manifest(bytes.readableBytesView, contentType: contentType.map { MediaType($0) })
            document = try JSON(bytes.readableBytesView)
        } catch {
            throw RegistryError(.badRequest, .manifestInvalid, "\(error)")
        }
        guard manifest.mediaType.essence.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw RegistryError(.badRequest, .manifestInvalid, "the manifest's media type is not one")
        }
        return (manifest, document)
    }

    /// - Throws: `MANIFEST_BLOB_UNKNOWN`, once for each missing blob or child, at most 100 times. A subject may be
    ///   missing, and so may blobs that are not distributed or have URLs.
    private func checkReferences(of manifest: Manifest, in repository: Repository) async throws {
        var missing: [Digest] = []
        for blob in manifest.blobs where !blob.mediaType.isNonDistributable && blob.urls.isEmpty {
            if try await storage.blobSize(blob.digest, in: repository) == nil { missing.append(blob.digest) }
        }
        for child in manifest.children {
            if try await intactManifest(child.digest, in: repository) == nil { missing.append(child.digest) }
        }
        guard missing.isEmpty else {
            throw RegistryError(
                .badRequest,
                missing.prefix(100).map { digest in
                    RegistryError.Reason(
                        .manifestBlobUnknown, "the manifest references content unknown to the repository",
                        detail: .object(["digest": .string(digest.text)]))
                })
        }
    }

    /// The manifest's entry in the referrers list of its subject (distribution-spec, "Listing Referrers").
    private static func referrer(
        _ manifest: Manifest, _ document: JSON, digest: Digest, size: Int
    ) -> Referrer? {
        guard let descriptor = JSON.referrer(manifest, document, digest: digest, size: size) else { return nil }
        return Referrer(digest: digest, artifactType: descriptor["artifactType"]?.string, descriptor: descriptor)
    }

    fileprivate static func invalidTag(_ text: String) -> RegistryError {
        RegistryError(
            .badRequest, .manifestInvalid, "neither a tag nor a digest", detail: .string(text.displayable(limit: 128)))
    }
}

/// The last part of a manifest's path.
private enum ManifestReference {
    case tag(Tag)
    case digest(Digest)

    /// - Throws: 400. A reference with a colon is a digest.
    init(_ text: String) throws {
        if text.contains(":") {
            self = .digest(try RegistryHandler.digest(text))
        } else {
            guard let tag = Tag(registryTag: text) else { throw RegistryHandler.invalidTag(text) }
            self = .tag(tag)
        }
    }

    var digest: Digest? { if case .digest(let digest) = self { digest } else { nil } }

    var text: String {
        switch self {
        case .tag(let tag): tag.name
        case .digest(let digest): digest.text
        }
    }
}
