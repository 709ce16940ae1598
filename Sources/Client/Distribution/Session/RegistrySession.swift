// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization

/// What a run knows about one registry, and how it talks to it: scheme, challenge, credentials.
final class RegistrySession: Sendable {
    let host: RegistryHost
    let context: NetworkContext
    private let footing = SingleFlight<RegistryHost, Footing, ContentFailure>()
    /// What came of it: looked at with every request.
    private let found = Mutex<Footing?>(nil)
    /// How many have asked for it.
    private let waiting = Mutex(0)
    /// Pings after an answer had seemed to say enough.
    private let pings = SingleFlight<RegistryHost, Footing, ContentFailure>()
    private let credentials = SingleFlight<Repository?, CredentialAnswer, ContentFailure>()
    private let renewals = Mutex(LoginRenewals())
    /// The newest challenge of a request; until there is one, the ping's holds.
    private let challenge = Mutex<Challenge?>(nil)
    private let notices = Mutex<Set<RegistryNotice>>([])
    /// What the registry last said of pulls that are left.
    let pulls = Mutex<PullAllowance?>(nil)
    let referrers = Mutex(ReferrersKnowledge())
    /// Until an answer says otherwise.
    let setsTagsTogether = Mutex(true)
    let heads = Mutex(HeadTrust())
    /// Ending an upload takes the right to delete, as the registry's own challenge said.
    let endsByDelete = Mutex(false)
    /// The registry names digests that are not those of what it sends: then only its answers by digest say anything.
    let digestHeadersAreWrong = Mutex(false)
    /// Whether the registry answered anything when it was last asked, and when that was.
    private let liveness = SingleFlight<RegistryHost, (at: ContinuousClock.Instant, isDown: Bool), Never>()
    /// What the registry taught about uploads.
    let habits: LearnedHabits

    init(host: RegistryHost, context: NetworkContext) {
        self.host = host
        self.context = context
        habits = LearnedHabits(host.uploadHabits)
    }

    /// Scheme and first challenge of the registry, found out once in a run.
    ///
    /// - Parameter opening: what to ask if nothing is known yet.
    func currentFooting(_ opening: Opening? = nil) async throws(ContentFailure) -> Footing {
        if let found = found.withLock({ $0 }) { return found }
        let ping = Ping(host: host, context: context)
        await openConnectionMeanwhile(ping)
        let footing = try await footing.value(for: host) { () async throws(ContentFailure) in
            try await ping.run(opening)
        }
        found.withLock { $0 = footing }
        return footing
    }

    /// Who waits for the ping of another one will need a connection beside that one's: it is there when the ping and tokens are.
    private func openConnectionMeanwhile(_ ping: Ping) async {
        let number = waiting.withLock { count in
            count += 1
            return count
        }
        guard (2...Self.mostConnectionsAhead).contains(number), let request = ping.distantRequest else { return }
        await context.errands.run { [context] in await context.transport.openConnection(for: request) }
    }

    /// As many as a run asks of one registry at once in the beginning.
    private static let mostConnectionsAhead = 16

