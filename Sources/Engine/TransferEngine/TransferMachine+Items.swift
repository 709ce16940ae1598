// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Where an item stands.
struct ItemState: Sendable {
    let item: TransferItem
    enum Phase: Sendable {
        case waiting
        case probing
        case resolving
        case copying
        case done
    }

    var phase = Phase.waiting
    /// The target was asked what it has at the item's place.
    var wasProbed = false
    /// What the target had at the item's place before.
    var existing: Digest?
    /// What it had there, seen by a plan where a run goes without asking.
    var seen: Digest?
    /// The digest being copied.
    var root: Digest?
    /// The source's index that the root was chosen from, or made of.
    var chosenFrom: Digest?
    /// Its entry for the root that was chosen.
    var chosen: Descriptor?
    /// The source was asked while the target still is.
    var asksSource = false
    /// The target's tag stays; the source is asked for comparison only.
    var isKept = false
    /// Why the target does not say what it has; told once the source has answered, whose failure would come first.
    var probeFailure: TransferFailure?
    var mediaType: MediaType?
    /// The manifest that the source names was read.
    var rootWasRead = false
    /// Manifests that refer to it, of types that are not wanted.
    var referrersLeft = 0
    var started: Duration = .zero
    var attempts = 1
    var counts = BlobCounts()
    /// Descriptors reached so far.
    var descriptors = 0
    /// Something was written on its behalf.
    var hasWritten = false

    init(_ item: TransferItem) { self.item = item }

    var source: TransferEndpoint { item.source }
    var target: TransferEndpoint { item.target }
    var platforms: PlatformChoice? { item.platforms }

    /// A run sends again what it did not ask about; a plan that has seen it there says so.
    func told(_ outcome: ItemOutcome) -> ItemOutcome {
        if case .copied(let digest) = outcome, digest == seen { .unchanged(digest) } else { outcome }
    }
}

/// What the run knows of a source tag.
enum SourceTagState: Sendable {
    /// - Parameter named: what a HEAD had named, where that is not to be had.
    case asking(waiting: [ItemID], named: Digest? = nil)
    /// - Parameter isRead: the tag itself was read, or cannot be; else only a HEAD named the digest.
    case resolved(Digest, isRead: Bool)
}

extension TransferMachine {
    /// Begins items in order while there is room in the window.
    mutating func admitItems() {
        while let item = admission.next() { begin(item) }
    }

    private mutating func begin(_ item: ItemID) {
        states[item].phase = .probing
        states[item].started = now
        events.append(.itemStarted(item))
        if let failure = writeStop(of: states[item].target.store) { return finish(item, .failed(failure)) }
        let target = states[item].target
        guard let selector = target.selector else { return targetProbed(item, nil) }
        guard needsProbe(item) || !goesWithoutProbe(item) else { return beginUnasked(item, at: selector) }
        enqueue(.probeTarget(target.store, target.repository, selector), for: item)
        askSourceMeanwhile(item)
    }

    private mutating func goesWithoutProbe(_ item: ItemID) -> Bool {
        guard settings.existing == .trusted else { return settings.existing == .ignored }
        guard !settings.keepsExistingTags, !countsPulls(states[item].source.store) else { return false }
        return absence[states[item].target.store, default: AbsenceGuess()].skips()
    }

    /// A run takes the target to have nothing here. A plan looks, and goes on as the run does.
    private mutating func beginUnasked(_ item: ItemID, at selector: ManifestSelector) {
        guard settings.looksAtEveryTarget, settings.existing == .trusted else { return targetProbed(item, nil) }
        let target = states[item].target
        enqueue(.lookAtTarget(target.store, target.repository, selector), for: item)
    }

    /// A round trip less where it costs no request more: a target that had the last item will have this one, too, and then
    /// a HEAD at the source tells whether it is the same.
    private mutating func askSourceMeanwhile(_ item: ItemID) {
        let source = states[item].source
        guard !settings.keepsExistingTags, source.digest == nil else { return }
        let fetches = settings.asksBothSidesAtOnce && !countsPulls(source.store)
        guard fetches || absence[states[item].target.store]?.foundLast == true else { return }
        states[item].asksSource = true
        resolve(source.sourceTag, fetching: fetches, for: item)
    }

