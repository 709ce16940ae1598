// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

extension RegistryHandler {
    func blob(
        _ request: RegistryRequest, _ repository: Repository, _ digestText: String
    ) async throws -> RegistryResponse {
        try request.allow(.GET, .HEAD, .DELETE)
        let digest = try Self.digest(digestText)
        switch request.method {
        case .DELETE: return try await deleteBlob(digest, repository)
        case .HEAD: return try await describeBlob(request, digest, repository)
        default: return try await sendBlob(request, digest, repository)
        }
    }

    private func describeBlob(
        _ request: RegistryRequest, _ digest: Digest, _ repository: Repository
    ) async throws -> RegistryResponse {
        guard let size = try await storage.blobSize(digest, in: repository) else {
            throw RegistryError.blobUnknown(digest)
        }
        let headers = Self.blobHeaders(digest)
        if request.matches(digest) { return RegistryResponse(.notModified, headers: headers) }
        var response = RegistryResponse(.ok, headers: headers)
        response.announcedLength = size
        return response
    }

    private func sendBlob(
        _ request: RegistryRequest, _ digest: Digest, _ repository: Repository
    ) async throws -> RegistryResponse {
        guard let content = try await storage.blob(digest, in: repository) else {
            throw RegistryError.blobUnknown(digest)
        }
        var headers = Self.blobHeaders(digest)
        if request.matches(digest) { return RegistryResponse(.notModified, headers: headers) }
        switch ByteRangeRequest(request.headers, size: content.size, entityTag: digest.entityTag) {
        case .whole: return RegistryResponse(.ok, headers: headers, body: content.body(0..<content.size))
        case .part(let range):
            let content = try await content.checked()
            headers.add(
                name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.size)")
            return RegistryResponse(.partialContent, headers: headers, body: content.body(range))
        case .unsatisfiable:
            throw RegistryError(
                .rangeNotSatisfiable, .unsupported, "the range lies outside the blob",
                headers: ["Content-Range": "bytes */\(content.size)"])
        }
    }

    private func deleteBlob(_ digest: Digest, _ repository: Repository) async throws -> RegistryResponse {
        guard try await storage.deleteBlob(digest, in: repository) else { throw RegistryError.blobUnknown(digest) }
        return RegistryResponse(.accepted)
    }

    private static func blobHeaders(_ digest: Digest) -> HTTPHeaders {
        [
            "Content-Type": "application/octet-stream", "Docker-Content-Digest": digest.text,
            "ETag": digest.entityTag, "Accept-Ranges": "bytes",
        ]
    }

    /// - Throws: 400 `DIGEST_INVALID`.
    static func digest(_ text: String) throws -> Digest {
        do { return try Digest(text) } catch { throw RegistryError.digestInvalid(error.description) }
    }
}

extension Digest {
    /// The entity tag. It is a strong validator, because content that is named by its digest never changes (RFC 9110
    /// §8.8.3).
    var entityTag: String { "\"\(text)\"" }
}

extension RegistryRequest {
    /// Whether the client says that it has this content already (`If-None-Match`).
    func matches(_ digest: Digest) -> Bool {
        headers[canonicalForm: "if-none-match"].contains { $0 == "*" || $0 == digest.entityTag || $0 == digest.text }
    }
}

/// The `Range` header of a request (RFC 9110 §14).
enum ByteRangeRequest: Equatable {
    /// No range, several ranges, an unreadable range, or a range for other content. The response is the whole blob.
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    init(_ headers: HTTPHeaders, size: Int64, entityTag: String) {
        guard let text = headers.first(name: "range"), text.hasPrefix("bytes="),
            headers.first(name: "if-range").map({ $0 == entityTag }) ?? true
        else {
            self = .whole
            return
        }
        self = Self.read(text.dropFirst("bytes=".count), size: size)
    }

    private static func read(_ text: Substring, size: Int64) -> ByteRangeRequest {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, !text.contains(",") else { return .whole }
        if ends[0].isEmpty {
            guard let count = Int64(digits: ends[1]) else { return .whole }
            return count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - count)..<size)
        }
        guard let first = Int64(digits: ends[0]) else { return .whole }
        if ends[1].isEmpty { return first < size ? .part(first..<size) : .unsatisfiable }
        guard let last = Int64(digits: ends[1]) else { return .whole }
        return first <= last && first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
    }

}
