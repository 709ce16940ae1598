// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Sends the answer that `LiveDoor` chose.
struct LiveAnswering: Sendable {
    let feed: LiveFeed
    let writer: LiveWriter

    func give(_ answer: LiveDoor.Answer) async throws {
        switch answer {
        case .page:
            let nonce = String(UInt64.random(in: .min ... .max), radix: 16)
            try await give(
                await feed.document(nonce: nonce), "text/html; charset=utf-8", headers: Self.policy(nonce))
        case .metrics(let form): try await give(await feed.metrics(form), form.mediaType)
        case .health: try await give("ok\n", Self.plain)
        case .refused(let status, let reason):
            let allowed: HTTPHeaders = status == .methodNotAllowed ? ["Allow": "GET, HEAD"] : [:]
            try await give(reason + "\n", Self.plain, headers: allowed, status: status)
        case .events(let place): try await giveEvents(since: place)
        }
    }

    private static let plain = "text/plain; charset=utf-8"

    /// Headers of every answer: no caching, no guessing of the type, no framing, no referrer.
    private static let caution: HTTPHeaders = [
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
    ]

    /// The page's own meta element contains the same policy, but only a header can forbid frames.
    private static func policy(_ nonce: String) -> HTTPHeaders {
        [
            "Content-Security-Policy":
                "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ]
    }

    private func give(
        _ text: String, _ type: String, headers more: HTTPHeaders = [:], status: HTTPResponseStatus = .ok
    ) async throws {
        var headers = Self.caution
        headers.add(name: "Content-Type", value: type)
        headers.add(contentsOf: more)
        try await writer.begin(status, headers, length: text.utf8.count)
        try await writer.write(text)
        try await writer.end()
    }

    private func giveEvents(since place: LivePlace?) async throws {
        var headers = Self.caution
        headers.add(name: "Content-Type", value: "text/event-stream")
        try await writer.begin(.ok, headers, length: nil)
        guard !writer.isHead else { return try await writer.end() }
        try await writer.write(LiveEvent.beginning)
        var place = place
        while let event = await feed.event(after: place) {
            try await writer.write(event.text)
            place = event.place
            if event.kind != .state { break }
        }
        try await writer.end()
    }
}
