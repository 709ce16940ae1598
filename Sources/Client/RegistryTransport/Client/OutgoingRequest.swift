// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A request as AsyncHTTPClient takes it.
struct OutgoingRequest: Sendable {
    private enum Body {
        case none
        case bytes(ByteBuffer)
        case stream(CountedBody, length: Int64)
    }

    private let url: String
    private let method: HTTPMethod
    private let headers: HTTPHeaders
    private let body: Body

    /// A body up to this many bytes is collected first, and is sent with its head in one write.
    private static let smallBody: Int64 = 64 << 10

    init(
        _ request: WireRequest, via proxy: ProxyServer?, _ recorder: WireRecorder
    ) async throws(WireFailure) {
        var url = request.url
        // Without a tunnel the connection goes to the proxy, and its handler writes the target into the request.
        if let proxy, proxy.kind == .http, url.origin.scheme == .http { url.origin = proxy.origin }
        self.url = url.unredacted
        method = HTTPMethod(rawValue: request.method.rawValue)
        headers = Self.headers(of: request)
        body =
            switch request.body {
            case .none: .none
            case .bytes(let bytes): bytes.isEmpty ? .none : .bytes(ByteBuffer(bytes: bytes))
            case .stream(let stream, let length):
                try await Self.body(CountedBody(base: stream, origin: request.url.origin, recorder: recorder), length)
            }
    }

    private static func headers(of request: WireRequest) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: request.url.origin.authority)
        for field in request.headers.fields { headers.add(name: field.name, value: field.value) }
        if request.connection == .fresh { headers.replaceOrAdd(name: "Connection", value: "close") }
        return headers
    }

    private static func body(_ stream: CountedBody, _ length: Int64) async throws(WireFailure) -> Body {
        guard length <= smallBody else { return .stream(stream, length: length) }
        let bytes = try await stream.whole(Int(length))
        return length == 0 ? .none : .bytes(bytes)
    }

    /// The request, if it has no body.
    var bodiless: HTTPClient.Request? {
        get throws {
            guard case .none = body else { return nil }
            return try HTTPClient.Request(url: url, method: method, headers: headers)
        }
    }

    /// The request, whatever body it has.
    var any: HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        (request.method, request.headers) = (method, headers)
        switch body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(bytes)
        case .stream(let stream, let length): request.body = .stream(stream, length: .known(length))
        }
        return request
    }
}

/// A request's body has another length than announced.
struct BodyLengthError: Error, CustomStringConvertible {
    let description = "its length is not what was promised"
}

/// A request's body whose errors can be distinguished from those of the connection.
struct CountedBody: AsyncSequence, Sendable {
    let base: AnyByteStream
    let origin: WireOrigin
    let recorder: WireRecorder

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: AnyByteStream.AsyncIterator
        let origin: WireOrigin
        let recorder: WireRecorder

        mutating func next() async throws -> ByteBuffer? {
            do {
                guard let buffer = try await base.next() else { return nil }
                recorder.noteSent(buffer.readableBytes, to: origin)
                return buffer
            } catch {
                throw WireFailure(.body(error), at: origin)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), origin: origin, recorder: recorder)
    }
}

extension CountedBody {
    func whole(_ length: Int) async throws(WireFailure) -> ByteBuffer {
        var whole = ByteBuffer()
        do {
            for try await piece in self {
                if whole.readableBytes == 0 { whole = piece } else { whole.writeImmutableBuffer(piece) }
                if whole.readableBytes > length { break }
            }
        } catch {
            throw WireFailure(wrapping: error)
        }
        // A stream may end early, and without an error, because its reader was cancelled.
        if Task.isCancelled { throw WireFailure(.cancelled, at: origin) }
        guard whole.readableBytes == length else { throw WireFailure(.body(BodyLengthError()), at: origin) }
        return whole
    }
}
