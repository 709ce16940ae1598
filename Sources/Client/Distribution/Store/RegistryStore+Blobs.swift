// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    package func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        switch try await presence(of: descriptor.digest, size: descriptor.size, in: repository) {
        case .absent: false
        // A blob of another size is damaged, and must be sent again.
        case .present(let size): size.map { $0 == descriptor.size } ?? true
        }
    }

    /// The size of a blob that no descriptor describes; nil if there is no such blob.
    package func size(
        ofBlob digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> Int64? {
        switch try await presence(of: digest, size: nil, in: repository) {
        case .absent: return nil
        case .present(let size?): return try believable(size, "blob \(digest.short)")
        case .present(nil):
            let place = "\(session.host)/\(repository)@\(digest)"
            throw ContentFailure(.unsupported, "blob \(place): response did not include Content-Length header")
        }
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        try await blob(descriptor, in: repository, range: range, policy: .normal)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy
    ) async throws(ContentFailure) -> OpenBlob {
        var call = Call(
            .get, .path(try path(repository, blob: descriptor.digest)), scopes: reading(repository), in: repository)
        call.policy = policy
        call.bodyPrivacy = .hidden(reason: "blob")
        let part = range == 0..<descriptor.size ? nil : ByteRange(range, size: descriptor.size)
        if let part { call.headers = ["Range": part.header] }
        let response = try await send(call)
        switch response.status {
        case 200
        where response.headers.contentLength != nil
            && response.headers.tellOfWebPage(inPlaceOf: descriptor.size):
            throw try await inconclusiveFailure(response, of: call)
        case 200: return try open(response, 0..<descriptor.size)
        case 206 where part?.isAnswered(by: response.headers["Content-Range"]) ?? false:
            return try open(response, range)
        // The answer is not the requested part. The blob is read from the beginning.
        case 206 where part != nil, 416 where part != nil:
            return try await blob(descriptor, in: repository, range: 0..<descriptor.size, policy: policy)
        default:
            let failure = try await inconclusiveFailure(response, of: call)
            guard failure.kind == .notFound, descriptor.mediaType.isNonDistributable else { throw failure }
            return try await foreignBlob(descriptor, after: failure)
        }
    }

    /// Opens a blob that no descriptor describes. Its size is what the registry says. The caller must verify the bytes.
    package func openBlob(
        _ digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> (size: Int64, bytes: BlobStream) {
        var call = Call(.get, .path(try path(repository, blob: digest)), scopes: reading(repository), in: repository)
        call.bodyPrivacy = .hidden(reason: "blob")
        let response = try await send(call)
        guard response.status == 200 else { throw try await inconclusiveFailure(response, of: call) }
        guard let size = response.headers.contentLength else {
            throw ContentFailure(.unsupported, "GET \(response.url): response did not include Content-Length header")
        }
        return (try believable(size, "GET \(response.url)"), try open(response, 0..<size).bytes)
    }

    /// The failure for an answer that does not tell whether a blob exists. A web page, or an unexpected success status,
    /// says nothing about the blob, so the blob must not count as missing.
    func inconclusiveFailure(_ response: WireResponse, of call: Call) async throws(ContentFailure) -> ContentFailure {
        var failure = try await session.failure(response, of: call)
        if (200...299).contains(response.status) {
            failure.kind = response.headers.tellOfWebPage ? .unavailable : .unsupported
        }
        return failure
    }

    /// The size of a blob that no descriptor names.
    private func believable(_ size: Int64, _ request: String) throws(ContentFailure) -> Int64 {
        guard Descriptor.sizes.contains(size) else {
            throw ContentFailure(
                .invalid,
                "\(request): a blob of \(size) bytes is more than the \(Descriptor.sizes.upperBound) (16 TiB) "
                    + "that are believed")
        }
        return size
    }

    func open(
        _ response: WireResponse, _ range: Range<Int64>
    ) throws(ContentFailure) -> OpenBlob {
        try checkEncoding(response.headers, at: response.url, hiding: session.context.secrets)
        let expected = range.upperBound - range.lowerBound
        if let length = response.headers.contentLength, length != expected {
            throw ContentFailure(
                .corrupt,
                "GET \(response.url): Content-Length header \(length) does not match expected size "
                    + "\(expected)", retry: .later)
        }
        let bytes = BlobBytes(base: response.body, asking: WireRequest(.get, response.url))
        return OpenBlob(startOffset: range.lowerBound, bytes: BlobStream(bytes))
    }
}

extension WireHeaders {
    /// Whether the answer is a web page in place of a blob, usually a login page. A blob may also be a web page; then it
    /// has the blob's size.
    func tellOfWebPage(inPlaceOf size: Int64?) -> Bool { size != nil && tellOfWebPage && contentLength != size }
}

/// A closed range of a blob. Some registries answer 416 to open ranges.
struct ByteRange {
    let first: Int64
    let last: Int64
    let size: Int64

    /// nil for an empty range.
    init?(_ range: Range<Int64>, size: Int64) {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= size else { return nil }
        first = range.lowerBound
        last = range.upperBound - 1
        self.size = size
    }

    var header: String { "bytes=\(first)-\(last)" }

    /// Whether the part is exactly the requested one, and the whole has the right size.
    func isAnswered(by contentRange: String?) -> Bool {
        guard let contentRange else { return false }
        let words = contentRange.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return false }
        return words[1] == "\(first)-\(last)/\(size)" || words[1] == "\(first)-\(last)/*"
    }
}

/// A blob's bytes whose errors are `ContentFailure`s.
private struct BlobBytes: AsyncSequence, Sendable {
    let base: WireBody
    let asking: WireRequest

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: WireBody.AsyncIterator
        let asking: WireRequest

        mutating func next() async throws -> ByteBuffer? {
            do { return try await base.next() } catch {
                throw ContentFailure(WireFailure(wrapping: error), asking: asking, home: asking.url.origin)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), asking: asking)
    }
}
