// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1

/// Answers requests to a registry.
///
/// The registry itself is one (`RegistryHandler`); authentication, read-only mode, the access log and fault scripts are
/// others, each wrapped around the next. Called from many tasks at once. A responder never throws: what goes wrong is a
/// response too, down to a connection that is cut (`RegistryResponse.cut`). To a HEAD it answers as to a GET: the connection
/// keeps the body back.
package protocol RegistryResponder: Sendable {
    func respond(to request: RegistryRequest) async -> RegistryResponse
}

/// One request as it arrived.
package struct RegistryRequest: Sendable {
    package var method: HTTPMethod
    /// Percent-decoded, without the query.
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
    /// Scheme and authority under which the client knows this registry: what absolute URLs in answers begin with.
    package var origin: String {
        let host = headers.first(name: "Host") ?? ""
        return (peer.isEncrypted ? "https://" : "http://") + (host.isEmpty ? peer.localAuthority : host)
    }
}

/// Who sent a request, over which connection.
package struct RequestPeer: Sendable, Hashable {
    /// IP address, or nil where there is none.
    package var address: String?
    package var port: Int?
    /// Counts the connections of one registry, from 1.
    package var connection: Int
    package var isEncrypted: Bool
    /// `host:port` the connection came in on, for clients that send no `Host`.
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

/// The body of a request as it arrives; asking for the next buffer is the back-pressure. Read once, by one task.
///
/// Throws `BodyInterrupted` when the client goes away before the end, and `BodyTimedOut` when it sends nothing for too long.
/// Not reading a body is fine: the connection then swallows what is left of it, or is closed after the response where that
/// would be too much.
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

    /// A body at hand.
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

/// The client closed the connection, or broke the protocol, before its request was complete.
package struct BodyInterrupted: Error {
    package init() {}
}

/// No byte of a body arrived for too long; the connection is still there for an answer.
package struct BodyTimedOut: Error {
    package init() {}
}
