// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] {
        try await listing(of: repository).tags
    }

    /// Names that are not wanted take no memory after the list is read.
    package func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags {
        let path = try path(repository, "tags/list")
        let list = try await list(
            at: path, key: "tags", scopes: ScopeSet(.pull(repository)), in: repository, onPages: most)
        defer { budget.drop(list.names) }
        guard list.isWhole else { return ListedTags(tags: nil, pages: list.pages) }
        let tags = list.names.compactMap { try? Tag($0) }.filter { $0.isListable && isWanted($0) }
        return ListedTags(tags: tags, pages: list.pages)
    }

    /// The repository's tags and, if the registry lists them, its other contents. Reads all pages of one list.
    package func listing(of repository: Repository) async throws(ContentFailure) -> RepositoryListing {
        let path = try path(repository, "tags/list")
        var extended: RepositoryListing?
        let names = try await list(
            at: path, key: "tags", scopes: ScopeSet(.pull(repository)), in: repository,
            looking: { document in
                guard let page = RepositoryListing(extended: document) else { return }
                if extended == nil { extended = page } else { extended?.add(page) }
            }
        ).names
        let tags = names.compactMap { try? Tag($0) }.filter(\.isListable)
        if tags.count < names.count {
            session.notice("\(names.count - tags.count) tags of \(repository) have names that cannot be tags: left out")
        }
        guard var extended else { return RepositoryListing(tags: tags) }
        // A page without Google's members has tags of this list, too.
        extended.add(RepositoryListing(tags: tags))
        return extended
    }

    /// The repositories of this registry, in its order, from all pages. The catalog is not part of the OCI specification,
    /// and many registries lack it or deny access.
    package func repositories() async throws(ContentFailure) -> [Repository] {
        let names = try await list(
            at: "/v2/_catalog", key: "repositories", scopes: ScopeSet(.catalog), in: nil
        ).names
        let repositories = names.compactMap { try? Repository($0) }.filter(\.isWireSafe)
        if repositories.count < names.count {
            session.notice("\(names.count - repositories.count) repositories have names that cannot be used: left out")
        }
        return repositories
    }

    /// A list, or its first pages.
    private struct NameList {
        var names: [String]
        var pages: Int
        var isWhole: Bool
    }

    private func list(
        at path: String, key: String, scopes: ScopeSet, in repository: Repository?, onPages most: Int = .max,
        looking: (JSON) -> Void = { _ in }
    ) async throws(ContentFailure) -> NameList {
        for size in session.pageSizes {
            do throws(ContentFailure) {
                return try await pages(
                    at: path, key: key, scopes: scopes, in: repository, size: size, most: most, looking: looking)
            } catch {
                guard error.status == 400 else { throw error }
            }
        }
        return try await pages(
            at: path, key: key, scopes: scopes, in: repository, size: nil, most: most, looking: looking)
    }

    private func pages(
        at path: String, key: String, scopes: ScopeSet, in repository: Repository?, size: Int?, most: Int,
        looking: (JSON) -> Void
    ) async throws(ContentFailure) -> NameList {
        var pager = Pager(pageSize: size, budget: budget)
        pager.repository = repository
        var next: String? = path + (size.map { "?n=\($0)" } ?? "")
        while pager.pages < most, let target = next {
            let call = Call(.get, .path(target), scopes: scopes, in: repository)
            do throws(ContentFailure) {
                next = try await page(
                    call, upTo: ListBudget.usualPage, key: key, path: path, into: &pager, looking: looking)
            } catch {
                guard error.kind == .tooLarge, error.status == nil, budget.largestPage > ListBudget.usualPage,
                    pager.hasRoom
                else {
                    budget.drop(pager.names)
                    throw error
                }
                do throws(ContentFailure) {
                    next = try await budget.alone { () async throws(ContentFailure) in
                        try await page(
                            call, upTo: budget.largestPage, key: key, path: path, into: &pager, looking: looking)
                    }
                } catch {
                    budget.drop(pager.names)
                    throw error
                }
            }
        }
        return NameList(names: pager.names, pages: pager.pages, isWhole: next == nil)
    }

    private var budget: ListBudget { session.context.lists }

    /// Reads a page and returns the path of the next one.
    private func page(
        _ call: Call, upTo limit: Int, key: String, path: String, into pager: inout Pager,
        looking: (JSON) -> Void
    ) async throws(ContentFailure) -> String? {
        var call = call
        call.largestAnswer = limit
        let reply = try await reply(to: call, expecting: [200])
        let home = try await session.currentEndpoint().origin
        do {
            let page = try ListPage(
                reply.body, key: key, isFirst: pager.isAtFirstPage, hiding: session.context.secrets)
            try page.check(owner: pager.owner, of: pager.repository, hiding: session.context.secrets)
            looking(page.document)
            return try pager.take(page, link: reply.headers.all("Link"), from: reply.url, home: home, path: path)
        } catch {
            throw ContentFailure(error.isTooMuch ? .tooLarge : .invalid, "GET \(reply.asked): \(error.reason)")
        }
    }
}

extension Tag {
    /// Whether the name may be listed. Registries may list names that the specification does not allow, and `-x` is an
    /// option for some programs.
    var isListable: Bool {
        isWireSafe && name.utf8.first != UInt8(ascii: "-") && name.utf8.first != UInt8(ascii: ".")
    }
}