    /// Until a target is known to have anything it is asked first: where it has nothing, fetching the source's manifest
    /// resolves its tag at the same time, and only where it has something is it worth asking the source by HEAD, which
    /// registries do not count as a pull.
    mutating func targetProbed(_ item: ItemID, _ existing: Digest?) {
        guard case .probing = states[item].phase else { return }
        states[item].existing = existing
        if let existing, settings.keepsExistingTags, states[item].target.tag != nil {
            return keep(existing, comparing: settings.comparesKeptTags, for: item)
        }
        if let existing, keepsSignature(of: item) { return keep(existing, comparing: true, for: item) }
        states[item].phase = .resolving
        readSource(for: item)
    }

    /// Asks the source what to copy. Called again once it is known that the target takes it.
    mutating func readSource(for item: ItemID) {
        if let digest = states[item].source.digest { return resolved(item, digest) }
        guard states[item].root != nil || !states[item].asksSource else { return }
        let fetches = states[item].existing == nil
        if fetches, waitsForWriteProof(item) { return }
        resolve(states[item].source.sourceTag, fetching: fetches, for: item)
    }

    /// A tag that is left alone, whatever it names.
    private mutating func keep(_ existing: Digest, comparing: Bool, for item: ItemID) {
        guard comparing else { return finish(item, .kept(existing, offered: nil)) }
        states[item].isKept = true
        states[item].phase = .resolving
        if let root = states[item].source.digest { return resolved(item, root) }
        resolve(states[item].source.sourceTag, fetching: false, for: item)
    }

    mutating func probeFailed(_ item: ItemID, _ failure: TransferFailure) {
        if states[item].asksSource, states[item].root == nil {
            states[item].probeFailure = failure
        } else {
            finish(item, .failed(failure))
        }
    }

    private mutating func resolve(_ tag: SourceTag, fetching: Bool, for item: ItemID) {
        switch sourceTags[tag] {
        case .resolved(let digest, _): resolved(item, digest)
        case .asking(let waiting, let named): sourceTags[tag] = .asking(waiting: waiting + [item], named: named)
        case nil:
            sourceTags[tag] = .asking(waiting: [item])
            enqueue(fetching ? .fetchManifest(tag.store, tag.repository, .tag(tag.tag)) : .resolveTag(tag), for: item)
        }
    }

    mutating func tagResolved(_ tag: SourceTag, _ summary: ManifestSummary?, for item: ItemID) {
        guard let summary else {
            guard !isOnlyKept(tag) else { return tagFailed(tag, Self.unnamed(tag)) }
            // The answer to a GET says why.
            return enqueue(.fetchManifest(tag.store, tag.repository, .tag(tag.tag)), for: item)
        }
        pin(tag, to: summary.digest, isRead: false)
    }

    /// From here on the tag means this digest for the whole run, wherever it moves meanwhile.
    mutating func pin(_ tag: SourceTag, to digest: Digest, isRead: Bool) {
        guard case .asking(let waiting, let named) = sourceTags[tag] else { return }
        if let named { tellMove(of: tag, from: named, to: digest) }
        sourceTags[tag] = .resolved(digest, isRead: isRead)
        for item in waiting { resolved(item, digest) }
    }

    private mutating func tellMove(of tag: SourceTag, from named: Digest, to digest: Digest) {
        // What cannot be copied is told by its failure.
        guard named != digest, case .success? = manifests[tag.store, digest] else { return }
        events.append(.tagMoved(tag, from: named, to: digest))
    }

    /// The tag through which a digest is to be fetched that only a HEAD has named for it: a cache may answer HEAD with what the
    /// tag was before, which would take the place of what it is.
    func tagToRead(for item: ItemID, named digest: Digest) -> SourceTag? {
        let source = states[item].source
        guard source.digest == nil, case .resolved(digest, isRead: false) = sourceTags[source.sourceTag] else {
            return nil
        }
        return source.sourceTag
    }

    /// The tag was read, or cannot be: its items get this digest from now on.
    mutating func settle(_ tag: SourceTag, named: Digest, at digest: Digest) {
        tellMove(of: tag, from: named, to: digest)
        if sourceTags[tag] != nil { sourceTags[tag] = .resolved(digest, isRead: true) }
    }

