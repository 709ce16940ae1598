// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    /// Sent with every request for a manifest, and with no other request, because Artifactory answers 406 to others.
    private static let accept = MediaType.acceptedManifests.map(\.asReceived).joined(separator: ",")

    private func call(
        _ method: WireRequest.Method, _ selector: ManifestSelector, in repository: Repository,
        policy: ReadPolicy = .normal
    ) throws(ContentFailure) -> Call {
        var call = Call(method, .path(try path(repository, selector)), scopes: reading(repository), in: repository)
        call.headers = ["Accept": Self.accept]
        call.largestAnswer = session.context.options.largestManifest
        call.mayComeFirst = [.get, .head].contains(method)
        call.policy = policy
        return call
    }

    /// Uses HEAD, and GET if HEAD does not say enough. For a tag, GET is also used if HEAD names a digest of another
    /// algorithm, because it cannot be compared with ours.
    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        try await summary(of: selector, in: repository, isAbsentWhereRefused: role == .target)
    }

    private func summary(
        of selector: ManifestSelector, in repository: Repository, isAbsentWhereRefused: Bool
    ) async throws(ContentFailure) -> ManifestSummary? {
        guard session.known({ $0.heads.covers(.manifests) }) else {
            return try await fetchedSummary(of: selector, in: repository)
        }
        let call = try call(.head, selector, in: repository)
        let reply = try await reply(to: call)
        let isHome = session.isHome(reply.url)
        switch reply.status {
        case 200:
            if let summary = Self.summary(reply), selector.isDigest || summary.digest.algorithm == .sha256 {
                return summary
            }
        case 404 where isHome: return nil
        case 403 where isHome && isAbsentWhereRefused: return nil
        case _ where reply.isInconclusiveHead(isHome: isHome): break
        default: throw await session.failure(reply, of: call)
        }
        let fetched = try await fetchedSummary(of: selector, in: repository)
        // A GET that finds nothing either is no evidence against HEAD.
        if fetched != nil { session.learn { $0.heads.withdraw(from: .manifests) } }
        return fetched
    }

    package var confirmsAbsence: Bool { true }

    /// Some registries answer 403 for a missing manifest, as others do for one that may not be read. If the list of tags
    /// lacks the tag, the manifest is missing.
    package func certainSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        do throws(ContentFailure) {
            if let found = try await summary(of: selector, in: repository, isAbsentWhereRefused: false) { return found }
            // A cache may answer HEAD with an outdated 404.
            return try await fetchedSummary(of: selector, in: repository)
        } catch {
            guard error.status == 403, case .tag(let tag) = selector, try await lacks(tag, in: repository) else {
                throw error
            }
            return nil
        }
    }

    private func lacks(_ tag: Tag, in repository: Repository) async throws(ContentFailure) -> Bool {
        do throws(ContentFailure) { return try await !tags(in: repository).contains(tag) } catch {
            if error.kind == .cancelled { throw error }
            return error.kind == .notFound
        }
    }

    /// The manifest that the tag or digest names, by one HEAD. Any other answer is a failure.
    package func head(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary {
        let call = try call(.head, selector, in: repository)
        let reply = try await reply(to: call)
        guard reply.status == 200 else { throw await session.failure(reply, of: call) }
        guard let summary = Self.summary(reply) else {
            throw ContentFailure(
                .unsupported, "HEAD \(reply.asked): response did not include Docker-Content-Digest header")
        }
        return summary
    }

    /// Old registries leave out the digest, others do not support HEAD.
    func fetchedSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        do throws(ContentFailure) {
            let manifest = try await manifest(selector, in: repository)
            return ManifestSummary(
                digest: manifest.digest, mediaType: manifest.mediaType, size: Int64(manifest.bytes.count))
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    private static func summary(_ reply: Reply) -> ManifestSummary? {
        guard let digest = reply.digest, let mediaType = reply.headers["Content-Type"], !reply.isWebPage else {
            return nil
        }
        return ManifestSummary(digest: digest, mediaType: MediaType(mediaType), size: reply.headers.contentLength)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        try await manifest(selector, in: repository, policy: .normal)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        switch selector {
        case .tag(let tag): try await manifest(of: tag, in: repository, policy: policy)
        case .digest(let digest): try await manifest(digest, in: repository, policy: policy)
        }
    }

    /// The registry's answer for a tag or digest, unverified.
    func fetch(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> Reply {
        let (call, reply) = try await answer(selector, in: repository, policy: policy)
        guard reply.holdsManifest else { throw await noManifest(reply, of: call) }
        return reply
    }

    /// An answer with status 200, whatever its body is.
    private func answer(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> (Call, Reply) {
        let call = try call(.get, selector, in: repository, policy: policy)
        let response = try await send(call)
        guard response.status == 200 else { throw try await session.failure(response, of: call) }
        try checkSize(response)
        try checkEncoding(response.headers, at: response.url, hiding: session.context.secrets)
        return (call, try await session.read(response, of: call))
    }

    private func noManifest(_ reply: Reply, of call: Call) async -> ContentFailure {
        var failure = await session.failure(reply, of: call)
        if !reply.isWebPage {
            let type = session.context.secrets.excerpt(of: reply.mediaType.asReceived, limit: 64)
            failure.message = "GET \(reply.asked): the answer is no manifest (\"\(type)\")"
        }
        failure.retry = .later
        return failure
    }

    /// The manifest with this digest, and no other.
    func manifest(
        _ digest: Digest, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        let (call, reply) = try await answer(.digest(digest), in: repository, policy: policy)
        let actual = ContentHash.digest(of: reply.body, digest.algorithm)
        guard actual == digest else {
            // An answer in a manifest's place says more than its digest.
            guard reply.holdsManifest else { throw await noManifest(reply, of: call) }
            throw mismatch(reply, actual, wanted: digest, in: repository)
        }
        return ManifestContent(bytes: reply.body, mediaType: reply.mediaType, digest: digest)
    }

    /// Whether the registry says that it has a manifest with this digest.
    func knows(
        _ digest: Digest, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> Bool {
        var call = try call(.head, .digest(digest), in: repository, policy: policy)
        var reply = try await reply(to: call)
        if ![200, 404].contains(reply.status) {
            call.method = .get
            reply = try await self.reply(to: call)
        }
        switch reply.status {
        case 200: return true
        case 400...499 where reply.status != 429: return false
        default: throw await session.failure(reply, of: call)
        }
    }

    private func checkSize(_ response: WireResponse) throws(ContentFailure) {
        let limit = session.context.options.largestManifest
        if let size = response.headers.contentLength, size > limit {
            throw ContentFailure(
                .tooLarge, "GET \(response.url): the manifest has \(size) bytes, more than the \(limit) allowed")
        }
    }

    /// The body has another digest than the requested one. Headers are ignored.
    private func mismatch(
        _ reply: Reply, _ actual: Digest, wanted: Digest, in repository: Repository
    ) -> ContentFailure {
        if reply.mediaType == .dockerSchema1Signed {
            // The digest of such a manifest does not cover the signatures inside.
            return ContentFailure(.unsupported, "GET \(reply.asked): signed schema 1 manifests cannot be verified")
        }
        let image = "\(session.host.name)/\(repository)@\(wanted)"
        var failure = ContentFailure(
            .corrupt, "manifest digest: \"\(actual)\" does not match requested digest: \"\(wanted)\" for \"\(image)\"",
            retry: .later)
        failure.received = actual
        return failure
    }
}

extension Reply {
    /// The digest that the registry's header names. It is one of two statements, and no proof by itself.
    var digest: Digest? { headers["Docker-Content-Digest"].flatMap { try? Digest($0) } }

    /// Whether the body may be a manifest: it has the shape of one, whatever media type it has. An answer in another's place (a
    /// login page, an error with status 200) is none, and caches serve those under the type of what they replace.
    /// Whoever reads it judges what stands in it; whoever shows it shows what other programs read, too.
    var holdsManifest: Bool {
        guard let document = try? JSON(body, allowing: .goDecoder), document.members != nil, document["errors"] == nil
        else { return false }
        return document["schemaVersion"] != nil || document["mediaType"] != nil
    }

    /// Whether a HEAD may have been refused because of its method, so that GET has to decide. Storage services and proxies
    /// send these answers; servers that support both methods do not.
    func isInconclusiveHead(isHome: Bool) -> Bool {
        isHome ? [400, 405, 406, 501].contains(status) : (400...499).contains(status) && status != 429
    }
}

/// Fails for an answer with a content encoding, because a mirror must copy the bytes as they were stored.
///
/// - Parameter secrets: the secrets that were sent, which the answer may repeat.
func checkEncoding(
    _ headers: WireHeaders, at url: WireURL, hiding secrets: SentSecrets
) throws(ContentFailure) {
    let encoding = headers["Content-Encoding"] ?? "identity"
    guard encoding.lowercased() == "identity" || encoding.isEmpty else {
        throw ContentFailure(
            .invalid,
            "GET \(url): the answer is encoded as \"\(secrets.excerpt(of: encoding, limit: 32))\", "
                + "which was not asked for",
            retry: .later)
    }
}
