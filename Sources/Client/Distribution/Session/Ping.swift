// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// Finds out how a registry is reached: by `GET /v2/` or by the first request, over plain http only if this is allowed.
///
/// https is tried first, except on this machine. A registry at a loopback address that may be used without TLS usually has
/// none, TLS setup takes longer than a whole small copy, and a request without credentials reveals nothing there.
struct Ping: Sendable {
    let host: RegistryHost
    let context: NetworkContext

    private var schemes: [WireOrigin.Scheme] {
        if let scheme = context.options.schemes[host] { return [scheme] }
        guard host.allowsPlainHTTP || context.options.isInsecure(host) else { return [.https] }
        let isHere = AddressClass(host: String(host.hostWithoutPort)) == .loopback
        return isHere ? [.http, .https] : [.https, .http]
    }

    /// The first request, if it uses TLS and its host is, by its name, outside the local network, so that a connection
    /// takes long round trips; otherwise nil.
    var distantRequest: WireRequest? {
        guard schemes.first == .https, AddressClass(host: String(host.hostWithoutPort)) == nil else { return nil }
        return try? request(.https)
    }

    /// - Parameter firstRequest: the request to send in place of the ping.
    func run(_ firstRequest: FirstRequest? = nil) async throws(ContentFailure) -> RegistryEndpoint {
        var failures: [ContentFailure] = []
        let schemes = schemes
        for scheme in schemes {
            do throws(Miss) {
                if scheme == schemes[0], let endpoint = try await begin(firstRequest, scheme) { return endpoint }
                return try await ask(scheme)
            } catch {
                failures.append(error.failure)
                guard mayAskOtherwise(after: error, by: scheme) else { break }
            }
        }
        throw Self.merged(schemes.first == .https ? failures : failures.reversed())
    }

    /// Why one scheme failed.
    private struct Miss: Error {
        let failure: ContentFailure
        /// nil if there was an answer.
        var cause: WireFailure.Cause?
    }

    /// Whether the other scheme may be tried after one has failed.
    ///
    /// Plain http is tried after TLS only if the host has no TLS. After an untrusted certificate, or a handshake that an
    /// attacker disturbed, a login would be sent unencrypted. A host that the user named as insecure may always be asked.
    private func mayAskOtherwise(after miss: Miss, by scheme: WireOrigin.Scheme) -> Bool {
        // A host that throttles was reached. A request with the other scheme would only add load.
        if miss.failure.kind == .cancelled || miss.failure.kind == .rateLimited { return false }
        if scheme == .http || context.options.isInsecure(host) { return true }
        return switch miss.cause {
        case .notTLS, .refused: true
        default: false
        }
    }

    /// Whether the registry's base path is not answered, or is answered with a server error.
    func findsServerError(at origin: WireOrigin?) async -> Bool {
        guard let origin else { return false }
        let request = request(at: origin)
        guard let response = try? await context.transport.sendFollowing(request, home: origin) else { return true }
        await response.discard()
        return (500...599).contains(response.status)
    }

    private func begin(_ firstRequest: FirstRequest?, _ scheme: WireOrigin.Scheme) async throws(Miss)
        -> RegistryEndpoint?
    {
        guard let firstRequest else { return nil }
        let request = try request(scheme)
        do throws(WireFailure) { return try await firstRequest.endpoint(at: request.url.origin) } catch {
            throw miss(error, request)
        }
    }

    private func ask(_ scheme: WireOrigin.Scheme) async throws(Miss) -> RegistryEndpoint {
        let request = try request(scheme)
        let reply = try await reply(to: request)
        if scheme == .http, reply.url.origin.scheme == .https {
            throw Miss(
                failure: ContentFailure(.unreachable, "GET \(request.url): it leads to \(reply.url.origin)"))
        }
        switch reply.status {
        case 200...299, 403: return RegistryEndpoint(origin: request.url.origin, challenges: [])
        case 401:
            let challenges = Challenge.answerable(in: reply.headers.all("WWW-Authenticate"))
            return RegistryEndpoint(origin: request.url.origin, challenges: challenges)
        default: throw Miss(failure: context.failure(reply))
        }
    }

    private func request(_ scheme: WireOrigin.Scheme) throws(Miss) -> WireRequest {
        do { return request(at: try WireOrigin(scheme: scheme, authority: host.name)) } catch {
            throw Miss(failure: ContentFailure(.unreachable, "\"\(host)\" cannot be a host: \(error)"))
        }
    }

    private func request(at origin: WireOrigin) -> WireRequest {
        var request = WireRequest(.get, WireURL(origin, target: "/v2/"))
        request.headers.addOurs(context.options.userAgent)
        return request
    }

    private func reply(to request: WireRequest) async throws(Miss) -> Reply {
        do throws(WireFailure) {
            let response = try await context.transport.sendFollowing(request, home: request.url.origin)
            let body = try await response.body.collected(upTo: RegistryErrors.largestBody).bytes
            return Reply(
                method: request.method, asked: request.url, url: response.url, status: response.status,
                headers: response.headers, body: body)
        } catch {
            throw miss(error, request)
        }
    }

    private func miss(_ error: WireFailure, _ request: WireRequest) -> Miss {
        var failure = ContentFailure(error, asking: request, home: request.url.origin, hiding: context.secrets)
        failure.hint = hint(error)
        return Miss(failure: failure, cause: error.cause)
    }

    private func hint(_ failure: WireFailure) -> String? {
        switch failure.cause {
        case .notTLS where context.options.schemes[host] != nil: "without TLS it is http://\(host)"
        case .notTLS: "if \(host) is meant to be spoken to without TLS: --insecure-registry \(host)"
        default: nil
        }
    }

    /// Combines both attempts into one failure. Its kind is that of the attempt that got further.
    private static func merged(_ failures: [ContentFailure]) -> ContentFailure {
        let furthest = failures.map(rank).max() ?? 0
        let candidates = failures.filter { rank($0) == furthest }
        guard var result = candidates.first(where: { $0.retry != .never }) ?? candidates.first else {
            return ContentFailure(.unreachable, "no way to reach the registry")
        }
        result.message = failures.map(\.message).joined(separator: "; ")
        return result
    }

    private static func rank(_ failure: ContentFailure) -> Int {
        // Servers also answer plain http on a TLS port, with 400.
        if failure.kind == .untrusted { return 4 }
        if failure.status != nil { return 3 }
        return [.unreachable: 0][failure.kind] ?? 1
    }
}
