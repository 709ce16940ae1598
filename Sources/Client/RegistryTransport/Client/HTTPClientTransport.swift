// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `Transport` over AsyncHTTPClient.
package final class HTTPClientTransport: Transport {
    private let pool: HTTPClientPool
    private let recorder: WireRecorder
    private let pacer: RequestPacer
    /// The time limit for requesting a refused certificate again.
    private let probeLimit: Duration

    package init(_ settings: TransportSettings = TransportSettings()) throws(TransportSetupError) {
        pool = try HTTPClientPool(settings)
        probeLimit = settings.connectTimeout
        recorder = WireRecorder(log: settings.log, tally: settings.tally)
        pacer = RequestPacer(interval: settings.requestInterval)
    }

    package func addressClass(of origin: WireOrigin) -> AddressClass? { pool.peers[origin] }

    package func shutdown() async { await pool.shutdown() }

    package func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        try await pacer.wait(for: request.url.origin)
        let note = recorder.begin(request)
        do {
            let response = try await execute(request)
            return try await recorder.received(response, to: request, note)
        } catch {
            recorder.failed(error, note)
            throw error
        }
    }

    /// The client opens a connection for each waiting request, and keeps it if the request ends before.
    package func openConnection(for request: WireRequest) async {
        guard let (pooled, proxy) = try? pool.client(for: request, at: nil),
            let clientRequest = try? await clientRequest(request, proxy)
        else { return }
        _ = try? await pooled.client.execute(clientRequest, deadline: .now() + Self.moment)
    }

    /// Long enough for concurrent requests to be waiting at the same time.
    private static let moment = TimeAmount.milliseconds(5)

    private func execute(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        var failure = WireFailure(.addressRefused, at: request.url.origin)
        for address in try await pool.addresses(for: request) {
            do throws(WireFailure) { return try await execute(request, at: address) } catch {
                guard let address, error.isWithoutConnection else { throw error }
                pool.noteFailure(of: address, for: request)
                guard request.body.isRepeatable else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func execute(_ request: WireRequest, at address: String?) async throws(WireFailure) -> WireResponse {
        let origin = request.url.origin
        let (pooled, proxy) = try pool.client(for: request, at: address)
        let clientRequest = try await clientRequest(request, proxy)
        do {
            // There is no deadline, because large bodies take long. `StallGuard` detects stalls.
            let answer = try await pooled.client.execute(clientRequest, deadline: .distantFuture)
            return WireResponse(
                status: Int(answer.status.code), headers: WireHeaders(answer.headers), url: request.url,
                body: WireBody(
                    AnyByteStream(
                        TranslatedBody(base: answer.body, origin: origin, recorder: recorder, client: pooled))))
        } catch {
            let failure = WireFailure(translating: error, from: origin, via: proxy)
            throw await failure.explained(at: address, within: probeLimit, now: Int64(time(nil)))
        }
    }

    private func clientRequest(
        _ request: WireRequest, _ proxy: ProxyServer?
    ) async throws(WireFailure) -> HTTPClientRequest {
        var url = request.url
        // Without a tunnel the connection goes to the proxy, and its handler writes the target into the request.
        if let proxy, proxy.kind == .http, url.origin.scheme == .http { url.origin = proxy.origin }
        var result = HTTPClientRequest(url: url.unredacted)
        result.method = HTTPMethod(rawValue: request.method.rawValue)
        result.headers.add(name: "Host", value: request.url.origin.authority)
        for field in request.headers.fields { result.headers.add(name: field.name, value: field.value) }
        if request.connection == .fresh { result.headers.replaceOrAdd(name: "Connection", value: "close") }
        switch request.body {
        case .none: break
        case .bytes(let bytes): result.body = .bytes(ByteBuffer(bytes: bytes))
        case .stream(let stream, let length):
            let counted = CountedBody(base: stream, origin: request.url.origin, recorder: recorder)
            result.body =
                length > Self.smallBody
                ? .stream(counted, length: .known(length)) : .bytes(try await Self.whole(counted, Int(length)))
        }
        return result
    }

    /// A body up to this many bytes is collected first, and is sent with its head in one write.
    private static let smallBody: Int64 = 64 << 10

    private static func whole(_ body: CountedBody, _ length: Int) async throws(WireFailure) -> ByteBuffer {
        var whole = ByteBuffer()
        do {
            for try await piece in body {
                if whole.readableBytes == 0 { whole = piece } else { whole.writeImmutableBuffer(piece) }
                if whole.readableBytes > length { break }
            }
        } catch {
            throw WireFailure(wrapping: error)
        }
        guard whole.readableBytes == length else { throw WireFailure(.body(BodyLengthError()), at: body.origin) }
        return whole
    }
}

/// A request's body has another length than announced.
struct BodyLengthError: Error, CustomStringConvertible {
    let description = "its length is not what was promised"
}

extension WireHeaders {
    fileprivate init(_ headers: HTTPHeaders) {
        self.init()
        for (name, value) in headers { add(name, value) }
    }
}

/// An answer's body whose errors are `WireFailure`s.
private struct TranslatedBody: AsyncSequence, Sendable {
    let base: HTTPClientResponse.Body
    let origin: WireOrigin
    let recorder: WireRecorder
    /// Keeps the client alive until the body's end, even if the pool drops it.
    let client: PooledClient

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: HTTPClientResponse.Body.AsyncIterator
        let origin: WireOrigin
        let recorder: WireRecorder
        let client: PooledClient

        mutating func next() async throws -> ByteBuffer? {
            do {
                guard let buffer = try await base.next() else { return nil }
                recorder.noteReceived(buffer.readableBytes, from: origin)
                return buffer
            } catch {
                throw WireFailure(translating: error, from: origin)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), origin: origin, recorder: recorder, client: client)
    }
}

/// A request's body whose errors can be distinguished from those of the connection.
private struct CountedBody: AsyncSequence, Sendable {
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
