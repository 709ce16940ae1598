// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

// Blobs sent in pieces (distribution-spec, "Pushing a blob in chunks").

extension RegistryStore {
    package func uploadHabits(for repository: Repository) -> UploadHabits { session.known(\.uploads.current) }

    package func append(
        _ bytes: BlobStream, length: Int64, to upload: UploadSession
    ) async throws(ContentFailure) -> UploadSession {
        let first = upload.acknowledged
        var call = Call(
            .patch, .url(try location(of: upload)), scopes: ScopeSet(.push(upload.repository)), in: upload.repository)
        call.headers = [
            "Content-Type": "application/octet-stream", "Content-Range": "\(first)-\(first + length - 1)",
        ]
        call.body = .stream(AnyByteStream(bytes), length: length)
        call.bodyPrivacy = .hidden(reason: "blob")
        let reply = try await reply(to: call)
        guard [201, 202, 204].contains(reply.status) else {
            throw await refusal(of: length, at: first, reply, to: call)
        }
        // Uses our own count, not the answer's Range, because Amazon's registry always names the first piece.
        return try await continued(upload, after: reply, to: call, acknowledged: first + length)
    }

    /// The failure for a refused piece. The next try uses what was learned from it.
    private func refusal(of length: Int64, at offset: Int64, _ reply: Reply, to call: Call) async -> ContentFailure {
        var failure = await session.failure(reply, of: call)
        session.learn { $0.uploads.learn(from: reply.status, toBodyOf: length) }
        if reply.status == 413 {
            if session.known(\.uploads.current.largestBody).map({ $0 < length }) == true { failure.retry = .later }
        } else if offset == 0, Self.meansNoPieces(reply.status, failure.codes) {
            session.learn { $0.uploads.refusePieces() }
            failure.retry = .later
        }
        return offset > 0 ? Self.ofSession(failure) : failure
    }

    /// A first piece cannot be out of order. Such an answer means that the registry does not accept pieces.
    private static func meansNoPieces(_ status: Int, _ codes: [String]) -> Bool {
        [400, 404, 405, 411, 415, 416, 501].contains(status) && !codes.contains("BLOB_UPLOAD_UNKNOWN")
    }

    private func continued(
        _ upload: UploadSession, after reply: Reply, to call: Call, acknowledged: Int64
    ) async throws(ContentFailure) -> UploadSession {
        var next = upload
        if reply.headers["Location"] != nil {
            let opened = try await uploadSession(reply, of: call, upload.repository)
            next = UploadSession(location: opened.location, repository: upload.repository)
            next.smallestPiece = opened.smallestPiece ?? upload.smallestPiece
            next.largestPiece = opened.largestPiece ?? upload.largestPiece
        }
        next.acknowledged = acknowledged
        return next
    }

    package func progress(of upload: UploadSession) async throws(ContentFailure) -> UploadSession? {
        let call = Call(
            .get, .url(try location(of: upload)), scopes: ScopeSet(.push(upload.repository)), in: upload.repository)
        let reply = try await reply(to: call)
        switch reply.status {
        case 200, 202, 204:
            guard let end = PieceBounds.end(reply.headers["Range"]) else { return nil }
            return try await continued(upload, after: reply, to: call, acknowledged: end)
        // Sessions expire, and not every registry reports their status.
        case 400, 404, 405, 410, 416, 501: return nil
        default: throw await session.failure(reply, of: call)
        }
    }

    package func commit(_ descriptor: Descriptor, _ upload: UploadSession) async throws(ContentFailure) {
        let url = try location(of: upload).appending("digest", descriptor.digest.text)
        var call = Call(.put, .url(url), scopes: ScopeSet(.push(upload.repository)), in: upload.repository)
        call.headers = ["Content-Type": "application/octet-stream"]
        call.body = .bytes([])
        do throws(ContentFailure) {
            _ = try await reply(to: call, expecting: [201, 204])
        } catch {
            // A commit may succeed although its answer gets lost.
            guard Self.mayHaveLanded(error), (try? await hasBlob(descriptor, in: upload.repository)) == true else {
                throw Self.ofSession(error)
            }
        }
    }
}

/// Header fields about upload pieces.
enum PieceBounds {
    /// distribution-spec, "Pushing a blob in chunks".
    static func smallest(_ headers: WireHeaders) -> Int64? {
        headers["OCI-Chunk-Min-Length"].flatMap { Int64(decimal: $0) }
    }

    /// A proposal (distribution-spec#485) that Cloudflare's registry follows.
    static func largest(_ headers: WireHeaders) -> Int64? {
        headers["OCI-Chunk-Max-Length"].flatMap { Int64(decimal: $0) }
    }

    /// The bytes that `Range: 0-N` acknowledges: N + 1. `0-0` may mean one byte or none.
    static func end(_ range: String?) -> Int64? {
        guard let range else { return nil }
        let bounds = (range.hasPrefix("bytes=") ? range.dropFirst(6) : range[...]).split(
            separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, bounds[0] == "0", let last = Int64(decimal: bounds[1]),
            Descriptor.sizes.contains(last)
        else { return nil }
        return last == 0 ? 0 : last + 1
    }
}
