// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryTransport

/// An answer that was read: status, headers and a bounded body.
struct Reply: Sendable {
    let method: WireRequest.Method
    /// The requested URL; `url` is the one that answered.
    let asked: WireURL
    let url: WireURL
    let status: Int
    let headers: WireHeaders
    let body: [UInt8]
}

extension Reply {
    init(_ response: WireResponse, to method: WireRequest.Method, _ asked: WireURL, body: [UInt8]) {
        self.init(
            method: method, asked: asked, url: response.url, status: response.status, headers: response.headers,
            body: body)
    }

    var mediaType: MediaType { headers.mediaType }

    var isWebPage: Bool { headers.tellOfWebPage }
}

extension WireHeaders {
    var mediaType: MediaType { MediaType(self["Content-Type"] ?? "") }

    /// True for a web page for people in place of the requested content.
    var tellOfWebPage: Bool { ["text/html", "application/xhtml+xml"].contains(mediaType.essence) }
}

extension ContentFailure {
    /// The failure for an unexpected answer. Its status decides first, its error codes second.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - secrets: the secrets that were sent, which the answer may repeat.
    init(_ reply: Reply, now: Int64, hiding secrets: SentSecrets) {
        let errors = RegistryErrors(reply.body, hiding: secrets)
        // A date in the answer is relative to the registry's own clock.
        let now = reply.headers["Date"].flatMap(HTTPDate.seconds) ?? now
        let pause = RetryAfter.parse(reply.headers["Retry-After"], now: now)
        let isLimit = reply.status == 403 && (pause != nil || errors.speaksOfRate)
        let verdict = Verdict(status: isLimit ? 429 : reply.status, codes: errors.codes)
        let mayWait = [.rateLimited, .unavailable].contains(verdict.kind) && verdict.retry == .later
        self.init(
            verdict.kind, secrets.hidden(in: Self.message(reply, errors, hiding: secrets)),
            retry: mayWait ? pause.map(Retry.notBefore) ?? .later : verdict.retry,
            status: reply.status, codes: errors.codes.map { $0.displayable(limit: 64) })
        isOutage = [502, 503, 504].contains(reply.status)
        // The storage is full; no credentials were refused.
        if kind == .denied, saysThereIsNoRoom { kind = .tooLarge }
        if kind == .denied, reply.method == .put, errors.speaksOfKeeping { kind = .conflict }
        guard let page = WebPage(reply, hiding: secrets), reply.isWebPage, (200...299).contains(reply.status) else {
            return
        }
        // A proxy that answers with a web page usually does so only briefly.
        message = secrets.hidden(in: "\(reply.method.rawValue) \(reply.url): \(page.inPlaceOfSuccess)")
        retry = .later
    }

    /// The failure for an answer of a host that the registry redirected to, usually a storage service. It knows no logins;
    /// if it refuses a link, the link has expired; its rate limits are not the registry's. The registry issues a new link.
    func fromThirdParty(at origin: WireOrigin, for host: RegistryHost) -> ContentFailure {
        var failure = self
        failure.message += " (\(origin), where \(host) sent us)"
        failure.isOutage = false
        guard let status, [400, 401, 403, 408, 410, 429].contains(status) || status >= 500 else { return failure }
        failure.kind = .unavailable
        failure.retry = .later
        return failure
    }

    /// gcrane's wording, which scripts may look for.
    private static func message(
        _ reply: Reply, _ errors: RegistryErrors, hiding secrets: SentSecrets
    ) -> String {
        let request = "\(reply.method.rawValue) \(reply.url)"
        if !errors.entries.isEmpty { return "\(request): \(errors)" }
        let status = "\(reply.status) \(StatusText.reason(reply.status))".trimmed
        let start = "\(request): unexpected status code \(status)"
        if reply.method == .head { return start + " (HEAD responses have no body, use GET for details)" }
        if let page = WebPage(reply, hiding: secrets) { return "\(start): \(page.inPlaceOfReason)" }
        let excerpt = errors.excerpt
        return excerpt.isEmpty
            ? start : "\(start): \(excerpt.withoutSecrets.displayable(limit: RegistryErrors.shownExcerpt))"
    }

