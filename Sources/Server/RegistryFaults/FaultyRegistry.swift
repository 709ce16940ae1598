// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import NIOHTTP1
package import RegistryServer
import Synchronization

/// A registry that fails as its script says, and records every request.
///
/// Pass it to `RegistryConfiguration.wrap`. A request's fault is that of the first matching rule that is due. Each rule
/// counts its own matches. All other requests are answered by the wrapped registry.
package final class FaultyRegistry: RegistryResponder {
    private let base: any RegistryResponder
    private let pause: @Sendable (Duration) async -> Void
    private let state: Mutex<State>

    private struct State {
        var rules: [FaultRule]
        var matches: [Int]
        var requests: [RecordedRequest] = []
    }

    /// - Parameter pause: waits for the duration of a delay. A test can pass its own clock.
    package init(
        _ base: any RegistryResponder, rules: [FaultRule] = [],
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.base = base
        self.pause = pause
        state = Mutex(State(rules: rules, matches: rules.map { _ in 0 }))
    }

    /// All requests so far, in the order they arrived.
    package var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Starts another script with its counts at 0. Recorded requests are kept.
    package func replaceRules(_ rules: [FaultRule]) {
        state.withLock { state in
            state.rules = rules
            state.matches = rules.map { _ in 0 }
        }
    }

    package func forgetRequests() { state.withLock { $0.requests = [] } }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        let (number, fault) = record(request)
        let response = await answer(request, fault)
        state.withLock { $0.requests.indices.contains(number) ? $0.requests[number].status = response.status : () }
        return response
    }

    private func record(_ request: RegistryRequest) -> (number: Int, fault: Fault?) {
        state.withLock { state in
            var due: Fault?
            for position in state.rules.indices where state.rules[position].match.matches(request) {
                state.matches[position] += 1
                let rule = state.rules[position]
                if due == nil, rule.hits.includes(state.matches[position]) { due = rule.fault }
            }
            state.requests.append(RecordedRequest(request, wasFaulty: due != nil))
            return (state.requests.count - 1, due)
        }
    }

    private func answer(_ request: RegistryRequest, _ fault: Fault?) async -> RegistryResponse {
        switch fault {
        case nil: return await base.respond(to: request)
        case .answer(let status, let headers, let body): return Self.response(status, headers, body)
        case .redirect(let status, let location): return Self.response(status, ["Location": location], "")
        case .hang: return .aborted(.hang)
        case .delay(let time):
            await pause(time)
            return await base.respond(to: request)
        case .cutRequest(let manner, let count):
            var cut = request
            cut.body = RequestBody(length: request.body.length, CutBody(base: request.body, limit: count))
            _ = await base.respond(to: cut)
            return .aborted(manner)
        case .some(let mangling):
            do { return try Self.mangle(await base.respond(to: request), mangling) } catch { return .aborted(.close) }
        }
    }

    private static func mangle(_ response: RegistryResponse, _ fault: Fault) throws -> RegistryResponse {
        var response = response
        switch fault {
        case .replaceAnswer(let status, let headers, let body): return Self.response(status, headers, body)
        case .cutResponse(let manner, let count): response.cut = ResponseCut(manner, afterBytes: count)
        case .shorten(let count):
            let body = try response.body.collected()
            response.body = .bytes(
                body.getSlice(at: body.readerIndex, length: min(Int(count), body.readableBytes)) ?? body)
        case .append(let text):
            var body = try response.body.collected()
            body.writeString(text)
            response.body = .bytes(body)
        case .corrupt(let offset):
            var body = try response.body.collected()
            if let byte = body.getInteger(at: body.readerIndex + Int(offset), as: UInt8.self) {
                body.setInteger(byte ^ 0x01, at: body.readerIndex + Int(offset))
            }
            response.body = .bytes(body)
        case .announceLength(let length): response.announcedLength = length
        case .header(let name, let value):
            response.headers.remove(name: name)
            if let value { response.headers.add(name: name, value: value) }
        case .answer, .redirect, .hang, .delay, .cutRequest: break
        }
        return response
    }

    private static func response(
        _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: String
    ) -> RegistryResponse {
        RegistryResponse(status, headers: headers, body: body.isEmpty ? .none : .bytes(ByteBuffer(string: body)))
    }
}

/// A recorded request, for tests.
package struct RecordedRequest: Sendable {
    package let method: HTTPMethod
    package let subject: RequestMatch.Subject
    /// Path and query as they were sent.
    package let target: String
    package let path: String
    package let query: RequestQuery
    package let headers: HTTPHeaders
    package let peer: RequestPeer
    /// Whether a rule of the script applied to this request.
    package let wasFaulty: Bool
    /// The status of the response; nil until the request was answered.
    package internal(set) var status: HTTPResponseStatus?

    init(_ request: RegistryRequest, wasFaulty: Bool) {
        method = request.method
        subject = RequestMatch.Subject(request)
        target = request.target
        path = request.path
        query = request.query
        headers = request.headers
        peer = request.peer
        self.wasFaulty = wasFaulty
    }
}

/// The first bytes of a body. Then the connection breaks.
private struct CutBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let base: RequestBody
    let limit: Int64

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var remaining: Int64

        mutating func next() async throws -> ByteBuffer? {
            guard remaining > 0, var buffer = try await base.next() else { throw BodyInterrupted() }
            let count = Swift.min(Int64(buffer.readableBytes), remaining)
            remaining -= count
            return buffer.readSlice(length: Int(count))
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), remaining: limit) }
}
