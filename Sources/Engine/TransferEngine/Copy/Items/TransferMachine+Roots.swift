// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Items whose source has named a digest.

extension TransferMachine {
    /// The source's digest is known. Ends the item if the target has it, otherwise copies it.
    mutating func resolved(_ item: ItemID, _ digest: Digest) {
        if let failure = states[item].probeFailure { return finish(item, .failed(failure)) }
        states[item].root = digest
        guard case .resolving = states[item].phase else { return }
        if let wanted = wanted(of: digest, for: item), endsWithoutReading(item, wanted, named: digest) { return }
        if waitsForWriteProof(item) { return }
        let source = states[item].source
        requireManifest(digest, from: source.place, for: .item(item))
    }

    /// The manifest that an item's copy has at the target; nil while this is not known. What is chosen from an index is known
    /// only once the index is read, in this run or an earlier one.
    private func wanted(of named: Digest, for item: ItemID) -> Digest? {
        guard let platforms = states[item].platforms, platforms.replacesIndex else { return named }
        return knownChoices[IndexChoice(of: platforms, from: named)]
    }

    private mutating func endsWithoutReading(_ item: ItemID, _ wanted: Digest, named: Digest) -> Bool {
        guard states[item].isKept || has(item, wanted) else { return false }
        if wanted != named { states[item].chosenFrom = named }
        if !endKept(item, offering: wanted) { isThere(item, wanted) }
        return true
    }

    /// Ends an item whose name at the target is left alone.
    ///
    /// - Returns: whether the item was ended.
    private mutating func endKept(_ item: ItemID, offering digest: Digest) -> Bool {
        guard states[item].isKept, let existing = states[item].existing else { return false }
        finish(item, existing == digest ? .unchanged(existing) : .kept(existing, offered: digest))
        return true
    }

    /// Whether the target has this digest under the item's name, and is believed to have everything below it.
    private func has(_ item: ItemID, _ digest: Digest) -> Bool {
        settings.existing == .trusted && states[item].existing == digest
            && (states[item].target.digest ?? digest) == digest
    }

    /// The same once the bytes are known. The target's digest of the same content may use another algorithm.
    private func has(_ item: ItemID, _ content: ManifestContent) -> Bool {
        settings.existing == .trusted && states[item].existing.map(content.has) == true
            && states[item].target.digest.map(content.has) != false
    }

    /// Whether the stored manifest can be found under the digest in the target's name. Without a tag it is stored under the
    /// source's digest.
    private func canGet(_ item: ItemID, _ digest: Digest, _ content: ManifestContent) -> Bool {
        states[item].target.tag == nil ? digest == content.digest : content.has(digest)
    }

    /// The target has the manifest under this name, but it may lack new referrers.
    private mutating func isThere(_ item: ItemID, _ digest: Digest) {
        let source = states[item].source.place
        let place = self.place(of: digest, as: item)
        let earlier = settled[place]
        guard settings.referrers.scope == .all, earlier?.listed.contains(source) != true else {
            return unchanged(item, digest)
        }
        states[item].phase = .copying
        let goal = ManifestNode.Goal(item: item, tag: nil)
        guard nodes[place] == nil else { return join(place, as: goal, from: source) }
        settled[place] = nil
        var node = ManifestNode(source: source, owner: item, depth: 1)
        node.isThere = true
        node.goals = [goal]
        node.listed = earlier?.listed ?? []
        (node.state, node.needs) = (.waiting, [.requests])
        nodes[place] = node
        if states[item].mayBeIndex { lookInside(place, node) }
        requireReferrers(of: place, node)
        meet(.requests, of: place)
    }

    /// The manifest is being copied or looked at for other items.
    private mutating func join(_ place: ManifestPlace, as goal: ManifestNode.Goal, from source: RepositoryPlace) {
        nodes[place]?.goals.append(goal)
        guard !requireFurtherReferrers(of: place, nil, from: source, for: goal.item), nodes[place]?.isPresent == true
        else { return }
        finishGoals(of: place) { $0.item == goal.item }
    }

    mutating func unchanged(_ item: ItemID, _ digest: Digest) {
        events.append(.manifestExisted(digest, item: item))
        finish(item, .unchanged(digest))
    }

    /// The manifest that the source names was read. Copies what is wanted of it.
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
        if manifest.digest.algorithm != .sha256 {
            states[item].tagDigest = ContentHash.digest(of: manifest.content.bytes)
        }
        noteChoice(of: manifest.digest, for: item)
        if endKept(item, offering: manifest.digest) { return }
        if has(item, manifest.content) { return isThere(item, manifest.digest) }
        if let digest = states[item].target.digest, !canGet(item, digest, manifest.content) {
            return finish(item, .failed(Self.wrongTargetDigest(digest, manifest.digest)))
        }
        if mergesList(manifest, for: item) { return }
        states[item].phase = .copying
        copy(manifest, for: item)
    }

    /// A made index with its final digest, for a dry run that uses substitutes for the source's manifests.
    private func named(_ index: ParsedManifest, madeOf source: ParsedManifest, for item: ItemID) -> ParsedManifest {
        guard let choice = states[item].platforms else { return index }
        return madeDigests[IndexChoice(of: choice, from: source.digest)].map(index.named) ?? index
    }

    /// The place of a manifest that is an item's root.
    func place(of root: Digest, as item: ItemID) -> ManifestPlace {
        let target = states[item].target
        var place = ManifestPlace(store: target.store, repository: target.repository, digest: root)
        if let choice = states[item].platforms {
            if choice.isSparse { place.part = .sparse(choice) }
            if states[item].chosenFrom != nil, !choice.wantsSingleImage { place.part = .made }
        }
        return place
    }

    /// Copies the child for the item's platform in place of the index.
    private mutating func chosen(_ child: Descriptor, for item: ItemID) {
        states[item].chosen = child
        if child.mediaType.manifestKind == .image, has(item, child.digest) {
            states[item].mediaType = child.mediaType
            noteChoice(of: child.digest, for: item)
            return isThere(item, child.digest)
        }
        if endKept(item, offering: child.digest) { return }
        let source = states[item].source
        requireManifest(child.digest, from: source.place, for: .item(item))
    }

    /// The next run need not read the source's manifest again to know this.
    private mutating func noteChoice(of digest: Digest, for item: ItemID) {
        guard let platforms = states[item].platforms, platforms.replacesIndex else { return }
        let choice = IndexChoice(of: platforms, from: states[item].chosenFrom ?? digest)
        if knownChoices[choice] != digest { events.append(.chosen(digest, by: choice)) }
    }

    private static func wrongTargetDigest(_ wanted: Digest, _ actual: Digest) -> TransferFailure {
        let message = "the target asks for \(wanted) but the source is \(actual)"
        return TransferFailure(ContentFailure(.invalid, message), side: .source)
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
}
