package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        let limit = session.context.options.largestManifest
        guard manifest.bytes.count <= limit else {
            throw ContentFailure(
                .tooLarge,
                "manifest \(manifest.digest.short) has \(manifest.bytes.count) bytes, more than the \(limit) allowed")
        }
        var call = Call(
            .put, .path(try path(repository, selector)), ScopeSet(.push(repository)), in: repository)
        call.headers = ["Content-Type": mediaType.essence]
        call.body = .bytes(manifest.bytes)
        let reply = try await reply(to: call, expecting: [200, 201, 202, 204])
        try await check(reply, manifest, at: selector, in: repository)
    }

    /// Deletes a tag, or a manifest with all its tags. Blobs stay until the registry collects them.
    package func delete(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure) {
        let call = Call(
            .delete, .path(try path(repository, selector)), ScopeSet(.delete(repository)), in: repository)
        _ = try await reply(to: call, expecting: [200, 202, 204])
    }

    /// A web server that answers 200 to everything looks like success; so does a registry that took other bytes.
    private func check(
        _ reply: Reply, _ manifest: ManifestContent, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        let wanted = manifest.digest
        if let digest = reply.digest, digest.algorithm == wanted.algorithm {
            guard digest == wanted else { throw Self.mismatch(reply, wanted, digest) }
            if reply.status == 201 { return }
        }
        // A registry that says nothing may know the content by an algorithm of its own.
        guard let found = try await summary(of: selector, in: repository) else {
            throw ContentFailure(
                .unavailable, "PUT \(reply.asked): answered \(reply.status), but the manifest is not there",
                retry: .later)
        }
        guard found.digest == wanted || found.digest.algorithm != wanted.algorithm else {
            throw Self.mismatch(reply, wanted, found.digest)
        }
    }

    private static func mismatch(_ reply: Reply, _ wanted: Digest, _ found: Digest) -> ContentFailure {
        ContentFailure(
            .corrupt, "PUT \(reply.asked): the registry took \(wanted.short) for \(found.short)",
            hint: "something between here and the registry changes manifests")
    }
}
