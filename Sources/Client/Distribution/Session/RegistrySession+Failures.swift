// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Waiting

extension RegistrySession {
    /// Creates a failure from an answer, with a hint for the user.
    func failure(_ reply: Reply, of call: Call) async -> ContentFailure {
        var failure = context.failure(reply)
        guard !isFromThirdParty(reply) else { return failure.fromThirdParty(at: reply.url.origin, for: host) }
        if reply.status == 500 { failure.isOutage = await isDown() }
        failure.explainPulls(known(\.pulls))
        if [.unauthorized, .denied].contains(failure.kind) { failure = await hinting(failure, call.repository) }
        failure.explainMissingRepository(call, at: host)
        failure.explainHead(reply, of: call, at: host)
        return failure
    }

    /// Whether the registry itself answered, and not a host that it redirected to.
    func isHome(_ url: WireURL) -> Bool {
        guard let endpoint = known(\.endpoint) else { return true }
        return url.origin == endpoint.origin
    }

    /// Whether a redirect led away from the registry's API: to another host, or to storage under the same name.
    private func isFromThirdParty(_ reply: Reply) -> Bool {
        if !isHome(reply.url) { return true }
        return reply.url != reply.asked && !reply.url.path.hasPrefix("/v2/")
    }

    /// Whether the registry is down: its base path is not answered, or with a server error. One check serves all requests
    /// that failed at about the same time.
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

    /// The refusal, with a hint about what may be missing.
    func hinting(_ failure: ContentFailure, _ repository: Repository?) async -> ContentFailure {
        var failure = failure
        failure.hint = await loginHint(repository)
        return failure
    }

    private func loginHint(_ repository: Repository?) async -> String? {
        guard let answer = try? await credential(for: repository) else { return nil }
        if let hint = answer.hint { return hint }
        guard answer.credential != nil else { return "no login for \(host) was found; going without" }
        return answer.source.map { "the login for \(host) is from \($0)" }
    }
}
