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
    private let direct: DirectConnections?
    private let recorder: WireRecorder
    private let pacer: RequestPacer
    /// The time limit for requesting a refused certificate again.
    private let probeLimit: Duration

    package init(_ settings: TransportSettings = TransportSettings()) throws(TransportSetupError) {
        pool = try HTTPClientPool(settings)
        probeLimit = settings.connectTimeout
        recorder = WireRecorder(log: settings.log, tally: settings.tally)
        direct = settings.sendsDirectly ? DirectConnections(settings, beside: pool, recorder) : nil
        pacer = RequestPacer(interval: settings.requestInterval)
    }

    package func addressClass(of origin: WireOrigin) -> AddressClass? { pool.peers[origin] }

    package func shutdown() async {
        await direct?.shutdown()
        await pool.shutdown()
    }

    package func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        if let turn = pacer.turn(request.url.origin) { try await pacer.wait(until: turn, for: request.url.origin) }
        // AsyncHTTPClient may send a request before it learns that the task was cancelled.
        if Task.isCancelled { throw WireFailure(.cancelled, at: request.url.origin) }
        let note = recorder.begin(request)
        do {
            let response = try await execute(request)
            guard let note else { return response }
            return try await recorder.received(response, to: request, note)
        } catch {
            recorder.failed(error, note)
            throw error
        }
    }

    /// The client opens a connection for each waiting request, and keeps it if the request ends before.
    package func openConnection(for request: WireRequest) async {
        guard let (pooled, proxy) = try? pool.client(for: request, at: nil),
            let outgoing = try? await OutgoingRequest(request, via: proxy, recorder)
        else { return }
        _ = try? await pooled.client.execute(outgoing.any, deadline: .now() + Self.moment)
    }

    /// Long enough for concurrent requests to be waiting at the same time.
    private static let moment = TimeAmount.milliseconds(5)

    private func execute(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        guard let direct else { return try await executeOrdinarily(request) }
        var request = request
        if let response = try await direct.answer(to: &request) { return response }
        return try await executeOrdinarily(request)
    }

    private func executeOrdinarily(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
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
        let outgoing = try await OutgoingRequest(request, via: proxy, recorder)
        do {
            guard let bodiless = try outgoing.bodiless else {
                // There is no deadline, because large bodies take long. `StallGuard` detects stalls.
                let answer = try await pooled.client.execute(outgoing.any, deadline: .distantFuture)
                return response(to: request, Int(answer.status.code), answer.headers, answer.body, from: pooled)
            }
            let answer = try await AnswerReceiver.answer(to: bodiless, from: pooled.client)
            return response(to: request, answer.head.status, answer.head.headers, answer.body, from: pooled)
        } catch {
            let failure = WireFailure(translating: error, from: origin, via: proxy)
            throw await failure.explained(at: address, within: probeLimit, now: Int64(time(nil)))
        }
    }

    private func response<Body: AsyncSequence & Sendable>(
        to request: WireRequest, _ status: Int, _ headers: HTTPHeaders, _ body: Body, from client: PooledClient
    ) -> WireResponse where Body.Element == ByteBuffer {
        let bytes = TranslatedBody(base: body, origin: request.url.origin, recorder: recorder, client: client)
        return WireResponse(
            status: status, headers: WireHeaders(headers), url: request.url, body: WireBody(AnyByteStream(bytes)))
    }
}

extension WireHeaders {
    fileprivate init(_ headers: HTTPHeaders) {
        self.init()
        for (name, value) in headers { add(name, value) }
    }
}
