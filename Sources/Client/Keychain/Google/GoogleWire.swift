// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// Requests to token services that a credentials file names. Only their addresses are logged.
struct GoogleWire {
    private let context: KeychainContext
    /// The secrets that were sent to services, whose answers may repeat them.
    private let sent = SentSecrets()

    private static let largestAnswer = 64 << 10

    init(_ context: KeychainContext) { self.context = context }

    // MARK: Forms and documents

    /// - Parameter secrets: further fields.
    func postForm(
        _ url: String, _ fields: [String: String], secrets: [String: Secret], authorization: Secret? = nil
    ) async throws(CredentialError) -> GoogleToken {
        let hidden = secrets.mapValues { $0.reveal() }
        for value in hidden.values { sent.note(value: value) }
        let form = fields.merging(hidden) { _, secret in secret }.sorted { $0.key < $1.key }
            .map { "\($0)=\(PercentEncoding.encodeForm($1))" }.joined(separator: "&")
        var headers: WireHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        headers["Authorization"] = authorization?.reveal()
        let answer = try await ask(.post, try Self.trustedURL(url), headers: headers, body: .bytes(Array(form.utf8)))
        return try Self.token(answer, from: url)
    }

    func postJSON(_ url: String, _ body: JSON, authorization: Secret) async throws(CredentialError) -> JSON {
        let headers: WireHeaders = ["Content-Type": "application/json", "Authorization": authorization.reveal()]
        let answer = try await ask(
            .post, try Self.trustedURL(url), headers: headers, body: .bytes(Array(body.text.utf8)))
        return (try? JSON(answer)) ?? .null
    }

    /// - Parameter url: may use plain http, because metadata services do.
    func get(_ url: String, headers: [String: String]) async throws(CredentialError) -> [UInt8] {
        var fields = WireHeaders()
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { fields.add(name, value) }
        return try await ask(.get, try Self.parse(url), headers: fields, body: .none)
    }

    private func ask(
        _ method: WireRequest.Method, _ url: WireURL, headers: WireHeaders, body: WireRequest.Body
    ) async throws(CredentialError) -> [UInt8] {
        let (status, _, bytes) = try await exchange(method, url, headers: headers, body: body)
        guard status == 200 else {
            throw CredentialError("\(url.origin) answered \(status)\(explanation(bytes))")
        }
        return bytes
    }

    /// Sends one request without following redirects, because a token service does not redirect.
    func exchange(
        _ method: WireRequest.Method, _ url: WireURL, headers: WireHeaders, body: WireRequest.Body = .none
    ) async throws(CredentialError) -> (status: Int, headers: WireHeaders, body: [UInt8]) {
        var headers = headers
        headers.add("User-Agent", context.userAgent)
        headers.add("Accept-Encoding", "identity")
        sent.note(headers["Authorization"])
        let request = WireRequest(method, url, headers: headers, body: body, bodyPrivacy: .hidden(reason: "token"))
        do throws(WireFailure) {
            let response = try await context.transport.send(request)
            let answer = try await response.body.collected(upTo: Self.largestAnswer)
            return (response.status, response.headers, answer.bytes)
        } catch {
            throw CredentialError(error.description)
        }
    }

    // MARK: Answers

    static func token(_ answer: [UInt8], from url: String) throws(CredentialError) -> GoogleToken {
        let document = try? JSON(answer)
        guard let value = document?["access_token"]?.string, !value.isEmpty else {
            throw CredentialError("the answer of \(place(url)) holds no token")
        }
        return GoogleToken(value: Secret(value), lifetime: document?["expires_in"]?.integer.map { .seconds($0) })
    }

    /// The explanation in an OAuth2 error (RFC 6749 §5.2), or in Google's own error format.
    private func explanation(_ body: [UInt8]) -> String {
        guard let document = try? JSON(body) else { return "" }
        let words = [
            document["error"]?.string, document["error_description"]?.string, document["error"]?["message"]?.string,
        ]
        let text = words.compactMap(\.self).joined(separator: ": ")
        return text.isEmpty ? "" : ": " + sent.excerpt(of: text, limit: 200)
    }

    // MARK: Addresses

    /// A URL that secrets may be sent to: it uses TLS, or is on this machine.
    private static func trustedURL(_ text: String) throws(CredentialError) -> WireURL {
        let url = try parse(text)
        guard url.origin.scheme == .https || AddressClass(host: url.origin.host) == .loopback else {
            throw CredentialError("\(url.origin) is not asked for a token: it has no TLS")
        }
        return url
    }

    static func parse(_ text: String) throws(CredentialError) -> WireURL {
        do { return try WireURL(text) } catch {
            throw CredentialError("\"\(text.withoutSecrets.displayable(limit: 64))\" is not usable: \(error)")
        }
    }

    /// A URL's origin, for messages.
    static func place(_ url: String) -> String { (try? WireURL(url).origin.description) ?? "the token service" }
}