    /// The digest that a HEAD named for a tag is not there: the tag has moved, or the header was not right. What the tag
    /// itself brings decides.
    ///
    /// - Returns: false where no item has this digest from a HEAD.
    mutating func askTagAgain(_ digest: Digest, _ place: SourcePlace) -> Bool {
        let misled = itemsWaiting(for: digest, from: place).filter { tagToRead(for: $0, named: digest) != nil }
        guard !misled.isEmpty else { return false }
        for (tag, waiting) in Dictionary(grouping: misled, by: { states[$0].source.sourceTag }) {
            sourceTags[tag] = .asking(waiting: waiting, named: digest)
            enqueue(.fetchManifest(tag.store, tag.repository, .tag(tag.tag)), for: waiting[0])
        }
        stopWaiting(misled, for: digest, from: place)
        return true
    }

    mutating func tagFailed(_ tag: SourceTag, _ failure: TransferFailure) {
        guard case .asking(let waiting, _) = sourceTags.remove(tag) else { return }
        for item in waiting {
            if states[item].isKept, let existing = states[item].existing {
                finish(item, .kept(existing, offered: nil))
            } else {
                finish(item, .failed(failure))
            }
        }
    }

    /// Whether nobody wants more of a tag than to compare it.
    private func isOnlyKept(_ tag: SourceTag) -> Bool {
        guard case .asking(let waiting, _) = sourceTags[tag] else { return false }
        return waiting.allSatisfy { states[$0].isKept }
    }

    private static func unnamed(_ tag: SourceTag) -> TransferFailure {
        TransferFailure(
            ContentFailure(.notFound, "\(tag.store)/\(tag.repository) has no tag \(tag.tag)"), side: .source)
    }

    /// The source's digest is known: nothing to do, or the graph is to be copied.
    mutating func resolved(_ item: ItemID, _ digest: Digest) {
        if let failure = states[item].probeFailure { return finish(item, .failed(failure)) }
        states[item].root = digest
        guard case .resolving = states[item].phase else { return }
        if states[item].isKept, let existing = states[item].existing {
            // Of chosen children no digest is known without reading the index.
            let offered = replacesIndex(item) ? nil : digest
            return finish(item, existing == offered ? .unchanged(existing) : .kept(existing, offered: offered))
        }
        if has(item, digest), !replacesIndex(item) { return isThere(item, digest) }
        if waitsForWriteProof(item) { return }
        let source = states[item].source
        requireManifest(digest, from: SourcePlace(store: source.store, repository: source.repository), for: .item(item))
    }

    private func replacesIndex(_ item: ItemID) -> Bool { states[item].platforms?.replacesIndex == true }

    /// Whether the target has this digest under the item's name, and is believed to have what it leads to.
    private func has(_ item: ItemID, _ digest: Digest) -> Bool {
        settings.existing == .trusted && states[item].existing == digest
            && (states[item].target.digest ?? digest) == digest
    }

    /// The target has it under this name. What refers to it may be new all the same.
    private mutating func isThere(_ item: ItemID, _ digest: Digest) {
        let (source, target) = (states[item].source, states[item].target)
        let place = self.place(of: digest, as: item)
        guard settings.referrers.scope == .all, nodes[place] == nil, settled[place] == nil else {
            return unchanged(item, digest)
        }
        states[item].phase = .copying
        var node = ManifestNode(
            source: SourcePlace(store: source.store, repository: source.repository), owner: item, depth: 1)
        node.isThere = true
        node.goals = [ManifestNode.Goal(item: item, tag: target.tag)]
        node.state = .waiting(1)
        nodes[place] = node
        if !requireReferrers(of: place, node) { dependencyDone(place) }
    }

    mutating func unchanged(_ item: ItemID, _ digest: Digest) {
        events.append(.manifestExisted(digest, item: item))
        finish(item, .unchanged(digest))
    }

