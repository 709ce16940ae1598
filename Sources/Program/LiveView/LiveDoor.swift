// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Decides how a request is answered. Reads only the request's head, and has no state.
struct LiveDoor: Sendable {
    /// Who may connect.
    enum Key: Sendable {
        /// Programs on this machine, if the request names one of its loopback names as the host.
        case loopback
        /// Everybody who has the address that contains the token.
        case token(LiveToken)
    }

    enum Answer: Equatable, Sendable {
        case page
        /// - Parameter since: how much the client has already; nil if it does not say.
        case events(since: LivePlace?)
        case metrics(MetricsForm)
        case health
        case refused(HTTPResponseStatus, String)
    }

    let key: Key

    /// The prefix of document names in a path.
    var prefix: String {
        if case .token(let token) = key { "/\(token.revealed)" } else { "" }
    }

    func answer(to head: HTTPRequestHead) -> Answer {
        if case .loopback = key, let refusal = Self.refusal(of: head) { return refusal }
        let (path, query) = Self.parts(of: head.uri)
        guard let name = name(in: path), let answer = Self.document(name, query, head) else {
            return .refused(.notFound, "there is no page at this address")
        }
        guard [.GET, .HEAD].contains(head.method) else {
            return .refused(.methodNotAllowed, "this server answers GET and HEAD only")
        }
        return answer
    }

    /// The path without the token; nil if the token is wrong.
    private func name(in path: Substring) -> Substring? {
        guard path.first == "/" else { return nil }
        let rest = path.dropFirst()
        guard case .token(let token) = key else { return rest }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard token.matches(rest[..<slash]), slash < rest.endIndex else { return nil }
        return rest[rest.index(after: slash)...]
    }

    private static func document(_ name: Substring, _ query: Substring, _ head: HTTPRequestHead) -> Answer? {
        switch name {
        case "": .page
        case "events": .events(since: place(query, head))
        case "metrics": .metrics(MetricsForm(accepted: head.headers[canonicalForm: "accept"].map(String.init)))
        case "healthz": .health
        default: nil
        }
    }

    /// A browser that reconnects names the last event that it got. The address of the first request names the state
    /// that the page was made from.
    private static func place(_ query: Substring, _ head: HTTPRequestHead) -> LivePlace? {
        if let last = head.headers.first(name: "last-event-id") { return LivePlace(last) }
        return query.hasPrefix("since=") ? LivePlace(query.dropFirst("since=".count)) : nil
    }

    private static func parts(of target: String) -> (path: Substring, query: Substring) {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        return (target[..<mark], target[mark...].dropFirst())
    }
}

extension LiveDoor {
    /// Refuses what another site's page may not do. Such a page must not read this one through a host name that it lets
    /// resolve to this machine (DNS rebinding). The only request that it may cause is a navigation.
    private static func refusal(of head: HTTPRequestHead) -> Answer? {
        let hosts = head.headers["host"]
        guard hosts.count == 1, let host = hosts.first else { return .refused(.badRequest, "Host is not one name") }
        guard isLoopbackName(host) else {
            return .refused(.misdirectedRequest, "this page is served under the names of this machine only")
        }
        let site = head.headers.first(name: "sec-fetch-site")
        if site == "cross-site", head.headers.first(name: "sec-fetch-mode") != "navigate" {
            return .refused(.forbidden, "a page of another site sent this request")
        }
        return nil
    }

    static func isLoopbackName(_ host: String) -> Bool {
        let name = nameWithoutPort(host.lowercased())
        return name == "localhost" || name == "[::1]" || isLoopbackIPv4(name)
    }

    private static func nameWithoutPort(_ host: String) -> Substring {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return host[...end] }
        return host.prefix { $0 != ":" }
    }

    private static func isLoopbackIPv4(_ name: Substring) -> Bool {
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.first == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
