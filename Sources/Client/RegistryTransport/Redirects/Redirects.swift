// SPDX-License-Identifier: Apache-2.0

extension Transport {
    /// The policy for answers from `home`, with the address class of its connections.
    package func policy(for home: WireOrigin) -> HopPolicy {
        HopPolicy(home: home, connected: addressClass(of: home))
    }

    /// Sends a request and follows redirects.
    ///
    /// Credentials are sent only to `home`. After a redirect has led away, the request carries none, not even if another
    /// redirect leads back.
    package func sendFollowing(_ request: WireRequest, home: WireOrigin) async throws(WireFailure) -> WireResponse {
        var response = try await send(request)
        guard Redirect(response) != nil else { return response }
        var trail = RedirectTrail(request, home: home)
        while let redirect = Redirect(response) {
            _ = await response.body.beginning(upTo: RedirectTrail.drainedBytes)
            do {
                try trail.follow(redirect, policy: policy(for: home))
            } catch {
                let reason = "a redirect is not followed: \(error.reason)"
                throw WireFailure(
                    error.isLoop ? .redirectLoop(reason) : .redirectRefused(reason), at: response.url.origin)
            }
            response = try await send(trail.request)
        }
        return response
    }
}

/// An answer that redirects its request.
struct Redirect {
    let status: Int
    let location: String
    /// The URL that sent the redirect.
    let url: WireURL

    init?(_ response: WireResponse) {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"] else {
            return nil
        }
        status = response.status
        self.location = location
        url = response.url
    }
}

/// One request along its redirects. Pure: decides, sends nothing.
struct RedirectTrail {
    struct Refusal: Error {
        let reason: String
        /// The redirects form a loop. This may be a temporary fault of servers in between.
        var isLoop = false
    }

    private(set) var request: WireRequest
    private let home: WireOrigin
    private var visited: Set<WireURL>
    private var hasLeft = false

    static let longestTrail = 10
    static let drainedBytes = 64 << 10

    /// The headers that are sent to hosts other than the registry. Storage services refuse requests with headers that they
    /// did not sign.
    private static let headersAbroad = ["Accept", "Accept-Encoding", "Range", "User-Agent"]

    init(_ request: WireRequest, home: WireOrigin) {
        self.request = request
        self.home = home
        visited = [request.url]
    }

    mutating func follow(_ redirect: Redirect, policy: HopPolicy) throws(Refusal) {
        try checkMethod(redirect.status)
        let next = try Self.resolve(redirect.location, against: redirect.url)
        guard visited.insert(next).inserted else { throw Refusal(reason: "it leads in a circle", isLoop: true) }
        guard visited.count <= Self.longestTrail + 1 else {
            throw Refusal(reason: "more than \(Self.longestTrail) redirects", isLoop: true)
        }
        do { request.reach = try policy.reach(of: next, from: redirect.url.origin) } catch {
            throw Refusal(reason: error.description)
        }
        request.url = next
        if next.origin != home { hasLeft = true }
        if hasLeft { request.headers = request.headers.keeping(Self.headersAbroad) }
    }

    /// The method is kept: 307 and 308 require this, 301 and 302 allow it (RFC 9110 §15.4). A 303 is accepted only for GET
    /// and HEAD, because it names another resource than the one to change.
    private func checkMethod(_ status: Int) throws(Refusal) {
        guard request.body.isEmpty else { throw Refusal(reason: "uploads must go where the registry said at first") }
        guard status != 303 || [.get, .head].contains(request.method) else {
            throw Refusal(reason: "303 answers a \(request.method.rawValue) with something else to read")
        }
    }

    private static func resolve(_ location: String, against url: WireURL) throws(Refusal) -> WireURL {
        do { return try url.resolving(location) } catch { throw Refusal(reason: error.description) }
    }
}