    /// The manifest that the source names is here: what is wanted of it is copied.
    mutating func rootFetched(_ item: ItemID, _ manifest: ParsedManifest) {
        events.append(.rootFetched(manifest.digest, item: item))
        states[item].rootWasRead = true
        do throws(ContentFailure) {
            let choice = states[item].platforms
            switch try choice.flatMap({ choice throws(ContentFailure) in
                try manifest.selection(of: choice, named: "\(states[item].source)")
            }) {
            case .image(let child):
                states[item].chosenFrom = states[item].chosenFrom ?? manifest.digest
                chosen(child, for: item)
            case .made(let index):
                if index.digest != manifest.digest { states[item].chosenFrom = manifest.digest }
                copyRoot(named(index, madeOf: manifest, for: item), for: item)
            case .sparse(let index): copyRoot(index, for: item)
            case nil: copyRoot(manifest, for: item)
            }
        } catch {
            finish(item, .failed(TransferFailure(error, side: .source)))
        }
    }

    private mutating func copyRoot(_ manifest: ParsedManifest, for item: ItemID) {
        states[item].root = manifest.digest
        states[item].mediaType = manifest.mediaType
        if let digest = states[item].target.digest, digest != manifest.digest {
            return finish(item, .failed(Self.wrongTargetDigest(digest, manifest.digest)))
        }
        if has(item, manifest.digest) { return isThere(item, manifest.digest) }
        if mergesList(manifest, for: item) { return }
        states[item].phase = .copying
        copy(manifest, for: item)
    }

    /// A made index under the name it has in truth, where what it was made of stands for the source's.
    private func named(_ index: ParsedManifest, madeOf source: ParsedManifest, for item: ItemID) -> ParsedManifest {
        guard let choice = states[item].platforms else { return index }
        let key = IndexChoice(store: states[item].source.store, index: source.digest, choice: choice)
        return madeDigests[key].map(index.named) ?? index
    }

    /// Where a manifest goes that is an item's root.
    func place(of root: Digest, as item: ItemID) -> ManifestPlace {
        let target = states[item].target
        var place = ManifestPlace(store: target.store, repository: target.repository, digest: root)
        if let choice = states[item].platforms {
            if choice.isSparse { place.part = .sparse(choice) }
            if states[item].chosenFrom != nil, !choice.wantsSingleImage { place.part = .made }
        }
        return place
    }

    /// The child for the item's platform takes the index's place.
    private mutating func chosen(_ child: Descriptor, for item: ItemID) {
        states[item].chosen = child
        let source = states[item].source
        requireManifest(
            child.digest, from: SourcePlace(store: source.store, repository: source.repository), for: .item(item))
    }

    mutating func finish(_ item: ItemID, _ outcome: ItemOutcome) {
        guard let state = states.end(item) else { return }
        admission.ended(state.item)
        if state.source.digest == nil { sourceTags.endUse(of: state.source.sourceTag) }
        endSpareSession(at: state.target, after: item)
        var report = ItemReport(
            item: item, outcome: state.told(outcome), mediaType: state.mediaType, counts: state.counts,
            attempts: state.attempts,
            duration: now - state.started)
        (report.chosenFrom, report.chosen) = (state.chosenFrom, state.chosen)
        (report.rootWasRead, report.referrersLeft) = (state.rootWasRead, state.referrersLeft)
        events.append(.itemFinished(report))
    }

    private static func wrongTargetDigest(_ wanted: Digest, _ actual: Digest) -> TransferFailure {
        let message = "the target asks for \(wanted) but the source is \(actual)"
        return TransferFailure(ContentFailure(.invalid, message), side: .source)
    }
}

extension TransferEndpoint {
    /// What to ask for at this place: the tag where there is one.
    var selector: ManifestSelector? { tag.map(ManifestSelector.tag) ?? digest.map(ManifestSelector.digest) }
}

extension TransferFailure {
    /// A registry that refuses an index whose children are not all there says that a manifest is missing, and not which rule that
    /// breaks (docker-registry 2.8.2: MANIFEST_BLOB_UNKNOWN).
    func advised(on part: ManifestPlace.Part) -> TransferFailure {
        guard case .sparse = part, cause.saysContentIsMissing else { return self }
        var failure = self
        failure.cause.hint = "the registry may take an index with all of its children only: leave out --sparse"
        return failure
    }
}
