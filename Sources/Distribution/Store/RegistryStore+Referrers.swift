package import Content
package import OCI
import RegistryAuth
import RegistryTransport
import Synchronization

extension RegistryStore {
    /// Asks the referrers API (distribution-spec, "Listing Referrers"); a registry that does not know it is not asked again.
    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        guard session.knowsReferrers.withLock({ $0 }) else { return nil }
        var call = Call(.get, .path(try path(repository, "referrers/\(digest)")), reading(repository), in: repository)
        call.headers = ["Accept": MediaType.ociIndex.asReceived]
        call.largestAnswer = session.context.options.largestManifest
        let reply = try await session.reply(to: call)
        switch reply.status {
        case 200 where MediaType(reply.headers["Content-Type"] ?? "") == .ociIndex:
            if reply.headers["Link"] != nil {
                session.notice("the list of referrers has more pages than one: only the first is copied")
            }
            return ManifestContent(
                bytes: reply.body, mediaType: .ociIndex, digest: ContentHash.digest(of: reply.body))
        // A web page in the answer's place says as little as a 404.
        case 200, 400, 404, 405, 406, 501:
            session.knowsReferrers.withLock { $0 = false }
            return nil
        default: throw await session.failure(reply, of: call)
        }
    }
}
