// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

extension RegistrySession {
    /// Sends a call and returns whatever the registry answers; a refusal for want of credentials is answered with some,
    /// once.
    func send(_ call: Call) async throws(ContentFailure) -> WireResponse {
        if Task.isCancelled { throw .cancelled }
        let opening = opening(call)
        let footing = try await currentFooting(opening)
        var request = try prepare(call, footing)
        if let result = await opening?.result(on: footing) { return try received(result, request) }
        let isHome = request.url.origin == footing.origin
        var pass: Pass?
        if isHome, let challenge = expectedChallenge(for: call, on: footing) {
            pass = try await self.pass(for: call, challenge, of: footing, scopes: call.scopes)
        }
        request.headers["Authorization"] = pass?.header.reveal()
        context.spoken.note(request.headers["Authorization"])
        let response = try await transmit(request, footing)
        // A refusal by somebody the registry sent us to is none of the registry's.
        guard isHome, response.url.origin == footing.origin else {
            return try await beyond(response, of: call, request, from: footing)
        }
        if pass == nil, try await mayHideSomething(response, from: call, footing) {
            return try await sendAgain(call, request, refused: nil, response, footing)
        }
        guard Self.isRefusal(response, of: pass, to: call) else {
            if let credential = pass?.login?.credential { prove(credential) }
            return response
        }
        return try await sendAgain(call, request, refused: pass, response, footing)
    }

    private func opening(_ call: Call) -> Opening? {
        guard context.options.pingsLate, call.mayComeFirst, case .path(let path) = call.destination,
            known(\.footing) == nil
        else { return nil }
        let (transport, userAgent) = (context.transport, context.options.userAgent)
        return Opening(about: call.repository) { origin async throws(WireFailure) in
            var request = WireRequest(call.method, WireURL(origin, target: path), headers: call.headers)
            request.headers.addOurs(userAgent)
            return try await transport.sendFollowing(request, home: origin)
        }
    }

    func expectedChallenge(for call: Call, on footing: Footing) -> Challenge? {
        known { $0.challenge(for: call.repository, on: footing) }
    }

    private func prepare(_ call: Call, _ footing: Footing) throws(ContentFailure) -> WireRequest {
        let url =
            switch call.destination {
            case .path(let path): WireURL(footing.origin, target: path)
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
            request.reach = try context.transport.policy(for: footing.origin).reach(of: url, from: footing.origin)
        } catch {
            throw ContentFailure(.invalid, "\(call.method.rawValue) \(url): the location is not used: \(error)")
        }
        return request
    }

    func transmit(_ request: WireRequest, _ footing: Footing) async throws(ContentFailure) -> WireResponse {
        let result: Result<WireResponse, WireFailure>
        do throws(WireFailure) {
            result = .success(try await context.transport.sendFollowing(request, home: footing.origin))
        } catch {
            result = .failure(error)
        }
        return try received(result, request)
    }

    private func received(
        _ result: Result<WireResponse, WireFailure>, _ request: WireRequest
    ) throws(ContentFailure) -> WireResponse {
        do throws(WireFailure) {
            return noting(try result.get())
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw ContentFailure(error, asking: request, hiding: context.spoken)
        }
    }

    /// Asks a place that a manifest of this registry names, as a stranger.
    func sendAbroad(_ url: WireURL) async throws(ContentFailure) -> WireResponse {
        let footing = try await currentFooting()
        var request = WireRequest(.get, url, headers: WireHeaders(), body: .none, bodyPrivacy: .hidden(reason: "blob"))
        request.headers.addOurs(context.options.userAgent)
        do {
            request.reach = try context.transport.policy(for: footing.origin).reach(of: url, from: footing.origin)
        } catch {
            throw ContentFailure(.invalid, "GET \(url): the location is not used: \(error)")
        }
        return try await transmit(request, footing)
    }
}