    /// A failure of the connection, in gcrane's order of words: `Get "https://host/v2/": …`.
    ///
    /// - Parameters:
    ///   - home: the origin of the registry, or of a host that it named.
    ///   - secrets: the secrets that were sent, which a malformed answer may repeat.
    init(
        _ failure: WireFailure, asking request: WireRequest, home: WireOrigin,
        hiding secrets: SentSecrets = SentSecrets()
    ) {
        let verdict = Verdict(cause: failure.cause)
        if case .cancelled = failure.cause {
            self = .cancelled
            return
        }
        if case .tooManyOpenFiles = failure.cause {
            self = .tooManyOpenFiles(
                "\(request.method.titled) \"\(request.url)\": \(failure.description.displayable)")
            return
        }
        // The host that a redirect or a Location led to is not the registry. The registry still answers other requests.
        let isElsewhere = (failure.origin ?? request.url.origin) != home
        let sender = request.url.origin == home ? "" : " (where \(home) sent us)"
        self.init(
            verdict.kind == .unreachable && isElsewhere ? .unavailable : verdict.kind,
            "\(request.method.titled) \"\(request.url)\": "
                + secrets.hidden(in: failure.description).withoutSecrets.displayable + sender,
            retry: verdict.retry)
    }
}

/// The kind of a failure, and whether a retry makes sense.
private struct Verdict {
    var kind: ContentFailure.Kind
    var retry: ContentFailure.Retry = .never

    init(_ kind: ContentFailure.Kind, _ retry: ContentFailure.Retry = .never) {
        self.kind = kind
        self.retry = retry
    }

    init(status: Int, codes: [String]) {
        switch status {
        case 429, 503: self = status == 429 ? Self(.rateLimited, .later) : Self(.unavailable, .later)
        case 401: self.init(.unauthorized)
        case _ where codes.contains("TOOMANYREQUESTS"): self.init(.rateLimited, .later)
        case 403: self.init(.denied)
        case _ where !Self.lostUpload.isDisjoint(with: codes): self.init(.unavailable, .later)
        case 400...499: self.init(client: status, codes: codes)
        case 501, 505: self.init(.unsupported)
        case 500...599: self.init(.unavailable, .later)
        default: self.init(.invalid)
        }
    }

    /// The session is gone. A new session may succeed.
    private static let lostUpload: Set<String> = ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "UNAVAILABLE"]

    private static let refusals: Set<String> = ["DENIED", "UNAUTHORIZED"]

    private init(client status: Int, codes: [String]) {
        switch status {
        case _ where codes.contains("DIGEST_INVALID") || codes.contains("SIZE_INVALID"): self.init(.corrupt, .later)
        // Eventually consistent storage: content that was just stored may become visible soon.
        case _ where codes.contains("MANIFEST_BLOB_UNKNOWN"): self.init(.invalid, .later)
        case _ where codes.contains("TAG_INVALID"): self.init(.conflict)
        // A refusal that hides what is there proves nothing about it.
        case 404 where !codes.isEmpty && Self.refusals.isSuperset(of: codes): self.init(.denied)
        case 404, 410: self.init(.notFound)
        case 405, 406, 415: self.init(.unsupported)
        case 408, 499: self.init(.stalled, .later)
        case 409, 412: self.init(.conflict)
        case 413, 414, 431: self.init(.tooLarge)
        // A monolithic upload with this answer may work in a new session (Azure/acr#866).
        case 416: self.init(.invalid, .later)
        case 421, 425: self.init(.unavailable, .later)
        case _ where codes.contains("UNKNOWN"): self.init(.invalid, .later)
        default: self.init(.invalid)
        }
    }

    init(cause: WireFailure.Cause) {
        switch cause {
        case .nameUnknown, .refused, .connectTimeout: self.init(.unreachable, .later)
        case .untrusted, .certificatesUnusable: self.init(.untrusted)
        case .proxyRefused: self.init(.unreachable)
        case .proxyFailed: self.init(.unreachable, .later)
        case .notTLS: self.init(.unreachable)
        case .handshakeFailed, .broken, .tooManyOpenFiles, .other: self.init(.unavailable, .later)
        case .stalled: self.init(.stalled, .later)
        case .malformed: self.init(.unavailable, .later)
        case .addressRefused, .redirectRefused: self.init(.invalid)
        case .redirectLoop: self.init(.invalid, .later)
        case .body: self.init(.aborted)
        case .cancelled, .closed: self.init(.cancelled)
        }
    }
}

extension WireRequest.Method {
    fileprivate var titled: String { rawValue.prefix(1) + rawValue.dropFirst().lowercased() }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
