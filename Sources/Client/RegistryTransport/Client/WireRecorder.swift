// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Reports requests to the log and the tally, if there are any.
struct WireRecorder: Sendable {
    /// A running request, as the log has it; nil without a log.
    struct Note: Sendable {
        let exchange: WireExchange
        let start: ContinuousClock.Instant

        var elapsed: Duration { ContinuousClock.now - start }
    }

    let log: WireLog?
    let tally: WireTally?
    private let counter = Counter()

    init(log: WireLog?, tally: WireTally?) {
        self.log = log
        self.tally = tally
    }

    /// Longer bodies are not logged.
    private static let shownBytes = 32 << 20

    func begin(_ request: WireRequest) -> Note? {
        tally?.change(request.url.origin) { entry in
            entry.requests += 1
            if case .bytes(let bytes) = request.body { entry.bytesSent += Int64(bytes.count) }
        }
        guard let log else { return nil }
        let exchange = WireExchange(
            number: counter.next(), method: request.method, url: request.url, headers: request.headers,
            body: shownBody(request))
        log.record(.sending(exchange))
        return Note(exchange: exchange, start: .now)
    }

    private func shownBody(_ request: WireRequest) -> ShownBody {
        switch (request.body, request.bodyPrivacy) {
        case (.none, _): .none
        case (_, .hidden(let reason)): .hidden(reason: reason)
        case (.bytes(let bytes), .shown): .bytes(bytes)
        case (.stream, .shown): .hidden(reason: "it is a stream")
        }
    }

    /// Logs the answer. A body must be read before it can be logged, so with a log a small answer is returned only when it
    /// is complete.
    func received(
        _ response: WireResponse, to request: WireRequest, _ note: Note
    ) async throws(WireFailure) -> WireResponse {
        guard let log else { return response }
        var (shown, body) = (ShownBody.none, response.body)
        if case .hidden(let reason) = request.bodyPrivacy {
            shown = .hidden(reason: reason)
        } else {
            let (bytes, _, failure) = await response.body.beginning(upTo: Self.shownBytes)
            if let failure, (200...299).contains(response.status) { throw failure }
            shown = bytes.isEmpty ? .none : .bytes(bytes)
            body = WireBody(bytes.isEmpty ? [] : [ByteBuffer(bytes: bytes)])
        }
        log.record(
            .received(
                note.exchange, status: response.status, headers: response.headers, body: shown, after: note.elapsed))
        return WireResponse(status: response.status, headers: response.headers, url: response.url, body: body)
    }

    func failed(_ failure: WireFailure, _ note: Note?) {
        guard let log, let note else { return }
        log.record(.failed(note.exchange, failure, after: note.elapsed))
    }

    func noteSent(_ count: Int, to origin: WireOrigin) {
        tally?.change(origin) { $0.bytesSent += Int64(count) }
    }

    func noteReceived(_ count: Int, from origin: WireOrigin) {
        tally?.change(origin) { $0.bytesReceived += Int64(count) }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }
}
