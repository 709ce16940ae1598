// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1

/// Answers requests to a registry.
///
/// The registry itself is a responder (`RegistryHandler`). Authentication, read-only mode, the access log and fault
/// scripts are others, each wrapped around the next. Many tasks call a responder at once. A responder never throws:
/// every failure is a response too, even a connection that is cut (`RegistryResponse.cut`). It answers a HEAD like a
/// GET, and the connection does not send the body.
package protocol RegistryResponder: Sendable {
    func respond(to request: RegistryRequest) async -> RegistryResponse
}

/// One request as it arrived.
package struct RegistryRequest: Sendable {
    package var method: HTTPMethod
    /// The path, percent-decoded and without the query.
    package var path: String
    package var query: RequestQuery
    /// Path and query exactly as they stood in the request line.
    package var target: String
    package var headers: HTTPHeaders
    package var body: RequestBody
    package var peer: RequestPeer

    package init(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = [:], body: RequestBody = .empty,
        peer: RequestPeer = RequestPeer()
    ) {
        self.method = method
        self.target = target
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = PercentEncoding.decode(target[..<(mark ?? target.endIndex)], plusIsBlank: false)
        query = mark.map { RequestQuery(target[target.index(after: $0)...]) } ?? RequestQuery()
        self.headers = headers
        self.body = body
        self.peer = peer
    }
}

extension RegistryRequest {
    /// The scheme and authority that the client uses for this registry. Absolute URLs in responses begin with them.
    package var origin: String {
        let host = headers.first(name: "Host") ?? ""
        return (peer.isEncrypted ? "https://" : "http://") + (host.isEmpty ? peer.localAuthority : host)
    }
}

/// The client that sent a request, and its connection.
package struct RequestPeer: Sendable, Hashable {
    /// The IP address; nil if there is none.
    package var address: String?
    package var port: Int?
    /// The number of the connection in its registry, counted from 1.
    package var connection: Int
    package var isEncrypted: Bool
    /// The `host:port` that accepted the connection, for clients that send no `Host`.
    package var localAuthority: String

    package init(
        address: String? = nil, port: Int? = nil, connection: Int = 0, isEncrypted: Bool = false,
        localAuthority: String = "localhost"
    ) {
        self.address = address
        self.port = port
        self.connection = connection
        self.isEncrypted = isEncrypted
        self.localAuthority = localAuthority
    }
}

/// The body of a request while it arrives. Requesting the next buffer is the back-pressure. One task reads it once.
///
/// Throws `BodyInterrupted` if the client disconnects before the end, and `BodyTimedOut` if the client sends nothing
/// for too long. A responder does not have to read the body: the connection then reads and drops the rest, or closes
/// after the response if the rest is too large.
package struct RequestBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    /// `Content-Length`; nil for a body of unknown length.
    package let length: Int64?
    private let begin: @Sendable () -> AsyncIterator

    package init<Base: AsyncSequence & Sendable>(length: Int64?, _ base: Base) where Base.Element == ByteBuffer {
        self.length = length
        begin = {
            var iterator = base.makeAsyncIterator()
            return AsyncIterator { try await iterator.next() }
        }
    }

    private init(length: Int64?, begin: @escaping @Sendable () -> AsyncIterator) {
        self.length = length
        self.begin = begin
    }

    package static let empty = RequestBody(length: 0) { AsyncIterator { nil } }

    /// A body that is in memory.
    package init(_ bytes: ByteBuffer) {
        self.init(length: Int64(bytes.readableBytes)) {
            var rest: ByteBuffer? = bytes
            return AsyncIterator {
                defer { rest = nil }
                return rest
            }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let advance: () async throws -> ByteBuffer?

        fileprivate init(advance: @escaping () async throws -> ByteBuffer?) { self.advance = advance }
        package mutating func next() async throws -> ByteBuffer? { try await advance() }
    }

    package func makeAsyncIterator() -> AsyncIterator { begin() }
}

/// The client closed the connection or violated the protocol before its request was complete.
package struct BodyInterrupted: Error {
    package init() {}
}

/// No byte of a body arrived for too long. The connection can still send a response.
package struct BodyTimedOut: Error {
    package init() {}
}
