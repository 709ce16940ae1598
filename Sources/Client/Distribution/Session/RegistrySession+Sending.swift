// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

extension RegistrySession {
    /// Sends a call and returns the registry's answer, whatever it is. If the registry asks for credentials, sends the call
    /// once more with credentials.
    func send(_ call: Call) async throws(ContentFailure) -> WireResponse {
        if Task.isCancelled { throw .cancelled }
        let firstRequest = firstRequest(call)
        let endpoint = try await currentEndpoint(firstRequest)
        var request = try prepare(call, endpoint)
        if let result = await firstRequest?.result(at: endpoint) {
            return try received(result, request, home: endpoint.origin)
        }
        let isHome = request.url.origin == endpoint.origin
        var authorization: Authorization?
        let challenges = isHome ? expectedChallenges(for: call, at: endpoint) : []
        if !challenges.isEmpty {
            authorization = try await self.authorization(for: call, answering: challenges, at: endpoint) { _ in
                call.scopes
            }
        }
        request.headers["Authorization"] = authorization?.header.reveal()
        context.secrets.note(request.headers["Authorization"])
        let response = try await transmit(request, endpoint)
        // A refusal by a host that the registry redirected to is not the registry's refusal.
        guard isHome, response.url.origin == endpoint.origin else {
            return try await answeringThirdParty(response, of: call, as: request, from: endpoint)
        }
        if authorization == nil, try await mayHideSomething(response, from: call, at: endpoint) {
            return try await sendAgain(call, as: request, after: response, refusing: nil, at: endpoint)
        }
        guard Self.isRefusal(response, of: authorization, to: call) else {
            if let credential = authorization?.login?.credential { prove(credential) }
            return response
        }
        return try await sendAgain(call, as: request, after: response, refusing: authorization, at: endpoint)
    }

    private func firstRequest(_ call: Call) -> FirstRequest? {
        guard context.options.pingsLate, call.mayComeFirst, case .path(let path) = call.destination,
            known(\.endpoint) == nil
        else { return nil }
        let (transport, userAgent) = (context.transport, context.options.userAgent)
        return FirstRequest(about: call.repository) { origin async throws(WireFailure) in
            var request = WireRequest(call.method, WireURL(origin, target: path), headers: call.headers)
            request.headers.addOurs(userAgent)
            return try await transport.sendFollowing(request, home: origin)
        }
    }

    func expectedChallenges(for call: Call, at endpoint: RegistryEndpoint) -> [Challenge] {
        known { $0.challenges(for: call.repository, at: endpoint) }
    }

    private func prepare(_ call: Call, _ endpoint: RegistryEndpoint) throws(ContentFailure) -> WireRequest {
        let url =
            switch call.destination {
            case .path(let path): WireURL(endpoint.origin, target: path)
            case .url(let url): url
            }
        var request = WireRequest(
            call.method, url, headers: call.headers, body: call.body, bodyPrivacy: call.bodyPrivacy)
        request.headers.addOurs(context.options.userAgent)
        if call.policy == .reload {
            request.connection = .fresh
            request.headers.add("Cache-Control", "no-cache")
        }
        do {
            request.reach = try context.transport.policy(for: endpoint.origin).reach(of: url, from: endpoint.origin)
        } catch {
            throw ContentFailure(.invalid, "\(call.method.rawValue) \(url): the location is not used: \(error)")
        }
        return request
    }

    /// - Parameter named: the origin to blame if no connection succeeds; nil: the registry's.
    func transmit(
        _ request: WireRequest, _ endpoint: RegistryEndpoint, named: WireOrigin? = nil
    ) async throws(ContentFailure) -> WireResponse {
        let result: Result<WireResponse, WireFailure>
        do throws(WireFailure) {
            result = .success(try await context.transport.sendFollowing(request, home: endpoint.origin))
        } catch {
            result = .failure(error)
        }
        return try received(result, request, home: named ?? endpoint.origin)
    }

    private func received(
        _ result: Result<WireResponse, WireFailure>, _ request: WireRequest, home: WireOrigin
    ) throws(ContentFailure) -> WireResponse {
        do throws(WireFailure) {
            return noting(try result.get())
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw ContentFailure(error, asking: request, home: home, hiding: context.secrets)
        }
    }

    /// Sends an anonymous request to a URL that a manifest of this registry names.
    func sendToThirdParty(_ url: WireURL) async throws(ContentFailure) -> WireResponse {
        let endpoint = try await currentEndpoint()
        var request = WireRequest(.get, url, headers: WireHeaders(), body: .none, bodyPrivacy: .hidden(reason: "blob"))
        request.headers.addOurs(context.options.userAgent)
        do {
            request.reach = try context.transport.policy(for: endpoint.origin).reach(of: url, from: endpoint.origin)
        } catch {
            throw ContentFailure(.invalid, "GET \(url): the location is not used: \(error)")
        }
        // The manifest names this host, not the registry.
        return try await transmit(request, endpoint, named: url.origin)
    }
}
