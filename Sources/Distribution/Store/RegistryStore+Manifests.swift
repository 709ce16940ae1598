package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    /// Sent with every question about a manifest and with nothing else: Artifactory answers 406 elsewhere.
    private static let accept = MediaType.acceptedManifests.map(\.asReceived).joined(separator: ",")

    private func call(
        _ method: WireRequest.Method, _ selector: ManifestSelector, in repository: Repository
    ) throws(ContentFailure) -> Call {
        var call = Call(method, .path(try path(repository, selector)), reading(repository), in: repository)
        call.headers = ["Accept": Self.accept]
        call.largestAnswer = session.context.options.largestManifest
        call.mayComeFirst = [.get, .head].contains(method)
        return call
    }

    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        let call = try call(.head, selector, in: repository)
        let reply = try await session.reply(to: call)
        switch reply.status {
        case 200:
            if let summary = Self.summary(reply) { return summary }
            return try await fetchedSummary(of: selector, in: repository)
        case 404: return nil
        case 403 where role == .target: return nil
        case 405: return try await fetchedSummary(of: selector, in: repository)
        default: throw await session.failure(reply, of: call)
        }
    }

    /// What the tag or digest names, by one HEAD; whatever else the registry answers is a failure.
    package func head(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary {
        let call = try call(.head, selector, in: repository)
        let reply = try await session.reply(to: call)
        guard reply.status == 200 else { throw await session.failure(reply, of: call) }
        guard let summary = Self.summary(reply) else {
            throw ContentFailure(
                .unsupported, "HEAD \(reply.asked): response did not include Docker-Content-Digest header")
        }
        return summary
    }

    /// Old registries leave the digest out, others do not know HEAD.
    private func fetchedSummary(
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
        guard let digest = reply.digest, let mediaType = reply.headers["Content-Type"] else { return nil }
        return ManifestSummary(digest: digest, mediaType: MediaType(mediaType), size: reply.headers.contentLength)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        let call = try call(.get, selector, in: repository)
        let response = try await session.send(call)
        guard response.status == 200 else {
            throw await session.failure(try await session.read(response, of: call), of: call)
        }
        try checkSize(response)
        try checkEncoding(response)
        let reply = try await session.read(response, of: call)
        let mediaType = MediaType(reply.headers["Content-Type"] ?? "")
        return ManifestContent(
            bytes: reply.body, mediaType: mediaType, digest: try digest(of: reply, as: mediaType, selector, repository))
    }

    private func checkSize(_ response: WireResponse) throws(ContentFailure) {
        let limit = session.context.options.largestManifest
        if let size = response.headers.contentLength, size > limit {
            throw ContentFailure(
                .tooLarge, "GET \(response.url): the manifest has \(size) bytes, more than the \(limit) allowed")
        }
    }

    /// The digest of the body, which is what the registry was asked for. Headers have no say: they are wrong on many
    /// registries, or of another algorithm.
    private func digest(
        of reply: Reply, as mediaType: MediaType, _ selector: ManifestSelector, _ repository: Repository
    ) throws(ContentFailure) -> Digest {
        guard case .digest(let wanted) = selector else { return ContentHash.digest(of: reply.body) }
        let actual = ContentHash.digest(of: reply.body, wanted.algorithm)
        if actual == wanted { return actual }
        if mediaType == .dockerSchema1Signed {
            // Its digest leaves out the signatures inside.
            throw ContentFailure(.unsupported, "GET \(reply.asked): signed schema 1 manifests cannot be verified")
        }
        let image = "\(session.host.name)/\(repository)@\(wanted)"
        throw ContentFailure(
            .corrupt, "manifest digest: \"\(actual)\" does not match requested digest: \"\(wanted)\" for \"\(image)\"",
            retry: .later)
    }
}

extension Reply {
    /// What the registry calls the content: a hint, never proof.
    var digest: Digest? { headers["Docker-Content-Digest"].flatMap { try? Digest($0) } }
}

/// Fails for an answer whose bytes were recoded on the way: a mirror passes on what was stored.
func checkEncoding(_ response: WireResponse) throws(ContentFailure) {
    let encoding = response.headers["Content-Encoding"]?.lowercased() ?? "identity"
    guard encoding == "identity" || encoding.isEmpty else {
        throw ContentFailure(
            .invalid,
            "GET \(response.url): the answer is encoded as \"\(encoding.displayable(limit: 32))\", which was not asked for",
            retry: .later)
    }
}