    // MARK: Asking

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
        if isHome, let challenge = known(footing, call) {
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

    /// A registry that another one sent us to may hand out tokens to anybody (registry.k8s.io leads to Artifact Registry):
    /// one is asked for without a login, and is shown to that host alone.
    private func beyond(
        _ response: WireResponse, of call: Call, _ request: WireRequest, from home: Footing
    ) async throws(ContentFailure) -> WireResponse {
        guard response.status == 401, [.get, .head].contains(call.method), !isHome(response.url),
            let challenge = Challenge.usable(in: response.headers.all("WWW-Authenticate")), challenge.kind == .bearer
        else { return response }
        let abroad = Footing(origin: response.url.origin, challenge: challenge)
        var again = request
        again.url = response.url
        do {
            // Judged as the registry's redirect was: the host abroad is nobody that the user named.
            again.reach = try context.transport.policy(for: home.origin).reach(of: response.url, from: home.origin)
            let asked = try tokenRequest(challenge, of: abroad, nil, challenge.scopes)
            again.headers["Authorization"] =
                "Bearer " + (try await context.tokens.token(for: asked, use: .question)).reveal()
        } catch {
            return response
        }
        await response.discard()
        return try await transmit(again, abroad)
    }

    private func opening(_ call: Call) -> Opening? {
        guard context.options.pingsLate, call.mayComeFirst, case .path(let path) = call.destination,
            found.withLock({ $0 }) == nil
        else { return nil }
        let (transport, userAgent) = (context.transport, context.options.userAgent)
        return Opening(about: call.repository) { origin async throws(WireFailure) in
            var request = WireRequest(call.method, WireURL(origin, target: path), headers: call.headers)
            request.headers.addOurs(userAgent)
            return try await transport.sendFollowing(request, home: origin)
        }
    }

    /// Some registries tell strangers 403 or 404 of what is private, gcr.io once 401 without a challenge: where nobody has
    /// pinged yet, the ping's challenge says whether a login would change that.
    private func mayHideSomething(
        _ response: WireResponse, from call: Call, _ footing: Footing
    ) async throws(ContentFailure) -> Bool {
        guard footing.evidence != .ping, [401, 403, 404].contains(response.status), call.body.isRepeatable,
            Challenge.usable(in: response.headers.all("WWW-Authenticate")) == nil
        else { return false }
        let ping = Ping(host: host, context: context)
        let pinged = try await pings.value(for: host) { () async throws(ContentFailure) in try await ping.run() }
        guard pinged.origin == footing.origin else { return false }
        found.withLock { $0 = pinged }
        guard let challenge = pinged.challenge else { return false }
        self.challenge.withLock { $0 = $0 ?? challenge }
        return true
    }

    /// Amazon answers 403 to a login that has ended, and its public registry 400, without a challenge, to such a token; of a
    /// token, 403 says that it was understood.
    private static func isRefusal(_ response: WireResponse, of pass: Pass?, to call: Call) -> Bool {
        switch (response.status, pass?.kind) {
        case (401, _), (403, .login): true
        case (400, .token): [.get, .head, .post].contains(call.method)
        default: false
        }
    }

    private func sendAgain(
        _ call: Call, _ request: WireRequest, refused: Pass?, _ response: WireResponse, _ footing: Footing
    ) async throws(ContentFailure) -> WireResponse {
        // gcr.io has answered a request 401 without a challenge: then the ping's holds.
        let challenge = Challenge.usable(in: response.headers.all("WWW-Authenticate"))
        guard let challenge = challenge ?? known(footing, call) else { return response }
        self.challenge.withLock { $0 = challenge }
        if call.method == .delete, challenge.scopes.names("delete") { endsByDelete.withLock { $0 = true } }
        // The registry may name scopes otherwise than we do.
        let scopes = call.scopes.union(challenge.scopes)
        let pass = try await self.pass(for: call, challenge, of: footing, scopes: scopes, refused: refused)
        guard let pass, pass.header != refused?.header else { return response }
        guard call.body.isRepeatable else {
            let question = "\(request.method.rawValue) \(request.url)"
            throw ContentFailure(
                .unauthorized, "\(question): the token was refused while the body was sent", retry: .later, status: 401)
        }
        await response.discard()
        var request = request
        request.headers["Authorization"] = pass.header.reveal()
        context.spoken.note(request.headers["Authorization"])
        return try await transmit(request, footing)
    }

    private func known(_ footing: Footing, _ call: Call) -> Challenge? {
        challenge.withLock { $0 } ?? footing.challenge(for: call.repository)
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

    private func transmit(_ request: WireRequest, _ footing: Footing) async throws(ContentFailure) -> WireResponse {
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

    /// Takes note of what answers say besides.
    private func noting(_ response: WireResponse) -> WireResponse {
        passOnWarnings(response)
        if let allowance = PullHeaders.allowance(response.headers) { pulls.withLock { $0 = allowance } }
        return response
    }

    /// Sends a call and reads the answer: of a success as much as the call allows, else what an error may say.
    func reply(to call: Call) async throws(ContentFailure) -> Reply {
        let response = try await send(call)
        return try await read(response, of: call)
    }

    func read(_ response: WireResponse, of call: Call) async throws(ContentFailure) -> Reply {
        let asked = try await asked(call)
        let body: [UInt8]
        if (200...299).contains(response.status) {
            body = try await whole(response, upTo: call.largestAnswer, asked: WireRequest(call.method, asked))
        } else {
            // A registry that refuses a body while it is being sent may close the connection before its reasons are read.
            body = await response.body.beginning(upTo: RegistryErrors.largestBody).bytes
        }
        return Reply(
            method: call.method, asked: asked, url: response.url, status: response.status, headers: response.headers,
            body: body)
    }

    private func whole(
        _ response: WireResponse, upTo limit: Int, asked: WireRequest
    ) async throws(ContentFailure) -> [UInt8] {
        do throws(WireFailure) {
            let body = try await response.body.collected(upTo: limit)
            if body.isComplete { return body.bytes }
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw ContentFailure(error, asking: asked, hiding: context.spoken)
        }
        throw ContentFailure(
            .tooLarge, "\(asked.method.rawValue) \(asked.url): the answer has more than \(limit) bytes")
    }

    private func asked(_ call: Call) async throws(ContentFailure) -> WireURL {
        switch call.destination {
        case .path(let path): WireURL(try await currentFooting().origin, target: path)
        case .url(let url): url
        }
    }

    /// Makes a failure of an answer, with what the user could do about it.
    func failure(_ reply: Reply, of call: Call) async -> ContentFailure {
        var failure = context.failure(reply)
        guard !isBeyond(reply) else { return failure.abroad(at: reply.url.origin, for: host) }
        if reply.status == 500 { failure.isOutage = await isDown() }
        failure.explainPulls(pulls.withLock { $0 })
        if [.unauthorized, .denied].contains(failure.kind) { failure = await hinting(failure, call.repository) }
        failure.explainMissingRepository(call, at: host)
        failure.explainHead(reply, of: call, at: host)
        return failure
    }

    /// Whether it was the registry itself that answered, not a host that it sent us to.
    func isHome(_ url: WireURL) -> Bool {
        guard let footing = found.withLock({ $0 }) else { return true }
        return url.origin == footing.origin
    }

    /// Whether a redirect led to what is not the registry's API: another host, or storage under the same name.
    private func isBeyond(_ reply: Reply) -> Bool {
        if !isHome(reply.url) { return true }
        return reply.url != reply.asked && !reply.url.path.hasPrefix("/v2/")
    }

    /// Whether the registry answers nothing at all: asked once for all requests that failed within a moment.
    private func isDown() async -> Bool {
        let now = context.clock.monotonic()
        let ping = Ping(host: host, context: context)
        let origin = found.withLock { $0?.origin }
        let answer = await liveness.value(for: host, unless: { now - $0.at > Self.livenessLasts }) { [context] in
            (context.clock.monotonic(), await ping.findsServerError(at: origin))
        }
        return answer.isDown
    }

    private static let livenessLasts = Duration.seconds(1)

    /// A refusal with what may be missing.
    func hinting(_ failure: ContentFailure, _ repository: Repository?) async -> ContentFailure {
        var failure = failure
        failure.hint = await missingCredentialHint(repository)
        return failure
    }

    private func missingCredentialHint(_ repository: Repository?) async -> String? {
        guard let answer = try? await credential(for: repository) else { return nil }
        return answer.hint ?? (answer.credential == nil ? "no login for \(host) was found; going without" : nil)
    }

    // MARK: Credentials

    func credential(for repository: Repository?) async throws(ContentFailure) -> CredentialAnswer {
        try await login(for: repository, insteadOf: nil)
    }

    /// The login for a repository.
    ///
    /// - Parameter refused: one the registry refused. If it took it before, its source is asked whether there is another
    ///   by now, once for all who were refused.
    func login(
        for repository: Repository?, insteadOf refused: CredentialAnswer?
    ) async throws(ContentFailure) -> CredentialAnswer {
        let answer = try await lookUp(nil, insteadOf: refused)
        guard answer.extent == .repository, let repository else { return answer }
        return try await lookUp(repository, insteadOf: refused)
    }

    /// The registry took this login, itself or at its token service.
    func prove(_ credential: Credential) { renewals.withLock { $0.prove(credential) } }

    private func lookUp(
        _ repository: Repository?, insteadOf refused: CredentialAnswer?
    ) async throws(ContentFailure) -> CredentialAnswer {
        let now = context.clock.monotonic()
        let refusedLogin = refused?.credential
        return try await credentials.value(
            for: repository,
            unless: { $0.isStale(at: now) || (refusedLogin != nil && $0.credential == refusedLogin) }
        ) { [self] () async throws(ContentFailure) in
            guard let refused, let refusedLogin else { return try await ask(repository, insteadOf: nil) }
            guard renewals.withLock({ $0.begin(refusedLogin, at: now) }) else { return refused }
            return try await ask(repository, insteadOf: refusedLogin)
        }
    }

    private func ask(
        _ repository: Repository?, insteadOf refused: Credential?
    ) async throws(ContentFailure) -> CredentialAnswer {
        do throws(CredentialError) {
            let source = context.credentials
            let answer =
                if let refused {
                    try await source.credential(for: host, repository: repository, insteadOf: refused)
                } else {
                    try await source.credential(for: host, repository: repository)
                }
            trace(answer, repository)
            return answer
        } catch {
            // Escaped where it was put together: it may be long, and its end says the most.
            throw ContentFailure(.unauthorized, "no credentials for \(host): \(error.description)")
        }
    }

    private func trace(_ answer: CredentialAnswer, _ repository: Repository?) {
        guard let trace = context.options.trace else { return }
        let place = repository.map { "\(host)/\($0)" } ?? "\(host)"
        trace("credentials for \(place): \(answer.source ?? "none")")
    }

    // MARK: Notices

    /// Tells something once.
    func notice(_ text: String) { tell(.remark(text)) }

    private func tell(_ text: RegistryNotice) {
        guard let notice = context.options.notice else { return }
        let isNew = notices.withLock { $0.count < 100 && $0.insert(text).inserted }
        if isNew { notice(host, text) }
    }

    private func passOnWarnings(_ response: WireResponse) {
        for header in response.headers.all("Warning") {
            guard let text = RegistryWarning.text(header) else { continue }
            tell(.warning(context.spoken.hidden(in: text).withoutSecrets.displayable(limit: 4096)))
        }
    }
}
