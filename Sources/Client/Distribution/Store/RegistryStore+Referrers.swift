// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    package func asksForReferrers(in repository: Repository) -> Bool {
        session.known { $0.referrers.mayKnow(repository) }
    }

    /// Requests all pages from the referrers API (distribution-spec, "Listing Referrers"). A registry that turns out not to
    /// have it is not asked again.
    ///
    /// - Returns: one index with the entries of all pages; nil if there is no such API.
    /// - Throws: also if a page cannot be fetched or parsed. A partial list is not returned, and an unreadable list does
    ///   not count as missing.
    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        guard asksForReferrers(in: repository) else { return nil }
        let path = try path(repository, "referrers/\(digest)")
        let first = try await page(path, of: repository)
        guard first.status == 200, Self.isList(first) else {
            try await learn(from: first, in: repository)
            return nil
        }
        let index = try await entries(of: first, in: repository)
        guard first.headers["Link"] != nil || index.isEmpty else {
            noteList(index, in: repository)
            return ManifestContent(
                bytes: first.body, mediaType: .ociIndex, digest: ContentHash.digest(of: first.body))
        }
        let all = try await remaining(after: first, entries: index, path: path, in: repository)
        noteList(all, in: repository)
        return ManifestContent(index: .ociIndex(of: all))
    }

    /// The specification wants the type of an index. A proxy, or a careless registry, names JSON in general.
    private static func isList(_ reply: Reply) -> Bool {
        if reply.mediaType == .ociIndex { return true }
        guard reply.mediaType.essence == "application/json", let document = try? JSON(reply.body) else { return false }
        return document["manifests"]?.array != nil && document["schemaVersion"]?.integer == 2
    }

    private func noteList(_ entries: [JSON], in repository: Repository) {
        let digests = Set(entries.compactMap { $0["digest"]?.string })
        session.learn { $0.referrers.note(listOf: digests, in: repository) }
    }

    package func leavesOutReferrers(in repository: Repository) -> Bool {
        session.known { $0.referrers.leavesOut(in: repository) }
    }

    /// Notes whether the answer to a pushed manifest confirms that it is listed.
    func noteSubject(_ reply: Reply, _ manifest: ManifestContent, as mediaType: MediaType, in repository: Repository) {
        guard manifest.mayNameSubject,
            let subject = try? Manifest(manifest.bytes, contentType: mediaType).subject?.digest
        else { return }
        let isNamed = reply.headers["OCI-Subject"] == subject.text
        session.learn { $0.referrers.note(manifest.digest, isNamed: isNamed, in: repository) }
    }

    /// Bytes of all pages together: about a hundred thousand referrers of one manifest.
    private static let largestList = 32 << 20

    private func call(_ path: String, _ repository: Repository) -> Call {
        var call = Call(.get, .path(path), scopes: reading(repository), in: repository)
        call.headers = ["Accept": MediaType.ociIndex.asReceived]
        call.largestAnswer = session.context.options.largestManifest
        return call
    }

    /// After a 406, requests the page again without `Accept`. Registries that allow this header only with manifests refuse
    /// it here, which says nothing about lists of referrers (Artifactory: dotnet/sdk-container-builds#382).
    private func page(_ path: String, of repository: Repository) async throws(ContentFailure) -> Reply {
        var call = call(path, repository)
        let reply = try await reply(to: call)
        guard reply.status == 406 else { return reply }
        call.headers = [:]
        return try await self.reply(to: call)
    }

    /// - Returns: the entries of the first page and of all following pages, each digest once.
    private func remaining(
        after first: Reply, entries: [JSON], path: String, in repository: Repository
    ) async throws(ContentFailure) -> [JSON] {
        // The budget is for this list only, which is released as soon as its entries are known.
        let budget = ListBudget(limit: Self.largestList)
        var pager = Pager(pageSize: nil, budget: budget)
        var (found, reply, page) = (entries, first, entries)
        let home = try await session.currentEndpoint().origin
        while true {
            let next: String?
            do {
                next = try pager.take(
                    page.compactMap { $0["digest"]?.string }, link: reply.headers.all("Link"), from: reply.url,
                    home: home, path: path)
            } catch {
                throw ContentFailure(.invalid, "GET \(reply.asked): \(error.reason)")
            }
            guard let next else { return Self.unique(found) }
            reply = try await self.page(next, of: repository)
            if reply.status != 200 { throw await session.failure(reply, of: call(next, repository)) }
            guard Self.isList(reply) else {
                throw ContentFailure(.invalid, "GET \(reply.asked): the page is not a list of referrers")
            }
            let more = try await self.entries(of: reply, in: repository)
            guard budget.keep(reply.body.count) else {
                throw ContentFailure(
                    .tooLarge, "GET \(first.asked): the list of referrers has more than \(Self.largestList) bytes")
            }
            page = more
            found += more
        }
    }

    /// Learns about the registry from an answer without a list.
    ///
    /// - Throws: the answer's failure, if it says nothing about the API.
    private func learn(from reply: Reply, in repository: Repository) async throws(ContentFailure) {
        let codes = RegistryErrors(reply.body).codes
        let isHome = session.isHome(reply.url)
        let answer: ReferrersKnowledge.Answer? =
            switch reply.status {
            case 405 where isHome, 501 where isHome: .noSuchPath
            // A router that does not know the path sends no error code; for a missing repository there is one.
            case 404 where isHome && codes.isEmpty: .nothingHere
            // An error document is not a list.
            case 200 where !codes.isEmpty: nil
            // A web page in place of the answer, or older Harbor's refusal of an unknown path (harbor#18305).
            case 200, 400, 404, 405, 406, 501: .unclear
            case 401, 403: reply.headers["WWW-Authenticate"] == nil ? .nothingHere : nil
            default: nil
            }
        guard let answer else { throw await session.failure(reply, of: call(reply.asked.target, repository)) }
        session.learn { $0.referrers.note(answer, in: repository) }
    }

    /// The entries of a list of referrers; empty for `null`, which Go writes for an empty list.
    ///
    /// - Throws: if the list cannot be parsed. The API exists, but its content is unknown.
    private func entries(of reply: Reply, in repository: Repository) async throws(ContentFailure) -> [JSON] {
        if let list = (try? JSON(reply.body))?["manifests"] {
            if let entries = list.array { return entries }
            if list.isNull { return [] }
        }
        try checkEncoding(reply.headers, at: reply.url, hiding: session.context.secrets)
        var failure = await session.failure(reply, of: call(reply.asked.target, repository))
        if failure.codes.isEmpty { failure.message = "GET \(reply.asked): the answer is no list of referrers" }
        failure.retry = .later
        throw failure
    }

    private static func unique(_ entries: [JSON]) -> [JSON] {
        var seen: Set<String> = []
        return entries.filter { entry in entry["digest"]?.string.map { seen.insert($0).inserted } ?? true }
    }
}

extension ManifestContent {
    /// Whether the manifest has a subject, or parts that only a parser understands. Most manifests have none, and a search
    /// takes a tenth of a parser's time.
    fileprivate var mayNameSubject: Bool {
        var rest = bytes[...]
        while let mark = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            // Keys may be written with escapes.
            if rest[mark] == UInt8(ascii: "\\") { return true }
            rest = rest[(mark + 1)...]
            if rest.starts(with: #"subject""#.utf8) { return true }
        }
        return false
    }
}
