// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import Synchronization

/// Reports every request to a sink, when its response was sent.
package struct AccessLog: RegistryResponder {
    private let base: any RegistryResponder
    private let clock: RegistryClock
    private let sink: @Sendable (AccessRecord) -> Void

    /// - Parameter sink: called on the connection's event loop, so it must not block.
    package init(
        _ base: any RegistryResponder, clock: RegistryClock = .system, sink: @escaping @Sendable (AccessRecord) -> Void
    ) {
        self.base = base
        self.clock = clock
        self.sink = sink
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        let (time, start) = (clock.calendar(), clock.steady())
        let received = ByteCounter()
        var counted = request
        if request.body.length != 0 {
            counted.body = RequestBody(length: request.body.length, CountedBody(base: request.body, counter: received))
        }
        var response = await base.respond(to: counted)
        let (status, user, refusal) = (Int(response.status.code), response.user, response.refusal)
        let (isCut, length) = (response.cut != nil, request.method == .HEAD ? 0 : response.body.length)
        response.whenSent.append { [clock, sink] bytesSent in
            sink(
                AccessRecord(
                    time: time, method: request.method.rawValue, path: request.target, status: status,
                    bytesReceived: received.count, bytesSent: bytesSent, duration: clock.steady() - start,
                    userAgent: request.headers.first(name: "user-agent"), peer: request.peer, user: user,
                    refusal: refusal, isAborted: isCut || bytesSent < length))
        }
        return response
    }
}

/// One request in the access log.
package struct AccessRecord: Sendable {
    /// The time when the request arrived, since 1970.
    package var time: Duration
    package var method: String
    /// The path with the query.
    package var path: String
    package var status: Int
    /// The bytes of the request's body that were read, and of the response's body that were sent, without heads.
    package var bytesReceived: Int64
    package var bytesSent: Int64
    /// The time until the last byte of the response was passed to the system.
    package var duration: Duration
    package var userAgent: String?
    package var peer: RequestPeer
    package var user: String?
    /// Why the request was refused, if the registry itself refused it.
    package var refusal: RegistryError.Reason?
    /// Whether the response was not sent to its end: the connection was cut on purpose, or the client disconnected. Then
    /// `status` may never have been sent.
    package var isAborted: Bool

    /// The record as one line of JSON, without the line end. The names of its members are stable.
    package var jsonLine: String {
        JSON.object(compacting: [
            "time": .string(time.timestamp), "method": .string(method), "path": .string(path), "status": JSON(status),
            "bytesIn": JSON(bytesReceived), "bytesOut": JSON(bytesSent), "seconds": .number(duration.secondsText),
            "userAgent": JSON(userAgent), "remote": JSON(peer.address), "port": peer.port.map { JSON($0) } ?? .null,
            "connection": JSON(peer.connection), "user": JSON(user), "aborted": isAborted ? true : nil,
        ]).text
    }
}

private final class ByteCounter: Sendable {
    private let value = Atomic<Int64>(0)
    var count: Int64 { value.load(ordering: .relaxed) }
    func add(_ count: Int) { value.add(Int64(count), ordering: .relaxed) }
}

private struct CountedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let base: RequestBody
    let counter: ByteCounter

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let counter: ByteCounter

        mutating func next() async throws -> ByteBuffer? {
            let buffer = try await base.next()
            if let buffer { counter.add(buffer.readableBytes) }
            return buffer
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), counter: counter) }
}
