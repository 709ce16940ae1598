// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// One page of a list of tags or repositories.
///
/// An answer with status 200 may be something else: an error, the list of another repository, a document without a list. A
/// partial list that is taken for a complete one leads to wrong results.
struct ListPage {
    let document: JSON
    let names: [String]
    /// The repository that the page names as its own, if any.
    let owner: String?

    /// - Parameters:
    ///   - key: the member that holds the names.
    ///   - isFirst: whether this is the first page. The first page of a repository without tags may lack the member;
    ///     further pages have it.
    ///   - secrets: the secrets that were sent, which an error in place of the list may repeat.
    init(
        _ body: [UInt8], key: String, isFirst: Bool, hiding secrets: SentSecrets
    ) throws(Pager.Refusal) {
        var limits = JSONLimits()
        // Each value takes memory, however few bytes it has.
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
    ///   - first: the owner that the first page named; nil on the first page, and if it named none.
    ///   - secrets: the secrets that were sent, which the page may repeat.
    /// - Throws: if the page belongs to another list than the requested one.
    func check(
        owner first: String?, of repository: Repository?, hiding secrets: SentSecrets
    ) throws(Pager.Refusal) {
        guard let owner, let repository else { return }
        let isOwn = first.map { $0 == owner } ?? Self.isSame(owner, repository.path)
        guard isOwn else {
            throw Pager.Refusal(reason: "the answer is the list of \"\(secrets.excerpt(of: owner, limit: 128))\"")
        }
    }

    /// Whether both names mean the same repository. Registries in front of others may omit or add a prefix: Artifactory
    /// omits its own repository key, registry.k8s.io adds the prefix of its storage.
    private static func isSame(_ told: String, _ asked: String) -> Bool {
        told == asked || told.hasSuffix("/" + asked) || asked.hasSuffix("/" + told)
    }
}
