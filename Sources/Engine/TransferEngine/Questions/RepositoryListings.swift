// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Lists repositories of a registry, and the repositories that their lists lead to. Each is listed once, many at the same time.
package struct RepositoryListings<Listing: Sendable>: Sendable {
    /// A repository with its list, or the reason why it could not be listed.
    package struct Entry: Sendable {
        package let repository: Repository
        package let listing: Result<Listing, ContentFailure>
    }

    package var settings: RequestSettings
    package var clock: any TransferClock
    /// Called for each retry and each pause.
    package var troubled: @Sendable (RequestTrouble) -> Void
    private let list: @Sendable (Repository) async throws(ContentFailure) -> Listing
    private let below: @Sendable (Repository, Listing) -> [Repository]

    /// - Parameters:
    ///   - below: the repositories that a list leads to.
    ///   - list: requests the list of one repository.
    package init(
        settings: RequestSettings, clock: any TransferClock = SystemTransferClock(),
        troubled: @escaping @Sendable (RequestTrouble) -> Void = { _ in },
        below: @escaping @Sendable (Repository, Listing) -> [Repository] = { _, _ in [] },
        list: @escaping @Sendable (Repository) async throws(ContentFailure) -> Listing
    ) {
        self.settings = settings
        self.clock = clock
        self.troubled = troubled
        self.below = below
        self.list = list
    }

    /// - Parameter known: lists that have been read already.
    /// - Returns: the repositories in their order, then those that their lists lead to, and so on. nil if the task was
    ///   cancelled before the end.
    package func find(
        _ repositories: [Repository], at store: StoreID, known: [Repository: Listing] = [:]
    ) async -> [Entry]? {
        let performer = Questioner<ListRequest, Listing> { [list] request throws(ContentFailure) in
            try await list(request.repository)
        }
        return await PlanDriver(
            ListPlan(repositories, at: store, known: known, settings: settings, below: below), clock: clock
        ) { [troubled] event in
            if case .trouble(let trouble) = event { troubled(trouble) }
        }.run(performer, asking: [store], connections: settings.connectionsPerStore, seenBy: TransferMeter())
            .result?.map { Entry(repository: $0, listing: $1.mapError(\.cause)) }
    }
}

private struct ListRequest: StoreRequest {
    let store: StoreID
    let repository: Repository

    var lanes: RequestStores { RequestStores(reading: store) }
    var priority: RequestPriority { .begin }
}

/// Decides which lists are requested. Pure.
private struct ListPlan<Listing: Sendable>: Inquiry {
    typealias Request = ListRequest
    typealias Finding = Never
    typealias Value = Listing
    typealias Event = InquiryEvent<Never>
    typealias Answer = Result<Listing, TransferFailure>

    var admits = true
    var requests: RequestMachine<ListRequest>
    var events: [InquiryEvent<Never>] = []
    private let store: StoreID
    private let below: @Sendable (Repository, Listing) -> [Repository]
    private let first: [Repository]
    private var asked: Set<Repository> = []
    private var found: [Repository: Answer] = [:]

    init(
        _ repositories: [Repository], at store: StoreID, known: [Repository: Listing], settings: RequestSettings,
        below: @escaping @Sendable (Repository, Listing) -> [Repository]
    ) {
        self.store = store
        self.below = below
        first = repositories
        requests = RequestMachine(settings: settings)
        asked = Set(known.keys)
        for repository in repositories {
            if let listing = known[repository] { take(.success(listing), of: repository) } else { ask(repository) }
        }
    }

    private mutating func ask(_ repository: Repository) {
        guard asked.insert(repository).inserted else { return }
        requests.append(ListRequest(store: store, repository: repository), for: 0)
    }

    mutating func take(_ answer: Answer, to request: ListRequest) { take(answer, of: request.repository) }

    private mutating func take(_ answer: Answer, of repository: Repository) {
        found[repository] = answer
        guard case .success(let listing) = answer else { return }
        for next in below(repository, listing) { ask(next) }
    }

    /// The answers, level by level; nil if the run was stopped.
    var result: [(Repository, Answer)]? {
        guard !requests.isStopping else { return nil }
        var (seen, result, level): (Set<Repository>, [(Repository, Answer)], [Repository]) = ([], [], first)
        while !level.isEmpty {
            var next: [Repository] = []
            for repository in level where seen.insert(repository).inserted {
                guard let answer = found[repository] else { continue }
                result.append((repository, answer))
                if case .success(let listing) = answer { next += below(repository, listing) }
            }
            level = next
        }
        return result
    }
}
