// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// The manifests of the sources. Each is fetched once.

extension TransferMachine {
    mutating func requireManifest(_ digest: Digest, from place: RepositoryPlace, for requester: ManifestRequester) {
        if let read = manifests[place.store, digest] { return deliver(read, to: requester) }
        let key = ManifestCache.Key(store: place.store, digest: digest)
        let waiter = ManifestCache.Waiter(requester: requester, repository: place.repository)
        if manifests.fetches[key] != nil {
            manifests.fetches[key]?.waiting.append(waiter)
        } else {
            fetch(key, waiting: [waiter])
        }
    }

    /// Fetches a manifest from the repository that the first waiter knows.
    mutating func fetch(_ key: ManifestCache.Key, waiting: [ManifestCache.Waiter]) {
        guard let first = waiting.first else { return }
        manifests.fetches[key] = ManifestCache.Fetch(repository: first.repository, waiting: waiting)
        var selector = ManifestSelector.digest(key.digest)
        if case .item(let item) = first.requester, let tag = tagToRead(for: item, named: key.digest) {
            manifests.tagReads[tag] = key.digest
            selector = .tag(tag.tag)
        }
        enqueue(.fetchManifest(key.store, first.repository, selector), for: item(of: first.requester))
    }

    mutating func manifestFetched(_ content: ManifestContent, from place: RepositoryPlace, _ selector: ManifestSelector)
    {
        let read = manifests.keep(content, of: place.store)
        switch selector {
        case .tag(let tag):
            let tag = SourceTag(store: place.store, repository: place.repository, tag: tag)
            guard let named = manifests.tagReads.removeValue(forKey: tag) else {
                return pin(tag, to: content.digest, isRead: true)
            }
            settle(tag, named: named, at: content.digest)
            if named == content.digest { return handOut(read, named, of: place.store) }
            tagMoved(tag, from: named, to: content.digest)
        case .digest(let digest): handOut(read, digest, of: place.store)
        }
    }

    private mutating func handOut(_ read: Result<ParsedManifest, ContentFailure>, _ digest: Digest, of store: StoreID) {
        let fetch = manifests.fetches.removeValue(forKey: ManifestCache.Key(store: store, digest: digest))
        for waiter in fetch?.waiting ?? [] { deliver(read, to: waiter.requester) }
    }

    /// A repository did not return the manifest. Requesters that know another repository ask there.
    mutating func manifestFailed(_ digest: Digest, from place: RepositoryPlace, _ failure: TransferFailure) {
        let key = ManifestCache.Key(store: place.store, digest: digest)
        guard let fetch = manifests.fetches.removeValue(forKey: key) else { return }
        let others = fetch.waiting.filter { $0.repository != place.repository }
        self.fetch(key, waiting: others)
        for waiter in fetch.waiting where waiter.repository == place.repository {
            refuse(waiter.requester, failure)
        }
    }

    private mutating func refuse(_ requester: ManifestRequester, _ failure: TransferFailure) {
        switch requester {
        case .item(let item): finish(item, .failed(failure))
        case .child(let place):
            guard let node = nodes[place], let descriptor = node.descriptor else { return }
            if descriptor.isBlob(afterReadingFailedWith: failure.cause) {
                becomeBlob(place, node, as: descriptor, after: failure)
            } else {
                fail(place, failure)
            }
        }
    }

    private mutating func deliver(
        _ read: Result<ParsedManifest, ContentFailure>, to requester: ManifestRequester
    ) {
        switch (read, requester) {
        case (.success(let manifest), .item(let item)): rootFetched(item, manifest)
        case (.success(let manifest), .child(let place)): childFetched(place, manifest)
        case (.failure(let failure), _): refuse(requester, TransferFailure(failure, side: .source))
        }
    }

    private func item(of requester: ManifestRequester) -> ItemID {
        switch requester {
        case .item(let item): item
        case .child(let place): nodes[place]?.owner ?? 0
        }
    }

    /// Whether anything still waits for a manifest of a source. If not, the manifest is not fetched.
    mutating func isStillAwaited(_ selector: ManifestSelector, at place: RepositoryPlace) -> Bool {
        guard let digest = manifests.digest(of: selector, at: place) else { return true }
        guard !isStillAwaited(digest, of: place.store) else { return true }
        if case .tag(let tag) = selector {
            manifests.tagReads[SourceTag(store: place.store, repository: place.repository, tag: tag)] = nil
        }
        return false
    }

    private mutating func isStillAwaited(_ digest: Digest, of store: StoreID) -> Bool {
        let key = ManifestCache.Key(store: store, digest: digest)
        let isAwaited = (manifests.fetches[key]?.waiting ?? []).contains { waiter in
            switch waiter.requester {
            case .item(let item): !states.hasEnded(item)
            case .child(let place): nodes[place] != nil
            }
        }
        if !isAwaited { manifests.fetches[key] = nil }
        return isAwaited
    }
}
