// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import RegistryTransport

/// How often, and after which pauses, a store retries a request itself. It is used by crane's commands that send single
/// requests to one registry. It behaves like crane, because scripts may read crane's lines about retries.
///
/// A plan never has such a store. The request machine retries the requests of a plan, and nothing below it does.
package struct CraneRetries: Sendable {
    /// The pauses between tries. There is one more try than there are pauses.
    var pauses: [Duration] = [.seconds(1), .seconds(3)]
    /// Called for every failure that a retry may cure, including the last one.
    let tell: @Sendable (String) -> Void
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    package init(tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

    package init(
        pauses: [Duration], tell: @escaping @Sendable (String) -> Void,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.pauses = pauses
        self.tell = tell
        self.sleep = sleep
    }

    /// Temporary failures (go-containerregistry, pkg/v1/remote/options.go).
    static func isWorthAnother(_ status: Int) -> Bool { [408, 429, 499, 500, 502, 503, 504, 522].contains(status) }

    /// Connections that broke or stalled. An unknown name stays unknown.
    static func isWorthAnother(_ failure: ContentFailure) -> Bool {
        if let status = failure.status { return isWorthAnother(status) }
        return [.unavailable, .stalled].contains(failure.kind) && failure.retry != .never
    }
}

extension RegistryStore {
    /// Sends a call, and retries it if this store has a `CraneRetries`.
    func send(_ call: Call) async throws(ContentFailure) -> WireResponse {
        guard let retries, call.body.isRepeatable else { return try await session.send(call) }
        for pause in retries.pauses {
            let attempt = await attempt(call)
            guard let trouble = attempt.trouble else { return try attempt.result.get() }
            retries.tell("retrying \(trouble)")
            do { try await retries.sleep(pause) } catch { throw .cancelled }
        }
        let last = await attempt(call)
        if let trouble = last.trouble { retries.tell("retrying \(trouble)") }
        return try last.result.get()
    }

    func reply(to call: Call) async throws(ContentFailure) -> Reply {
        try await session.read(try await send(call), of: call)
    }

    private typealias Attempt = (result: Result<WireResponse, ContentFailure>, trouble: String?)

    /// - Returns: the answer, and the failure that a retry may cure, if any.
    private func attempt(_ call: Call) async -> Attempt {
        do throws(ContentFailure) {
            let response = try await session.send(call)
            guard CraneRetries.isWorthAnother(response.status) else { return (.success(response), nil) }
            let reply = try await session.read(response, of: call)
            let again = WireResponse(
                status: response.status, headers: response.headers, url: response.url,
                body: WireBody([ByteBuffer(bytes: reply.body)]))
            return (.success(again), session.context.failure(reply).message)
        } catch {
            return (.failure(error), CraneRetries.isWorthAnother(error) ? error.message : nil)
        }
    }
}
