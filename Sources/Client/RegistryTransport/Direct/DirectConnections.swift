// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Connections for a program that measures a peer, and so must need less CPU than the peer does.
///
/// Sends plain requests directly over SwiftNIO, on the event loop that the asking task runs on. AsyncHTTPClient serves every
/// program: it shares connections between threads, and takes a lock, a timer and several closures for each of these duties.
/// In measurements of the embedded registry this was half of the CPU time of a small request, 50 of 93 µs, more than the
/// registry needs for its answer. Everything that is unusual still goes through AsyncHTTPClient.
final class DirectConnections: Sendable {
    private let pool: HTTPClientPool
    private let recorder: WireRecorder
    private let lanes: [ObjectIdentifier: NIOLoopBoundBox<DirectLane>]
    private let tls = Mutex<[WireOrigin: TLS]>([:])

    private struct TLS {
        /// nil for http.
        let context: NIOSSLContext?
    }

    init(_ settings: TransportSettings, beside pool: HTTPClientPool, _ recorder: WireRecorder) {
        self.pool = pool
        self.recorder = recorder
        var lanes: [ObjectIdentifier: NIOLoopBoundBox<DirectLane>] = [:]
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
            let lane = DirectLane(on: loop, settings, noting: pool.peers)
            lanes[ObjectIdentifier(loop)] = .makeBoxSendingValue(lane, as: DirectLane.self, eventLoop: loop)
        }
        self.lanes = lanes
    }

    /// Ends every connection; running requests fail.
    func shutdown() async {
        for lane in lanes.values { try? await lane.eventLoop.submit { lane.value.shutDown() }.get() }
    }

    // MARK: Requests

    /// - Parameter request: gets its body as bytes, if it was read.
    /// - Returns: nil if the request has to be sent in the ordinary way.
    func answer(to request: inout WireRequest) async throws(WireFailure) -> WireResponse? {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop, let lane = lanes[ObjectIdentifier(loop)],
            pool.isPlain(request), DirectRequest.isPlain(request)
        else { return nil }
        if case .stream(let stream, let length) = request.body {
            let body = CountedBody(base: stream, origin: request.url.origin, recorder: recorder)
            request.body = .bytes(Array(try await body.whole(Int(length)).readableBytesView))
        }
        return try await answer(to: request, in: lane)
    }

    private func answer(
        to request: WireRequest, in lane: NIOLoopBoundBox<DirectLane>
    ) async throws(WireFailure) -> WireResponse? {
        let direct = DirectRequest(request)
        do {
            if let answer = try await answerOfIdle(to: direct, at: request.url.origin, in: lane) {
                return response(to: request, answer)
            }
            guard let connection = try await connection(to: request, in: lane) else { return nil }
            return response(to: request, try await answer(to: direct, on: connection))
        } catch {
            throw WireFailure(translating: (error as? BrokenExchange)?.cause ?? error, from: request.url.origin)
        }
    }

    /// - Returns: nil if no idle connection could carry the request.
    private func answerOfIdle(
        to request: DirectRequest, at origin: WireOrigin, in lane: NIOLoopBoundBox<DirectLane>
    ) async throws -> DirectAnswer? {
        guard let connection = lane.value.takeIdle(to: origin) else { return nil }
        do { return try await answer(to: request, on: connection) } catch {
            // The peer may have closed the connection before it received the request.
            guard request.isRepeatable, let broken = error as? BrokenExchange, broken.isEarlyEnd else { throw error }
            lane.value.closeIdle(to: origin)
            return nil
        }
    }

    private func answer(to request: DirectRequest, on connection: DirectConnection) async throws -> DirectAnswer {
        let (number, bound) = connection.begin()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { connection.send(request, for: $0) }
        } onCancel: {
            bound.eventLoop.execute { bound.value.cancel(number) }
        }
    }

    private func response(to request: WireRequest, _ answer: DirectAnswer) -> WireResponse {
        let origin = request.url.origin
        let body: WireBody
        switch answer.body {
        case .whole(let parts):
            let count = parts.reduce(0) { $0 + $1.readableBytes }
            if count > 0 { recorder.noteReceived(count, from: origin) }
            body = WireBody(parts)
        case .streamed(let bytes):
            body = WireBody(AnyByteStream(TranslatedBody(base: bytes, origin: origin, recorder: recorder)))
        }
        return WireResponse(status: answer.status, headers: answer.headers, url: request.url, body: body)
    }

    // MARK: Connections

    /// - Returns: nil if the connection has to be made in the ordinary way, which says what is wrong with a certificate.
    private func connection(
        to request: WireRequest, in lane: NIOLoopBoundBox<DirectLane>
    ) async throws -> DirectConnection? {
        let origin = request.url.origin
        // The ordinary way also says what is wrong with a certificate's files, and that the transport is shut down.
        guard !lane.value.isShutDown, let tls = try? tls(for: request) else { return nil }
        for _ in 0..<Self.mostTries {
            do { try await open(to: origin, tls: tls.context, in: lane) } catch {
                switch error {
                case is CancellationError, is NIOConnectionError: throw error
                default: return nil
                }
            }
            // Another task may have been faster.
            if let connection = lane.value.takeIdle(to: origin) { return connection }
        }
        return nil
    }

    private static let mostTries = 16

    private func tls(for request: WireRequest) throws -> TLS {
        let origin = request.url.origin
        if let known = tls.withLock({ $0[origin] }) { return known }
        var configuration = try pool.tls(for: request)
        configuration?.applicationProtocols = ["http/1.1"]
        let new = TLS(context: try configuration.map(NIOSSLContext.init))
        tls.withLock { $0[origin] = new }
        return new
    }

    /// A connection that is opened too late is idle then.
    private func open(
        to origin: WireOrigin, tls: NIOSSLContext?, in lane: NIOLoopBoundBox<DirectLane>
    ) async throws {
        let opened = lane.eventLoop.makePromise(of: Void.self)
        lane.value.connect(to: origin, tls: tls).cascade(to: opened)
        try await withTaskCancellationHandler {
            try await opened.futureResult.get()
        } onCancel: {
            opened.fail(CancellationError())
        }
    }
}
