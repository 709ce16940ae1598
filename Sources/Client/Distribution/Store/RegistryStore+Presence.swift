// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import RegistryAuth
import RegistryTransport

/// What a registry says about a blob without sending it.
enum BlobPresence: Equatable {
    case absent
    /// - Parameter size: bytes; nil if the registry did not say.
    case present(size: Int64?)
}

extension RegistryStore {
    /// Whether a repository has a blob. Uses HEAD, and GET if HEAD is refused or its answer is impossible.
    ///
    /// - Parameter size: the expected bytes, if known. If a HEAD names another size, a GET must confirm it.
    func presence(
        of digest: Digest, size: Int64?, in repository: Repository
    ) async throws(ContentFailure) -> BlobPresence {
        guard session.known({ $0.heads.covers(.blobs) }) else {
            return try await readPresence(of: digest, size: size, in: repository)
        }
        let call = Call(.head, .path(try path(repository, blob: digest)), scopes: reading(repository), in: repository)
        let reply = try await reply(to: call)
        let isHome = session.isHome(reply.url)
        var headSaid: BlobPresence?
        switch reply.status {
        case 200 where reply.headers.tellOfWebPage(inPlaceOf: size): break
        case 200:
            let said = BlobPresence.present(size: reply.headers.contentLength)
            if said == .present(size: size) || (size != nil && said == .present(size: nil)) { return said }
            if size == nil, said != .present(size: nil) { return said }
            headSaid = said
        case 404 where isHome: return .absent
        case 201...299: break
        case _ where reply.isInconclusiveHead(isHome: isHome): break
        default: throw await session.failure(reply, of: call)
        }
        let presence = try await readPresence(of: digest, size: size, in: repository)
        if presence != .absent, presence != headSaid { session.learn { $0.heads.withdraw(from: .blobs) } }
        return presence
    }

    /// Reads the blob's last byte. A truncated file lacks it, just like a file that is gone.
    package func canRead(
        _ descriptor: Descriptor, in repository: Repository
    ) async throws(ContentFailure) -> Bool {
        guard let last = ByteRange(descriptor.size - 1..<descriptor.size, size: descriptor.size) else {
            return try await hasBlob(descriptor, in: repository)
        }
        let call = try blobCall(descriptor.digest, in: repository, range: last.header)
        let response = try await send(call)
        switch response.status {
        case 206:
            let part = response.headers["Content-Range"]
            let total = ByteRange.total(part)
            if let total, total != descriptor.size {
                await response.discard()
                return false
            }
            guard last.isAnswered(by: part) else {
                await response.discard()
                return try await canReadWhole(descriptor, in: repository)
            }
            // If the answer names no total size, a HEAD has to tell it.
            guard try await checkByte(response, of: descriptor), total == nil else { return true }
            return try await hasBlob(descriptor, in: repository)
        case 200 where response.headers.tellOfWebPage(inPlaceOf: descriptor.size):
            throw try await inconclusiveFailure(response, of: call)
        // The registry does not support ranges. The first bytes have to be enough; the connection is closed for the rest.
        case 200:
            guard let size = response.headers.contentLength else {
                return try await Self.size(of: try open(response, 0..<descriptor.size).bytes) == descriptor.size
            }
            return try await checkByte(response, of: descriptor) && size == descriptor.size
        case 416:
            await response.discard()
            // If the answer names another size, the blob is truncated. Otherwise the registry does not support ranges.
            if let total = ByteRange.total(response.headers["Content-Range"]), total != descriptor.size { return false }
            return try await canReadWhole(descriptor, in: repository)
        case 404 where session.isHome(response.url):
            await response.discard()
            return false
        default: throw try await inconclusiveFailure(response, of: call)
        }
    }

    /// Reads the whole blob, because the registry answered the request for the last byte with another part, or with none.
    private func canReadWhole(
        _ descriptor: Descriptor, in repository: Repository
    ) async throws(ContentFailure) -> Bool {
        let open = try await blob(descriptor, in: repository, range: 0..<descriptor.size)
        return try await Self.size(of: open.bytes) == descriptor.size
    }

    /// Counts the bytes of a stream of unknown length.
    private static func size(of bytes: BlobStream) async throws(ContentFailure) -> Int64 {
        do {
            return try await bytes.reduce(into: Int64(0)) { $0.add(saturating: Int64($1.readableBytes)) }
        } catch let failure as ContentFailure {
            throw failure
        } catch {
            throw .cancelled
        }
    }

    private func checkByte(
        _ response: WireResponse, of descriptor: Descriptor
    ) async throws(ContentFailure) -> Bool {
        let start = await response.body.beginning(upTo: 1)
        if !start.bytes.isEmpty { return true }
        if Task.isCancelled { throw .cancelled }
        throw ContentFailure(
            .corrupt, "GET \(response.url): promised blob \(descriptor.digest.short) and sent nothing of it",
            retry: .later)
    }

    /// Reads the blob's first byte. Its answer tells the total size.
    private func readPresence(
        of digest: Digest, size: Int64?, in repository: Repository
    ) async throws(ContentFailure) -> BlobPresence {
        let call = try blobCall(digest, in: repository, range: "bytes=0-0")
        let response = try await send(call)
        guard response.status == 416 else { return try await presence(response, to: call, size: size) }
        await response.discard()
        // The blob is empty, or the registry does not support ranges.
        if let total = ByteRange.total(response.headers["Content-Range"]) { return .present(size: total) }
        let whole = try blobCall(digest, in: repository)
        return try await presence(try await send(whole), to: whole, size: size)
    }

    private func blobCall(
        _ digest: Digest, in repository: Repository, range: String? = nil
    ) throws(ContentFailure) -> Call {
        var call = Call(.get, .path(try path(repository, blob: digest)), scopes: reading(repository), in: repository)
        call.headers["Range"] = range
        call.bodyPrivacy = .hidden(reason: "blob")
        return call
    }

    private func presence(
        _ response: WireResponse, to call: Call, size: Int64?
    ) async throws(ContentFailure) -> BlobPresence {
        switch response.status {
        case 200 where response.headers.tellOfWebPage(inPlaceOf: size):
            throw try await inconclusiveFailure(response, of: call)
        // The whole blob. Its head is enough; the connection is closed for the body.
        case 200: return .present(size: response.headers.contentLength)
        case 206:
            await response.discard()
            return .present(size: ByteRange.total(response.headers["Content-Range"]))
        case 404 where session.isHome(response.url):
            await response.discard()
            return .absent
        default: throw try await inconclusiveFailure(response, of: call)
        }
    }
}

extension ByteRange {
    /// The total size in `bytes 0-0/1234` and `bytes */1234` (RFC 9110 §14.4); nil if it is not given.
    static func total(_ contentRange: String?) -> Int64? {
        guard let contentRange, let slash = contentRange.lastIndex(of: "/") else { return nil }
        let digits = contentRange[contentRange.index(after: slash)...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(digits)
    }
}
