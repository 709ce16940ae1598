// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// One page of a list of tags or repositories.
///
/// An answer with status 200 may be something else: an error, the list of another repository, a document without a list.
/// Half a list that is taken for a whole one makes everything untrue that is said of it.
struct ListPage {
    let document: JSON
    let names: [String]
    /// The repository whose list this is, where the page says so.
    let owner: String?

    /// - Parameters:
    ///   - key: the member that holds the names.
    ///   - isFirst: a repository without tags may have a page that leaves the member out; a further page has it.
    ///   - secrets: what was sent as a login, which an error in the list's place may repeat.
    init(
        _ body: [UInt8], key: String, isFirst: Bool, hiding secrets: SentSecrets
    ) throws(Pager.Refusal) {
        var limits = JSONLimits()
        // Each value costs memory of its own, however few bytes it has.
        limits.values = max(10_000, body.count / 8)
        guard let document = try? JSON(body, limits: limits), document.members != nil else {
            throw Pager.Refusal(reason: "the answer is not a list")
        }
        if let errors = document["errors"], !errors.isNull, errors.array?.isEmpty != true {
            throw Pager.Refusal(reason: "an error in a list's place: \(RegistryErrors(body, hiding: secrets))")
        }
        self.document = document
        owner = document["name"]?.string
        names = try Self.names(document[key], key, mayLack: isFirst)
    }

    private static func names(_ list: JSON?, _ key: String, mayLack: Bool) throws(Pager.Refusal) -> [String] {
        guard let list, !list.isNull else {
            if list != nil || mayLack { return [] }
            throw Pager.Refusal(reason: "the answer has no \"\(key)\"")
        }
        guard let entries = list.array else { throw Pager.Refusal(reason: "the answer's \"\(key)\" is not a list") }
        let names = entries.compactMap(\.string)
        guard names.count == entries.count else {
            throw Pager.Refusal(reason: "the answer's \"\(key)\" has entries that are not names")
        }
        return names
    }

    /// - Parameters:
    ///   - first: the owner that the first page named; nil on the first page, and where it named none.
    ///   - secrets: what was sent as a login, which the page may repeat.
    /// - Throws: if the page belongs to another list than the one that was asked for.
    func check(
        owner first: String?, of repository: Repository?, hiding secrets: SentSecrets
    ) throws(Pager.Refusal) {
        guard let owner, let repository else { return }
        let isOwn = first.map { $0 == owner } ?? Self.isSame(owner, repository.path)
        guard isOwn else {
            throw Pager.Refusal(reason: "the answer is the list of \"\(secrets.excerpt(of: owner, limit: 128))\"")
        }
    }

    /// Registries behind others leave out the beginning of a name or have a longer one: Artifactory the key of its own
    /// repository, registry.k8s.io that of its storage.
    private static func isSame(_ told: String, _ asked: String) -> Bool {
        told == asked || told.hasSuffix("/" + asked) || asked.hasSuffix("/" + told)
    }
}
