// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A manifest on its way into a target repository.
struct ManifestNode: Sendable {
    enum State: Sendable {
        case fetching
        /// Blobs and children still to come.
        case waiting(Int)
        case storing
        case present
    }

    /// How much is asked for of what a manifest points at.
    ///
    /// Of an index only the beginning, until an answer tells whether the target may have it all: one question in place of
    /// hundreds, and where the first child cannot be had, nothing else of the image is fetched.
    enum Reach: Sendable {
        case whole
        /// Its first child, or its first blob.
        case beginning
    }

    /// What an item wants of its root: a tag, or only that it is there.
    struct Goal: Sendable {
        var item: ItemID
        var tag: Tag?
    }

    var source: SourcePlace
    /// The item that first needed it: blobs count for that one.
    var owner: ItemID
    var depth: Int
    /// The descriptor its parent gave, nil for a root.
    var descriptor: Descriptor?
    /// What the index says of its size; nil where it is in a list of referrers, which no hash binds.
    var promisedSize: Int64?
    var state = State.fetching
    var manifest: ParsedManifest?
    var goals: [Goal] = []
    var parents: [ManifestPlace] = []
    /// The target once missed what was believed to be there; everything was placed anew.
    var isHealed = false
    /// The tag this manifest gets although no item asks for it.
    var extraTag: Tag?
    /// What refers to it is wanted: it is an item's, or refers to something itself, or referrers of everything are wanted.
    var asksReferrers = true
    /// What this is a list of referrers of: it is merged with the target's under `extraTag`.
    var subject: Digest?
    /// The target had it before the run: only what refers to it is looked at.
    var isThere = false
    /// The target was asked for its bytes.
    var isProven = false
    /// How far what it points at has been asked for.
    var reach = Reach.whole
    /// The target is being asked whether it has it.
    var isSought = false
    /// The target has something of it: each child is asked about before it is fetched.
    var mayBeThere = false
    /// Its children that are to be at the target before it.
    var children: [ManifestPlace] = []
    /// Of its blobs, those that had to be placed.
    var blobs: [Digest] = []
    /// Why it is not known what refers to it, or to what is below it.
    var referrersFailure: TransferFailure?
    /// Repositories that were asked what refers to it.
    var listed: Set<SourcePlace> = []

    /// What it needs is not known, or not all of it has been asked for.
    var isUnread: Bool {
        switch state {
        case .fetching: true
        case .waiting: reach == .beginning
        case .storing, .present: false
        }
    }

    /// It is at the target, or on its way there.
    var isStored: Bool {
        switch state {
        case .storing, .present: true
        case .fetching, .waiting: false
        }
    }
}

extension TransferMachine {
    // MARK: - Fetching

    mutating func requireManifest(_ digest: Digest, from place: SourcePlace, for requester: ManifestRequester) {
        if let read = manifests[place.store, digest] { return deliver(read, to: requester) }
        let key = ManifestCache.Key(store: place.store, digest: digest)
        let waiter = ManifestCache.Waiter(requester: requester, repository: place.repository)
        if manifests.fetches[key] != nil {
            manifests.fetches[key]?.waiting.append(waiter)
        } else {
            fetch(key, waiting: [waiter])
        }
    }

    /// Fetches a manifest from the repository that the first of those knows who wait for it.
    private mutating func fetch(_ key: ManifestCache.Key, waiting: [ManifestCache.Waiter]) {
        guard let first = waiting.first else { return }
        manifests.fetches[key] = ManifestCache.Fetch(repository: first.repository, waiting: waiting)
        var selector = ManifestSelector.digest(key.digest)
        if case .item(let item) = first.requester, let tag = tagToRead(for: item, named: key.digest) {
            manifests.tagReads[tag] = key.digest
            selector = .tag(tag.tag)
        }
        enqueue(.fetchManifest(key.store, first.repository, selector), for: item(of: first.requester))
    }

