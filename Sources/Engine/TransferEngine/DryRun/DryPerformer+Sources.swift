// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

// What a run would read at its sources. It comes from the sources, or from a survey that has read them.

extension DryPerformer {
    func summary(of tag: SourceTag) async throws(TransferFailure) -> ManifestSummary? {
        if let survey {
            return ManifestSummary(digest: try survey.digest(of: tag), mediaType: .octetStream, size: nil)
        }
        return try await read(tag.store) { source throws(ContentFailure) in
            try await source.summary(of: .tag(tag.tag), in: tag.repository)
        }
    }

    /// Referrers are read now in any case, because a survey does not read them.
    func manifest(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID, policy: ReadPolicy
    ) async throws(TransferFailure) -> ManifestContent {
        if let survey, survey.knows(selector, of: store) {
            return try survey.manifest(selector, in: repository, of: store)
        }
        return try await read(store) { source throws(ContentFailure) in
            try await source.manifest(selector, in: repository, policy: policy)
        }
    }

    private func read<Value: Sendable>(
        _ store: StoreID, _ ask: (any ContentSource) async throws(ContentFailure) -> Value
    ) async throws(TransferFailure) -> Value {
        let start = clock.now
        defer { ledger.withLock { $0.note(clock.now - start, of: store) } }
        return try await asking(.source) { () async throws(ContentFailure) in try await ask(stores.source(store)) }
    }
}
