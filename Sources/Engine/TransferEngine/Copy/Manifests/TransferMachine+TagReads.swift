// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Manifests that are read by their tag, because only a HEAD has named their digest.

extension TransferMachine {
    /// A tag names another manifest than a HEAD had said. The tag's items get the new manifest. Everything else that waits
    /// for the manifest that the HEAD had named keeps waiting.
    mutating func tagMoved(_ tag: SourceTag, from named: Digest, to digest: Digest) {
        let key = ManifestCache.Key(store: tag.store, digest: named)
        guard let fetch = manifests.fetches.removeValue(forKey: key) else { return }
        let items = fetch.waiting.compactMap { itemOf(tag, waitingAs: $0.requester) }
        self.fetch(key, waiting: fetch.waiting.filter { itemOf(tag, waitingAs: $0.requester) == nil })
        for item in items { resolved(item, digest) }
    }

    private func itemOf(_ tag: SourceTag, waitingAs requester: ManifestRequester) -> ItemID? {
        guard case .item(let item) = requester else { return nil }
        let source = states[item].source
        return source.digest == nil && source.sourceTag == tag ? item : nil
    }

    /// A tag cannot be read. The manifest that a HEAD had named may still be available by digest, if one answer lags behind
    /// the other.
    mutating func tagUnread(_ tag: SourceTag, _ failure: TransferFailure) {
        guard let named = manifests.tagReads.removeValue(forKey: tag) else { return tagFailed(tag, failure) }
        settle(tag, named: named, at: named)
        let key = ManifestCache.Key(store: tag.store, digest: named)
        guard failure.cause.kind == .notFound, let waiting = manifests.fetches.removeValue(forKey: key)?.waiting else {
            return manifestFailed(named, from: RepositoryPlace(store: tag.store, repository: tag.repository), failure)
        }
        fetch(key, waiting: waiting)
    }

    /// These items no longer need the manifest. Everything else that waits for it asks elsewhere, or fails.
    mutating func stopWaiting(_ items: [ItemID], for digest: Digest, from place: RepositoryPlace) {
        let key = ManifestCache.Key(store: place.store, digest: digest)
        manifests.stopWaiting(items, for: key)
        let cause = ContentFailure(.notFound, "no manifest \(digest.short) in \(place.store)/\(place.repository)")
        manifestFailed(digest, from: place, TransferFailure(cause, side: .source))
    }
}
