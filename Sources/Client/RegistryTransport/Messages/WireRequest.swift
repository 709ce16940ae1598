// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// One request. It is plain data, except for a streamed body.
package struct WireRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Read one buffer at a time, at the pace of the connection. Any error of the stream ends the request.
        case stream(AnyByteStream, length: Int64)

        var isEmpty: Bool {
            switch self {
            case .none: true
            case .bytes(let bytes): bytes.isEmpty
            case .stream(_, let length): length == 0
            }
        }

        /// Whether the same body can be sent a second time.
        package var isRepeatable: Bool { if case .stream = self { false } else { true } }
    }

    /// The addresses that the connection may have.
    package enum Reach: Sendable, Hashable {
        /// For a host that the user named.
        case anywhere
        /// For a host that an answer named: public addresses, or addresses of the registry's own class. A name's addresses
        /// are judged before the connection, and again on it.
        case publicOr(AddressClass)

        func includes(_ address: AddressClass?) -> Bool {
            switch self {
            case .anywhere: true
            case .publicOr(let own): address == .everywhere || (address == own && own != .forbidden)
            }
        }
    }

    /// The connection that carries the request.
    package enum Connection: Sendable, Hashable {
        /// A pooled connection that other requests use before or after.
        case shared
        /// A new connection that ends with the answer; redirects use new ones, too. It is used for retries when a device on
        /// the network path may have damaged an answer.
        case fresh
    }

    /// Whether the wire log may show the bodies of this exchange.
    package enum BodyPrivacy: Sendable, Hashable {
        case shown
        case hidden(reason: String)
    }

    package var method: Method
    package var url: WireURL
    package var headers: WireHeaders
    package var body: Body
    package var reach: Reach
    package var bodyPrivacy: BodyPrivacy
    package var connection: Connection

    package init(
        _ method: Method, _ url: WireURL, headers: WireHeaders = WireHeaders(), body: Body = .none,
        reach: Reach = .anywhere, bodyPrivacy: BodyPrivacy = .shown, connection: Connection = .shared
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.reach = reach
        self.bodyPrivacy = bodyPrivacy
        self.connection = connection
    }
}

/// A sequence of buffers. It can be read once, by one task.
package struct AnyByteStream: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    private let begin: @Sendable () -> AsyncIterator

    package init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == ByteBuffer {
        begin = {
            var iterator = base.makeAsyncIterator()
            return AsyncIterator { try await iterator.next() }
        }
    }

    package init(_ buffers: [ByteBuffer]) {
        begin = {
            var rest = buffers[...]
            return AsyncIterator { rest.popFirst() }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let advance: () async throws -> ByteBuffer?

        package mutating func next() async throws -> ByteBuffer? { try await advance() }
    }

    package func makeAsyncIterator() -> AsyncIterator { begin() }
}
