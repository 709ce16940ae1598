// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI

/// Asks stores whether they would allow a run to read and write, before it moves a byte.
package struct AccessCheck: Sendable {
    /// A permission that a run needs.
    package enum Question: Hashable, StoreRequest {
        case read(RepositoryPlace, ManifestSelector)
        case write(RepositoryPlace)

        package var place: RepositoryPlace {
            switch self {
            case .read(let place, _), .write(let place): place
            }
        }

        package var side: TransferSide { if case .read = self { .source } else { .target } }
        package var lanes: RequestStores { RequestStores(place.store, side) }
        package var priority: RequestPriority { .begin }
        package var mayReportPullAllowance: Bool { side == .source }
    }

    package typealias Answer = Result<Void, TransferFailure>

    package var settings: RequestSettings
    package var clock: any TransferClock
    package var stores: RunStores
    /// Whether sources are also asked for what refers to an image, as a run asks them.
    package var asksReferrers = false
    /// Shows how stores are asked.
    package var meter = TransferMeter()
    /// Called when a store is paused, with the length of the pause.
    package var paused: PauseHandler
    /// Called once for each question, as soon as it has its answer.
    package var answered: @Sendable (Question, Answer) -> Void = { _, _ in }

    package init(
        settings: RequestSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping PauseHandler = { _, _, _ in },
        stores: RunStores
    ) {
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.stores = stores
    }

    /// The answer to each question. A missing manifest is a failure. After a cancellation some answers are missing.
    package func answers(to questions: [Question]) async -> [Question: Answer] {
        await QuestionList(questions, settings: settings)
            .answers(
                clock: clock, meter: meter, paused: paused,
                answered: { [answered] in answered($0.question, $0.answer) },
                sources: stores.source
            ) { question throws(ContentFailure) in try await ask(question) }
    }

    private func ask(_ question: Question) async throws(ContentFailure) {
        switch question {
        case .read(let place, let selector):
            let digest = try await find(selector, in: place.repository, of: place.store)
            if asksReferrers { try await listReferrers(of: digest, in: place.repository, of: place.store) }
        case .write(let place): try await stores.target(place.store).proveWritable(place.repository)
        }
    }

    /// Uses HEAD, because a GET of a manifest counts as a pull. A manifest that HEAD does not find is fetched nevertheless,
    /// because a cache may answer HEAD with an outdated 404.
    private func find(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(ContentFailure) -> Digest {
        let source = stores.source(store)
        if let found = try await source.summary(of: selector, in: repository) { return found.digest }
        do throws(ContentFailure) { return try await source.manifest(selector, in: repository).digest } catch {
            guard error.kind == .notFound else { throw error }
            throw ContentFailure(.notFound, "\(repository) has no manifest \(selector)")
        }
    }

    /// A source without lists of referrers has no answer to refuse: a run looks for tags there.
    private func listReferrers(
        of digest: Digest, in repository: Repository, of store: StoreID
    ) async throws(ContentFailure) {
        do throws(ContentFailure) { _ = try await stores.source(store).referrers(of: digest, in: repository) } catch {
            var failure = error
            failure.message = "what refers to \(digest.short) cannot be listed: \(error.message)"
            throw failure
        }
    }
}