    mutating func manifestFetched(_ content: ManifestContent, from place: SourcePlace, _ selector: ManifestSelector) {
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

    /// A tag is not what a HEAD had named: its items get what it is, and whoever else waits for the other manifest goes on.
    private mutating func tagMoved(_ tag: SourceTag, from named: Digest, to digest: Digest) {
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

    /// A tag cannot be read. What a HEAD has named for it may be had by its digest where one answer lags behind the other.
    mutating func tagUnread(_ tag: SourceTag, _ failure: TransferFailure) {
        guard let named = manifests.tagReads.removeValue(forKey: tag) else { return tagFailed(tag, failure) }
        settle(tag, named: named, at: named)
        let key = ManifestCache.Key(store: tag.store, digest: named)
        guard failure.cause.kind == .notFound, let waiting = manifests.fetches.removeValue(forKey: key)?.waiting else {
            return manifestFailed(named, from: SourcePlace(store: tag.store, repository: tag.repository), failure)
        }
        fetch(key, waiting: waiting)
    }

    /// What a request for a manifest fetches, as far as it is known.
    private func digest(_ selector: ManifestSelector, in repository: Repository, of store: StoreID) -> Digest? {
        switch selector {
        case .digest(let digest): digest
        case .tag(let tag): manifests.tagReads[SourceTag(store: store, repository: repository, tag: tag)]
        }
    }

    /// Whether somebody still waits for a manifest of a source; if not, nobody fetches it.
    mutating func isStillAwaited(_ selector: ManifestSelector, in repository: Repository, of store: StoreID) -> Bool {
        guard let digest = digest(selector, in: repository, of: store) else { return true }
        guard !isStillAwaited(digest, of: store) else { return true }
        if case .tag(let tag) = selector {
            manifests.tagReads[SourceTag(store: store, repository: repository, tag: tag)] = nil
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

    /// Items whose root is being fetched from this repository.
    func itemsWaiting(for digest: Digest, from place: SourcePlace) -> [ItemID] {
        let waiting = manifests.fetches[ManifestCache.Key(store: place.store, digest: digest)]?.waiting ?? []
        return waiting.compactMap { waiter in
            guard waiter.repository == place.repository, case .item(let item) = waiter.requester else { return nil }
            return item
        }
    }

    /// Those items have no use for this manifest any more; whatever else waits for it fails or asks elsewhere.
    mutating func stopWaiting(_ items: [ItemID], for digest: Digest, from place: SourcePlace) {
        let key = ManifestCache.Key(store: place.store, digest: digest)
        manifests.fetches[key]?.waiting.removeAll { waiter in
            if case .item(let item) = waiter.requester { items.contains(item) } else { false }
        }
        let cause = ContentFailure(.notFound, "no manifest \(digest.short) in \(place.store)/\(place.repository)")
        manifestFailed(digest, from: place, TransferFailure(cause, side: .source))
    }

    /// One repository does not give the manifest; those who know another one ask there.
    mutating func manifestFailed(_ digest: Digest, from place: SourcePlace, _ failure: TransferFailure) {
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
                becomeBlob(place, node, descriptor)
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

    // MARK: - Placing

    /// The root of an item: joins what is under way at its place, or begins it.
    mutating func copy(_ manifest: ParsedManifest, for item: ItemID) {
        let (source, target) = (states[item].source, states[item].target)
        let place = self.place(of: manifest.digest, as: item)
        let goal = ManifestNode.Goal(item: item, tag: target.tag)
        if nodes[place] == nil {
            var node = ManifestNode(
                source: SourcePlace(store: source.store, repository: source.repository), owner: item, depth: 1)
            node.goals = [goal]
            if let earlier = settled.removeValue(forKey: place) {
                node.state = .present
                node.listed = earlier.listed.map { [$0] } ?? []
                nodes[place] = node
                rejoin(place, manifest, goal)
            } else {
                node.mayBeThere = mayHaveChildren(item, manifest)
                nodes[place] = node
                begin(place, manifest, for: item)
            }
        } else {
            nodes[place]?.goals.append(goal)
            nodes[place]?.asksReferrers = true
            if nodes[place]?.isThere == true {
                // It gets a further name after all.
                nodes[place]?.isThere = false
                nodes[place]?.manifest = manifest
            }
            rejoin(place, manifest, goal)
        }
    }

    /// A place that is there already only needs the further tag.
    private mutating func rejoin(_ place: ManifestPlace, _ manifest: ParsedManifest, _ goal: ManifestNode.Goal) {
        let source = SourcePlace(store: states[goal.item].source.store, repository: states[goal.item].source.repository)
        if requireFurtherReferrers(of: place, from: source, for: goal.item) {
            nodes[place]?.manifest = manifest
            return
        }
        guard let node = nodes[place], case .present = node.state else { return }
        let isNamed = settings.existing == .proven && states[goal.item].existing == place.digest
        guard let tag = goal.tag, !isNamed else { return finishGoals(of: place) { $0.item == goal.item } }
        enqueue(.storeManifest(place, manifest, .tag(tag)), for: goal.item)
    }

    /// Makes sure of an index entry; returns whether the parent has to wait for it.
    ///
    /// - Parameter refers: the entry is one of a list of referrers.
    mutating func requireChild(
        _ child: Descriptor, of parent: ManifestPlace, _ node: ManifestNode, refers: Bool = false
    ) -> Bool {
        let place = ManifestPlace(store: parent.store, repository: parent.repository, digest: child.digest)
        if settled[place] != nil { return false }
        let promised = refers || node.subject != nil ? nil : child.size
        if let known = nodes[place] {
            if case .present = known.state { return false }
            // It was asked for before the others.
            if known.parents.contains(parent) { return false }
            if isAwaited(by: parent, from: place) { return false }
            nodes[place]?.promisedSize = known.promisedSize ?? promised
            nodes[place]?.parents.append(parent)
            nodes[parent]?.children.append(place)
            return true
        }
        nodes[place] = ManifestNode(
            source: node.source, owner: node.owner, depth: node.depth + 1, descriptor: child, parents: [parent])
        nodes[place]?.promisedSize = promised
        nodes[place]?.asksReferrers = refers || settings.referrers.scope == .all
        nodes[parent]?.children.append(place)
        if node.mayBeThere {
            enqueue(.findManifest(place), for: node.owner)
        } else {
            requireManifest(child.digest, from: node.source, for: .child(place))
        }
        return settled[place] == nil
    }

    private mutating func childFetched(_ place: ManifestPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place], case .fetching = node.state else { return }
        if let size = node.promisedSize, size != manifest.content.bytes.count {
            let actual = Int64(manifest.content.bytes.count)
            return fail(place, .wrongSize(of: manifest.digest, actual, promised: size, side: .source))
        }
        expand(place, manifest)
    }

    /// Asks for what the manifest points at, or for the beginning of it.
    mutating func expand(_ place: ManifestPlace, _ manifest: ParsedManifest) {
        guard var node = nodes[place] else { return }
        if let failure = boundsFailure(node, manifest) { return fail(place, failure) }
        node.manifest = manifest
        // One more than there are, until all have been asked for: an answer at once must not complete it early.
        node.state = .waiting(1)
        node.reach = reach(of: node, manifest)
        nodes[place] = node
        switch node.reach {
        case .whole:
            requireAll(of: place, manifest)
            goOnAbove(place)
        case .beginning: requireBeginning(of: place, manifest)
        }
    }

    /// Asks for everything the manifest points at.
    mutating func requireAll(of place: ManifestPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place] else { return }
        nodes[place]?.reach = .whole
        manifestsRead += 1
        for child in manifest.children where requireChild(child, of: place, node) { addPending(place) }
        let placed = blobsToPlace(manifest, node)
        nodes[place]?.blobs = placed.map(\.digest)
        for blob in placed where requireBlob(blob, for: place, node) { addPending(place) }
        if requireReferrers(of: place, node) { addPending(place) }
        dependencyDone(place)
    }

    mutating func addPending(_ place: ManifestPlace) {
        if case .waiting(let count) = nodes[place]?.state { nodes[place]?.state = .waiting(count + 1) }
    }

    mutating func blobsToPlace(_ manifest: ParsedManifest, _ node: ManifestNode) -> [Descriptor] {
        if !settings.includesForeignLayers {
            for foreign in manifest.foreignLayers {
                events.append(.foreignLayerSkipped(foreign, item: node.owner))
            }
        }
        return manifest.blobs(includingForeign: settings.includesForeignLayers)
    }

    private mutating func boundsFailure(_ node: ManifestNode, _ manifest: ParsedManifest) -> TransferFailure? {
        states[node.owner].descriptors += manifest.descriptorCount
        return settings.bounds.failure(depth: node.depth, reached: states[node.owner].descriptors)
            .map { TransferFailure($0, side: .source) }
    }

    /// A blob or child of this manifest has arrived.
    mutating func dependencyDone(_ place: ManifestPlace) {
        guard case .waiting(let count) = nodes[place]?.state else { return }
        nodes[place]?.state = .waiting(count - 1)
        if count == 1 { store(place) }
    }

    // MARK: - Storing

    /// Everything below is there: the manifest goes last, at a tag at once where one is wanted.
    mutating func store(_ place: ManifestPlace) {
        guard let node = nodes[place] else { return }
        guard !node.isThere else { return stayed(place, node) }
        guard let manifest = node.manifest, !waitsForProof(place) else { return }
        nodes[place]?.state = .storing
        if let subject = node.subject {
            return enqueue(.mergeReferrers(place, manifest.content, of: subject), for: node.owner)
        }
        let goal = node.goals.first { $0.tag != nil }
        let selector = (goal?.tag ?? node.extraTag).map(ManifestSelector.tag) ?? .digest(place.digest)
        enqueue(
            .storeManifest(place, manifest, selector, also: Self.furtherTags(node, besides: goal?.tag)),
            for: goal?.item ?? node.owner)
    }

    /// Tags that one request may set besides its own, at most: registries should take ten in a URL (distribution-spec,
    /// "Pushing Manifests").
    private static let furtherTags = 9

    private static func furtherTags(_ node: ManifestNode, besides first: Tag?) -> [Tag] {
        var tags: [Tag] = []
        for case let tag? in node.goals.map(\.tag) where tag != first && !tags.contains(tag) { tags.append(tag) }
        return Array(tags.prefix(furtherTags))
    }

    /// - Parameter tags: those that the same request has set.
    mutating func manifestStored(_ place: ManifestPlace, _ selector: ManifestSelector, also tags: [Tag]) {
        guard let node = nodes[place] else { return }
        let stored = [selector] + tags.map(ManifestSelector.tag)
        for selector in stored { tell(place, node, storedAt: selector) }
        if case .storing = node.state { becomePresent(place, node, storedAt: stored) }
        finishGoals(of: place) { $0.tag == nil || $0.tag.map { stored.contains(.tag($0)) } == true }
    }

    private mutating func tell(_ place: ManifestPlace, _ node: ManifestNode, storedAt selector: ManifestSelector) {
        let item = node.goals.first { $0.tag.map(ManifestSelector.tag) == selector }?.item ?? node.owner
        states[item].hasWritten = true
        let known = node.manifest ?? (try? manifests[node.source.store, place.digest]?.get())
        let size = known?.content.bytes.count ?? 0
        events.append(
            .manifestStored(selector, place.digest, size: size, at: place.store, place.repository, item: item))
    }

    /// Only what refers to it was looked at.
    private mutating func stayed(_ place: ManifestPlace, _ node: ManifestNode) {
        nodes[place]?.state = .present
        nodes[place]?.goals = []
        settleIfDone(place)
        for goal in node.goals { end(goal.item, of: node) { $0.unchanged(goal.item, place.digest) } }
    }

    mutating func becomePresent(
        _ place: ManifestPlace, _ node: ManifestNode, storedAt stored: [ManifestSelector]
    ) {
        nodes[place]?.state = .present
        nodes[place]?.parents = []
        nodes[place]?.manifest = nil
        nodes[place]?.blobs = []
        nodes[place]?.children = []
        for digest in node.blobs {
            placedBlobs.noteReferenced(TargetBlob(store: place.store, digest: digest), in: place.repository)
        }
        for parent in node.parents {
            if let failure = node.referrersFailure { nodes[parent]?.referrersFailure = failure }
            goOn(with: parent)
            dependencyDone(parent)
        }
        guard let manifest = node.manifest else { return }
        for goal in node.goals {
            guard let tag = goal.tag, !stored.contains(.tag(tag)) else { continue }
            enqueue(.storeManifest(place, manifest, .tag(tag)), for: goal.item)
        }
    }

    mutating func finishGoals(of place: ManifestPlace, where isReached: (ManifestNode.Goal) -> Bool) {
        guard let node = nodes[place] else { return }
        nodes[place]?.goals.removeAll(where: isReached)
        settleIfDone(place)
        for goal in node.goals where isReached(goal) {
            end(goal.item, of: node) { $0.finish(goal.item, $0.outcome(of: goal.item, place.digest)) }
        }
    }

    mutating func settleIfDone(_ place: ManifestPlace) {
        guard let node = nodes[place], case .present = node.state, node.goals.isEmpty, node.parents.isEmpty else {
            return
        }
        nodes[place] = nil
        // Who wants it next asks again what refers to it.
        if node.referrersFailure == nil {
            settled[place] = SettledManifest(listed: node.asksReferrers ? node.source : nil)
        }
    }

    /// A refused tag fails its item only; others who want the manifest under another name still try.
    mutating func storingFailed(_ place: ManifestPlace, _ selector: ManifestSelector, _ failure: TransferFailure) {
        guard let node = nodes[place] else { return }
        if failure.cause.saysContentIsMissing, !node.isHealed, case .storing = node.state, heal(place, node) { return }
        let failure = failure.advised(on: place.part)
        let failed = node.goals.filter { $0.tag.map(ManifestSelector.tag) == selector }
        nodes[place]?.goals.removeAll { $0.tag.map(ManifestSelector.tag) == selector }
        for goal in failed { finish(goal.item, .failed(failure)) }
        guard case .storing = node.state else { return settleIfDone(place) }
        if failed.isEmpty || (nodes[place]?.goals.isEmpty == true && node.parents.isEmpty) {
            fail(place, failure)
        } else {
            store(place)
        }
    }

    /// Content that was seen at the target has vanished before its manifest came (garbage collection, a replica that
    /// lags): nothing known of this manifest's content counts any more, and all of it is placed once more.
    private mutating func heal(_ place: ManifestPlace, _ node: ManifestNode) -> Bool {
        guard let manifest = node.manifest else { return false }
        nodes[place]?.isHealed = true
        nodes[place]?.mayBeThere = false
        for blob in manifest.blobs(includingForeign: true) {
            placedBlobs.remove(TargetBlob(store: place.store, digest: blob.digest), from: place.repository)
        }
        for child in manifest.children {
            let childPlace = ManifestPlace(store: place.store, repository: place.repository, digest: child.digest)
            nodes[childPlace] = nil
            settled[childPlace] = nil
        }
        expand(place, manifest)
        return true
    }

    /// Everyone who waits for this manifest fails with it. It is forgotten, so that another item may try anew; so is what
    /// nobody else wants of it.
    mutating func fail(_ place: ManifestPlace, _ failure: TransferFailure) {
        guard let node = nodes.removeValue(forKey: place) else { return }
        for goal in node.goals { finish(goal.item, .failed(failure)) }
        for parent in node.parents { fail(parent, failure) }
        for child in node.children { forgo(child, by: place) }
    }

    /// A parent has no use for this manifest any more.
    mutating func forgo(_ place: ManifestPlace, by parent: ManifestPlace) {
        nodes[place]?.parents.removeAll { $0 == parent }
        guard let node = nodes[place], node.parents.isEmpty, node.goals.isEmpty, !node.isStored else { return }
        nodes[place] = nil
        for child in node.children { forgo(child, by: place) }
    }

    /// The entry was no manifest after all.
    private mutating func becomeBlob(_ place: ManifestPlace, _ node: ManifestNode, _ descriptor: Descriptor) {
        nodes.removeValue(forKey: place)
        for parent in node.parents {
            guard let parentNode = nodes[parent] else { continue }
            if !requireBlob(descriptor, for: parent, parentNode) { dependencyDone(parent) }
            goOn(with: parent)
        }
    }
}
