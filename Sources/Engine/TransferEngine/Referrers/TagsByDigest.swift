// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Waiting

/// The tags of a repository that are derived from digests: `sha256-…`, with or without an ending.
///
/// One list of tags answers for all digests. But a list of many pages costs more than requests for the tags of a single
/// image, and a registry may refuse to list. Then each tag is requested.
actor TagsByDigest {
    private let repository: Repository
    private let source: any ContentSource
    private var list: Set<Tag>?
    private var isRefused = false
    /// Pages that may be read at the next try.
    private var pages = TagsByDigest.firstPages
    /// The number of tags requested since the list was last tried.
    private var asked = 0
    /// The reads of the list, by number of pages. One caller reads it, the others wait.
    private let reads = SingleFlight<Int, ListedTags, ContentFailure>()
    private var begun: Set<Int> = []

    /// Equal to the number of requests for the tags of one image.
    private static let firstPages = 4

    init(of repository: Repository, at source: any ContentSource) {
        self.repository = repository
        self.source = source
    }

    /// The result of a question.
    struct Answer: Sendable {
        var present: Set<Tag>
        var requests: Int
    }

    func present(among tags: [Tag]) async throws(ContentFailure) -> Answer {
        let found = try await known(tags)
        if let found, list != nil { return found }
        asked += tags.count
        var answer = Answer(present: [], requests: tags.count + (found?.requests ?? 0))
        for tag in tags where try await isPresent(tag) { answer.present.insert(tag) }
        return answer
    }

    /// Some registries answer 403 for a missing manifest. None answers 401 for that.
    private func isPresent(_ tag: Tag) async throws(ContentFailure) -> Bool {
        do throws(ContentFailure) { return try await source.summary(of: .tag(tag), in: repository) != nil } catch {
            guard error.kind == .denied else { throw error }
            return false
        }
    }

    /// The list's answer for these tags. It is read, each time up to four times as far, whenever as many tags were
    /// requested as pages may be read.
    private func known(_ tags: [Tag]) async throws(ContentFailure) -> Answer? {
        if let list { return Answer(present: list.intersection(tags), requests: 0) }
        guard !isRefused, asked == 0 || asked >= pages else { return nil }
        let (pages, isFirst) = (pages, begun.insert(pages).inserted)
        let listed = try await reads.value(for: pages) { [source, repository] () async throws(ContentFailure) in
            try await Self.list(repository, at: source, onPages: pages)
        }
        list = list ?? listed.tags.map(Set.init)
        if list == nil, self.pages == pages { (self.pages, asked, isRefused) = (4 * pages, 0, listed.pages == 0) }
        return Answer(present: list?.intersection(tags) ?? [], requests: isFirst ? max(1, listed.pages) : 0)
    }

    /// - Returns: zero pages if the registry does not list tags.
    private static func list(
        _ repository: Repository, at source: any ContentSource, onPages pages: Int
    ) async throws(ContentFailure) -> ListedTags {
        do throws(ContentFailure) {
            return try await source.tags(in: repository, where: \.standsForDigest, onPages: pages)
        } catch {
            switch error.kind {
            // Without a list of tags there are no tags.
            case .notFound: return ListedTags(tags: [], pages: 1)
            case .unsupported, .denied, .unauthorized, .tooLarge, .invalid: return ListedTags(tags: nil, pages: 0)
            default: throw error
            }
        }
    }
}

extension Tag {
    fileprivate var standsForDigest: Bool { name.hasPrefix("sha256-") || name.hasPrefix("sha512-") }
}
