// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
package import OCI
package import Reporting
package import TransferEngine

/// The questions of `check`: each repository once, in the order of the lists.
package struct AccessSubjects {
    package typealias Named = (question: AccessCheck.Question, repository: String, reference: String?)

    package private(set) var questions: [Named] = []
    /// Repositories whose tags a line needs but could not be listed, and why.
    private var unlisted: [(place: RepositoryPlace, name: String, failure: TransferFailure)] = []
    /// The copies that the questions are asked for.
    private var copies: [(name: ItemName, read: AccessCheck.Question, write: AccessCheck.Question)] = []
    private var uncopied: [(name: ItemName, failure: TransferFailure)] = []
    private var sources: Set<RepositoryPlace> = []
    private var targets: Set<RepositoryPlace> = []

    package init() {}

    package mutating func add(source: Reference) {
        let place = source.endpoint.place
        guard sources.insert(place).inserted else { return }
        questions.append((source.endpoint.reading, place.name, source.asTyped))
    }

    package mutating func add(target: Reference) {
        let end = target.endpoint
        guard targets.insert(end.place).inserted else { return }
        questions.append((.write(end.place), end.place.name, nil))
    }

    /// Adds a copy, whose source and target will be checked.
    package mutating func add(copyOf source: Reference, to target: Reference) {
        let name = ItemName(source: source.asTyped, target: target.asTyped)
        copies.append((name, source.endpoint.reading, .write(target.endpoint.place)))
    }

    package mutating func add(_ line: ListedItems.FailedLine) {
        uncopied.append((line.name, line.failure))
        let source = line.line.entry.source
        guard sources.insert(source.place).inserted else { return }
        unlisted.append((source.place, "\(source)", line.failure))
    }

    /// Copies whose source or target refuses access, in the order of the lists.
    package func refused(
        _ answers: [AccessCheck.Question: AccessCheck.Answer]
    ) -> [(name: ItemName, failure: TransferFailure)] {
        let failures = answers.compactMapValues { answer -> TransferFailure? in
            if case .failure(let failure) = answer { failure } else { nil }
        }
        var closedSources: [RepositoryPlace: TransferFailure] = [:]
        // A missing image says nothing about the other images of its repository.
        for (question, failure) in failures where question.side == .source && failure.cause.kind != .notFound {
            closedSources[question.place] = failure
        }
        return copies.compactMap { copy in
            (failures[copy.read] ?? closedSources[copy.read.place] ?? failures[copy.write]).map { (copy.name, $0) }
        } + uncopied
    }

    /// - Parameter credentials: where the login for a repository was found; nil if there is none.
    package func report(
        _ answers: [AccessCheck.Question: AccessCheck.Answer], credentials: (RepositoryPlace) async -> String?
    ) async -> AccessReport {
        var rows: [AccessReport.Row] = []
        for (place, name, failure) in unlisted {
            rows.append(
                AccessReport.Row(
                    .pull, at: place.store, repository: name, reference: nil, credentials: await credentials(place),
                    failure: failure))
        }
        for (question, name, reference) in questions {
            guard let answer = answers[question] else { continue }
            let failure: TransferFailure? = if case .failure(let failure) = answer { failure } else { nil }
            rows.append(
                AccessReport.Row(
                    question.side == .source ? .pull : .push, at: question.place.store, repository: name,
                    reference: reference, credentials: await credentials(question.place), failure: failure))
        }
        return AccessReport(rows: rows)
    }
}

extension RepositoryPlace {
    /// A layout has one repository, whose name is meaningless.
    package var name: String {
        store.isLayout ? store.name : "\(store.name)/\(repository)"
    }
}

extension SourceRepository {
    package var place: RepositoryPlace { RepositoryPlace(StoreID(registry), repository) }
}

extension TransferEndpoint {
    fileprivate var reading: AccessCheck.Question {
        .read(place, digest.map(ManifestSelector.digest) ?? .tag(tag ?? .latest))
    }
}
