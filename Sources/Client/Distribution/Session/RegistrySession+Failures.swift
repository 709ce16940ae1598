// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Waiting

extension RegistrySession {
    /// Makes a failure of an answer, with what the user could do about it.
    func failure(_ reply: Reply, of call: Call) async -> ContentFailure {
        var failure = context.failure(reply)
        guard !isBeyond(reply) else { return failure.abroad(at: reply.url.origin, for: host) }
        if reply.status == 500 { failure.isOutage = await isDown() }
        failure.explainPulls(known(\.pulls))
        if [.unauthorized, .denied].contains(failure.kind) { failure = await hinting(failure, call.repository) }
        failure.explainMissingRepository(call, at: host)
        failure.explainHead(reply, of: call, at: host)
        return failure
    }

    /// Whether it was the registry itself that answered, not a host that it sent us to.
    func isHome(_ url: WireURL) -> Bool {
        guard let endpoint = known(\.endpoint) else { return true }
        return url.origin == endpoint.origin
    }

    /// Whether a redirect led to what is not the registry's API: another host, or storage under the same name.
    private func isBeyond(_ reply: Reply) -> Bool {
        if !isHome(reply.url) { return true }
        return reply.url != reply.asked && !reply.url.path.hasPrefix("/v2/")
    }

    /// Whether the registry answers nothing at all: asked once for all requests that failed within a moment.
    private func isDown() async -> Bool {
        let now = context.clock.monotonic()
        let ping = Ping(host: host, context: context)
        let origin = known { $0.endpoint?.origin }
        let answer = await liveness.value(for: host, unless: { now - $0.at > Self.livenessLasts }) { [context] in
            (context.clock.monotonic(), await ping.findsServerError(at: origin))
        }
        return answer.isDown
    }

    private static let livenessLasts = Duration.seconds(1)

    /// A refusal with what may be missing.
    func hinting(_ failure: ContentFailure, _ repository: Repository?) async -> ContentFailure {
        var failure = failure
        failure.hint = await missingCredentialHint(repository)
        return failure
    }

    private func missingCredentialHint(_ repository: Repository?) async -> String? {
        guard let answer = try? await credential(for: repository) else { return nil }
        return answer.hint ?? (answer.credential == nil ? "no login for \(host) was found; going without" : nil)
    }
}
