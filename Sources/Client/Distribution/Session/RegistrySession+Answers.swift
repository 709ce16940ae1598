// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

extension RegistrySession {
    /// Sends a call and reads the answer. Reads as many bytes of a success as the call allows, and of an error as many as
    /// reasons may take.
    func reply(to call: Call) async throws(ContentFailure) -> Reply {
        let response = try await send(call)
        return try await read(response, of: call)
    }

    func read(_ response: WireResponse, of call: Call) async throws(ContentFailure) -> Reply {
        guard (200...299).contains(response.status) else { return try await beginning(of: response, to: call) }
        let asked = try await asked(call)
        let body = try await whole(response, upTo: call.largestAnswer, asked: WireRequest(call.method, asked))
        return Reply(response, to: call.method, asked, body: body)
    }

    /// The failure for an unexpected answer. It contains the status, however long the body is.
    func failure(_ response: WireResponse, of call: Call) async throws(ContentFailure) -> ContentFailure {
        await failure(try await beginning(of: response, to: call), of: call)
    }

    /// As many bytes of an answer as reasons may take. A registry that refuses a body while it is being sent may close the
    /// connection before its reasons are read.
    private func beginning(of response: WireResponse, to call: Call) async throws(ContentFailure) -> Reply {
        let asked = try await asked(call)
        let body = await response.body.beginning(upTo: RegistryErrors.largestBody).bytes
        return Reply(response, to: call.method, asked, body: body)
    }

    private func whole(
        _ response: WireResponse, upTo limit: Int, asked: WireRequest
    ) async throws(ContentFailure) -> [UInt8] {
        do throws(WireFailure) {
            let body = try await response.body.collected(upTo: limit)
            if body.isComplete { return body.bytes }
        } catch {
            if Task.isCancelled { throw .cancelled }
            let home = known(\.endpoint)?.origin ?? asked.url.origin
            throw ContentFailure(error, asking: asked, home: home, hiding: context.secrets)
        }
        throw ContentFailure(
            .tooLarge, "\(asked.method.rawValue) \(asked.url): the answer has more than \(limit) bytes")
    }

    private func asked(_ call: Call) async throws(ContentFailure) -> WireURL {
        switch call.destination {
        case .path(let path):
            // Looked up here, too, because each answer needs it and nearly always finds it without waiting.
            if let known = known(\.endpoint) {
                WireURL(known.origin, target: path)
            } else {
                WireURL(try await currentEndpoint().origin, target: path)
            }
        case .url(let url): url
        }
    }

    // MARK: Notes in answers

    /// Takes note of warnings, pull limits and similar header fields of an answer.
    func noting(_ response: WireResponse) -> WireResponse {
        passOnWarnings(response)
        if let allowance = PullHeaders.allowance(response.headers) { learn { $0.pulls = allowance } }
        return response
    }

    /// Reports a remark once.
    func notice(_ text: String) { tell(.remark(text)) }

    private func tell(_ text: RegistryNotice) {
        guard let notice = context.options.notice else { return }
        if learn({ $0.note(text) }) { notice(host, text) }
    }

    private func passOnWarnings(_ response: WireResponse) {
        for header in response.headers.all("Warning") {
            guard let text = RegistryWarning.text(header) else { continue }
            tell(.warning(context.secrets.hidden(in: text).withoutSecrets.displayable(limit: 4096)))
        }
    }
}
