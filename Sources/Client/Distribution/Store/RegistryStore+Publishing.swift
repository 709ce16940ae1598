// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        let call = try putCall(manifest, as: mediaType, at: selector, in: repository)
        let reply = try await reply(to: call)
        guard [200, 201, 202, 204].contains(reply.status), !reply.isWebPage else {
            let refusal = await refusal(reply, of: call)
            if refusal.mayHaveStored, await isThere(manifest, at: selector, in: repository) { return }
            throw refusal
        }
        try await check(reply, manifest, at: selector, in: repository)
        noteSubject(reply, manifest, as: mediaType, in: repository)
    }

    private func isThere(_ manifest: ManifestContent, at selector: ManifestSelector, in repository: Repository) async
        -> Bool
    {
        let shown = try? await shown(at: selector, in: repository, hoping: manifest)
        return shown.map(manifest.has) ?? false
    }

    /// Bytes that were damaged during the upload are refused as an invalid manifest.
    private func refusal(_ reply: Reply, of call: Call) async -> ContentFailure {
        var failure = await session.failure(reply, of: call)
        if failure.saysManifestIsUnreadable { failure.retry = .later }
        return failure
    }

    private func putCall(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository,
        query: String = ""
    ) throws(ContentFailure) -> Call {
        let limit = session.context.options.largestManifest
        guard manifest.bytes.count <= limit else {
            throw ContentFailure(
                .tooLarge,
                "manifest \(manifest.digest.short) has \(manifest.bytes.count) bytes, more than the \(limit) allowed")
        }
        var call = Call(
            .put, .path(try path(repository, selector) + query), scopes: ScopeSet(.push(repository)), in: repository)
        call.headers = ["Content-Type": mediaType.essence]
        call.body = .bytes(manifest.bytes)
        return call
    }

    package var triesTagsTogether: Bool { session.known(\.setsTagsTogether) }

    /// Uses `PUT .../manifests/DIGEST?tag=A&tag=B`. A registry that supports this lists the tags that it set in `OCI-Tag`
    /// (distribution-spec, "Pushing Manifests"). This is tried once per run with a registry that does not.
    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag] {
        guard case .tag(let first) = selector, !tags.isEmpty, session.known(\.setsTagsTogether) else {
            try await put(manifest, as: mediaType, at: selector, in: repository)
            return []
        }
        let set = try await put(manifest, as: mediaType, atAll: [first] + tags, in: repository)
        if !set.contains(first) { try await put(manifest, as: mediaType, at: selector, in: repository) }
        return tags.filter(set.contains)
    }

    /// - Returns: the tags that were set; empty if the registry refuses this form.
    private func put(
        _ manifest: ManifestContent, as mediaType: MediaType, atAll tags: [Tag], in repository: Repository
    ) async throws(ContentFailure) -> Set<Tag> {
        let query = "?" + tags.map { "tag=\($0.name)" }.joined(separator: "&")
        let call = try putCall(
            manifest, as: mediaType, at: .digest(manifest.digest), in: repository, query: query)
        let reply = try await reply(to: call)
        switch reply.status {
        case 200...299:
            try await check(reply, manifest, at: .digest(manifest.digest), in: repository)
            noteSubject(reply, manifest, as: mediaType, in: repository)
            let named = reply.headers.all("OCI-Tag").flatMap { $0.split(separator: ",") }
            let set = Set(named.compactMap { try? Tag(String($0.filter { $0 != " " })) }).intersection(tags)
            if set.isEmpty { session.learn { $0.noteTagsSetOneByOne() } }
            return set
        // The registry may refuse only one of the tags. Then each tag is set by itself.
        case 400, 404, 405, 409, 414, 431, 501: return []
        default: throw await refusal(reply, of: call)
        }
    }

    /// Deletes a tag, or a manifest with all its tags. Blobs stay until the registry collects them.
    package func delete(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure) {
        let call = Call(
            .delete, .path(try path(repository, selector)), scopes: ScopeSet(.delete(repository)), in: repository)
        try await carryOut(call)
    }

    /// Deletes a blob from a repository; its bytes stay until the registry collects them.
    package func delete(blob digest: Digest, in repository: Repository) async throws(ContentFailure) {
        let call = Call(
            .delete, .path(try path(repository, blob: digest)), scopes: ScopeSet(.delete(repository)), in: repository)
        try await carryOut(call)
    }

    private func carryOut(_ deletion: Call) async throws(ContentFailure) {
        let reply = try await reply(to: deletion, expecting: [200, 202, 204])
        guard RegistryErrors(reply.body).entries.isEmpty else { throw await session.failure(reply, of: deletion) }
    }

    /// Checks that the manifest was stored. A web server that answers 200 to everything looks like success, and so does a
    /// registry that stored other bytes.
    private func check(
        _ reply: Reply, _ manifest: ManifestContent, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) {
        if let digest = reply.digest {
            guard manifest.has(digest) else { throw Self.mismatch(in: reply, wanted: manifest.digest, found: digest) }
            if reply.status == 201, reply.body.isEmpty || RegistryErrors(reply.body).entries.isEmpty { return }
        }
        let shown = try await settled(at: selector, in: repository, hoping: manifest)
        if let shown, manifest.has(shown) { return }
        throw try await doubt(about: manifest, at: selector, in: repository, showing: shown, after: reply)
    }

    /// Reads what is at a place until it is what was put there, for at most some seconds, because a target may return the
    /// former content for a while. The manifest is not sent again, because another client may have moved the tag meanwhile.
    private func settled(
        at selector: ManifestSelector, in repository: Repository, hoping manifest: ManifestContent
    ) async throws(ContentFailure) -> Digest? {
        var shown = try await shown(at: selector, in: repository, hoping: manifest)
        for pause in Self.pausesForLag where shown.map(manifest.has) != true {
            do { try await session.context.clock.sleep(pause) } catch { throw .cancelled }
            shown = try await self.shown(at: selector, in: repository, hoping: manifest)
        }
        return shown
    }

    /// 7.5 s in total, as for content that a target does not see yet.
    private static let pausesForLag: [Duration] = [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)]

    /// Reads what is at a place by HEAD, and by GET if the answer is unexpected, because a cache may answer only HEAD.
    private func shown(
        at selector: ManifestSelector, in repository: Repository, hoping manifest: ManifestContent
    ) async throws(ContentFailure) -> Digest? {
        if let found = try await summary(of: selector, in: repository)?.digest, manifest.has(found) { return found }
        do throws(ContentFailure) { return try await fetchedSummary(of: selector, in: repository)?.digest } catch {
            // As for HEAD: some registries answer 403 for a missing manifest.
            if error.status == 403 { return nil }
            throw error
        }
    }

    /// Why an accepted manifest is not at its place.
    private func doubt(
        about manifest: ManifestContent, at selector: ManifestSelector, in repository: Repository,
        showing shown: Digest?, after reply: Reply
    ) async throws(ContentFailure) -> ContentFailure {
        guard let shown else {
            return ContentFailure(
                .unavailable, "PUT \(reply.asked): answered \(reply.status), but the manifest is not there",
                retry: .later)
        }
        // If the bytes were damaged during the upload, a retry may succeed. If they arrived undamaged, the manifest is not
        // put again over another one.
        guard case .tag(let tag) = selector, try await knows(manifest.digest, in: repository, policy: .reload) else {
            return Self.mismatch(in: reply, wanted: manifest.digest, found: shown)
        }
        return ContentFailure(
            .conflict,
            "PUT \(reply.asked): \(manifest.digest.short) was stored, and the tag \(tag) names \(shown.short): somebody "
                + "else has set it meanwhile")
    }

    static func mismatch(in reply: Reply, wanted: Digest, found: Digest) -> ContentFailure {
        var failure = ContentFailure(
            .corrupt, "PUT \(reply.asked): the registry took \(wanted.short) for \(found.short)", retry: .later,
            hint: "something between here and the registry changes what is sent")
        failure.received = found
        return failure
    }
}

extension ContentFailure {
    /// Whether the manifest may be stored in spite of the failure. Registries also refuse an immutable tag that already
    /// names this manifest (aws/containers-roadmap#2380), and a registry that fails before its answer may have stored the
    /// manifest.
    fileprivate var mayHaveStored: Bool {
        kind == .conflict || [403, 405].contains(status) || (500...599).contains(status ?? 0)
    }
}
