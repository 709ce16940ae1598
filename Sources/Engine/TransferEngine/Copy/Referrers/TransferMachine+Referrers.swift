// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Copying the referrers of an image. They arrive before the image, like everything else that an item needs.

extension TransferMachine {
    /// Requests the referrers of a manifest, which waits for the answer. If another item has requested them from the same
    /// repository, the manifest waits for that answer already.
    mutating func requireReferrers(of place: ManifestPlace, _ node: ManifestNode) {
        guard settings.copiesReferrers, node.asksReferrers, node.subject == nil, place.part != .made,
            node.isHealed || !node.listed.contains(node.source)
        else { return }
        askForReferrers(of: place, at: node.source, for: node.owner)
    }

    private mutating func askForReferrers(of place: ManifestPlace, at source: RepositoryPlace, for item: ItemID) {
        if nodes[place]?.listed.contains(source) == false { nodes[place]?.listed.append(source) }
        nodes.add(.referrers(source), to: place)
        enqueue(.listReferrers(place, source), for: item)
    }

    /// The same manifest is also copied from another repository, where it may have other referrers. Its place waits for
    /// that answer, too.
    ///
    /// - Parameter manifest: nil if only the node can know it.
    /// - Returns: false if that repository was asked already, or its referrers are not wanted.
    mutating func requireFurtherReferrers(
        of place: ManifestPlace, _ manifest: ParsedManifest?, from source: RepositoryPlace, for item: ItemID
    ) -> Bool {
        guard settings.copiesReferrers, place.part != .made, let node = nodes[place], node.subject == nil,
            !node.listed.contains(source)
        else { return false }
        if node.isPresent { nodes[place]?.isThere = true }
        if node.isStored { nodes[place]?.state = .waiting }
        askForReferrers(of: place, at: source, for: item)
        // A manifest that is still being fetched does this later.
        if case .fetching = node.state { return true }
        if let manifest = node.manifest ?? manifest {
            lookFurther(below: place, manifest, from: source)
        } else {
            lookInside(place, node)
        }
        return true
    }

    /// A manifest that is being copied for others is also needed by a manifest from another repository, or as a referrer.
    mutating func requireReferrersOfKnown(_ place: ManifestPlace, _ known: ManifestNode, from parent: ManifestNode) {
        // It asks its own repository itself.
        guard known.source != parent.source || !known.asksReferrers else { return }
        _ = requireFurtherReferrers(of: place, nil, from: parent.source, for: parent.owner)
    }

    mutating func referrersListed(_ place: ManifestPlace, _ list: ReferrerList, from source: RepositoryPlace) {
        // Otherwise the manifest that had asked was given up at this place.
        guard nodes.needs(.referrers(source), place), var node = nodes[place] else { return }
        // The referrers are in the repository that listed them.
        node.source = source
        for difference in list.kept {
            events.append(
                .signatureKept(
                    difference.tag, difference.atTarget, instead: difference.atSource, at: place.store,
                    place.repository, item: node.owner))
        }
        if list.left > 0 {
            if !states.hasEnded(node.owner) { states[node.owner].referrersLeft.add(saturating: list.left) }
            events.append(.referrersLeft(list.left, item: node.owner))
        }
        if let index = list.index { requireReferrers(in: index, needsTag: list.needsTag, of: place, node) }
        for (tag, manifest) in list.tagged { require(manifest, tagged: tag, for: place, node) }
        for entry in list.present {
            if asksOfPresent {
                requireChild(entry, of: place, node, refers: true)
            } else if settings.referrers.scope == .all {
                lookBelow(entry, of: place, node)
            }
        }
        // Referrers that can be read are still copied.
        for failure in list.unreadable { nodes[place]?.noteReferrers(failure) }
        meet(.referrers(source), of: place)
    }

    /// A manifest is at the target. Its own referrers may be new.
    mutating func lookBelow(_ entry: Descriptor, of place: ManifestPlace, _ node: ManifestNode) {
        let present = ManifestPlace(store: place.store, repository: place.repository, digest: entry.digest)
        guard nodes[present] == nil else { return lookBelowKnown(present, entry, of: place, node) }
        let earlier = settled[present]
        guard earlier?.listed.contains(node.source) != true,
            settings.bounds.failure(depth: node.depth + 1, reached: states[node.owner].descriptors) == nil
        else { return }
        settled[present] = nil
        var below = ManifestNode(
            source: node.source, owner: node.owner, depth: node.depth + 1, descriptor: entry, parents: [place])
        (below.isThere, below.state, below.needs) = (true, .waiting, [.requests])
        below.listed = earlier?.listed ?? []
        nodes.begin(below, at: present, below: place)
        nodes[place]?.referrers.insert(present)
        lookInside(present, below)
        requireReferrers(of: present, below)
        meet(.requests, of: present)
    }

    private mutating func lookBelowKnown(
        _ present: ManifestPlace, _ entry: Descriptor, of place: ManifestPlace, _ node: ManifestNode
    ) {
        guard let known = nodes[present], !known.parents.contains(place), !nodes.isWaiting(present, for: place) else {
            return
        }
        if known.isPresent {
            nodes[present]?.descriptor = entry
            guard requireFurtherReferrers(of: present, nil, from: node.source, for: node.owner) else { return }
        } else {
            requireReferrersOfKnown(present, known, from: node)
        }
        nodes.join(present, to: place)
        nodes[place]?.referrers.insert(present)
    }

    /// The target has a manifest that this run has not read. If it is an index, and referrers of everything are wanted, its
    /// images may have new ones.
    mutating func lookInside(_ place: ManifestPlace, _ node: ManifestNode) {
        guard settings.referrers.scope == .all, node.descriptor?.mediaType.manifestKind ?? .index == .index else {
            return
        }
        nodes.add(.reading, to: place)
        enqueue(.readIndex(place), for: node.owner)
    }

    /// An index was read at the target. Asks for the referrers of its images, which the target is believed to have.
    mutating func indexRead(_ place: ManifestPlace, _ content: ManifestContent) {
        guard nodes.needs(.reading, place), let node = nodes[place] else { return }
        do throws(ContentFailure) {
            let index = try ParsedManifest(verifiable: content).part(place.part)
            states[node.owner].descriptors += index.descriptorCount
            for source in node.sources { lookBelow(index.children, of: place, node, from: source) }
            meet(.reading, of: place)
        } catch {
            indexUnread(place, TransferFailure(error, side: .target))
        }
    }

    private mutating func lookBelow(
        _ children: [Descriptor], of place: ManifestPlace, _ node: ManifestNode, from source: RepositoryPlace
    ) {
        var node = node
        node.source = source
        for child in children where child.mediaType.manifestKind != nil { lookBelow(child, of: place, node) }
    }

    /// It is not known which images the index lists, so their referrers are not known.
    mutating func indexUnread(_ place: ManifestPlace, _ failure: TransferFailure) {
        guard nodes.needs(.reading, place) else { return }
        nodes[place]?.noteReferrers(failure)
        meet(.reading, of: place)
    }

    /// Whether referrers that are at the target are checked. They may be incomplete, or lack their own referrers.
    private var asksOfPresent: Bool { settings.existing == .proven }

    /// The question failed finally. The image is copied nevertheless, and its item fails because its referrers are not
    /// known.
    mutating func referrersUnknown(_ place: ManifestPlace, at source: RepositoryPlace, _ failure: TransferFailure) {
        guard nodes.needs(.referrers(source), place) else { return }
        nodes[place]?.noteReferrers(failure)
        meet(.referrers(source), of: place)
    }

    /// Ends an item whose manifest is at its place. The item succeeds if its referrers were copied.
    mutating func end(_ item: ItemID, of node: ManifestNode, _ end: (inout Self) -> Void) {
        guard var failure = node.referrersFailureInAll else { return end(&self) }
        failure.cause.message += "; the image is at the target, what refers to it may not be"
        finish(item, .failed(failure))
    }

    private mutating func requireReferrers(
        in index: ParsedManifest, needsTag: Bool, of place: ManifestPlace, _ node: ManifestNode
    ) {
        if needsTag, let tag = ReferrerList.tag(for: place.digest) {
            return require(index, tagged: tag, asListOf: place.digest, for: place, node)
        }
        for child in index.children { requireChild(child, of: place, node, refers: true) }
    }

    /// A manifest that gets a tag of its own, and that `place` waits for.
    ///
    /// - Parameter subject: the manifest whose referrers this manifest lists. nil: the manifest is stored as it is.
    private mutating func require(
        _ manifest: ParsedManifest, tagged tag: Tag, asListOf subject: Digest? = nil, for place: ManifestPlace,
        _ node: ManifestNode
    ) {
        let wanted = ManifestPlace(
            store: place.store, repository: place.repository, digest: manifest.digest, derivedTag: tag)
        guard nodes[wanted] == nil, settled[wanted] == nil else { return }
        var tagged = ManifestNode(source: node.source, owner: node.owner, depth: node.depth + 1, parents: [place])
        tagged.extraTag = tag
        tagged.subject = subject
        nodes[wanted] = tagged
        nodes.add(.child(wanted), to: place)
        expand(wanted, manifest)
    }

    /// All available entries of a list of referrers are at the target. Stores the list without the other entries.
    mutating func storeList(_ place: ManifestPlace, _ list: ParsedManifest, of subject: Digest) {
        guard let node = nodes[place] else { return }
        let left = node.leftOut
        let entries = left.isEmpty ? list.content : ReferrerDocument(list.content).entries(without: left)?.content
        if let entries {
            return enqueue(.mergeReferrers(place, entries, of: subject), for: node.owner)
        }
        becomePresent(place, storedAt: [])
        endListItems(of: place, node, at: nil)
        settleIfDone(place)
    }

    /// Whether an entry of a list is stored only after the list, because it waits for the list itself. It is left out of
    /// the list then, because targets that check an index's entries may refuse the list.
    mutating func leavesOut(_ entry: ManifestPlace, awaiting list: ManifestPlace) -> Bool {
        guard let subject = nodes[list]?.subject, nodes.isWaiting(entry, for: list) else { return false }
        // No hash binds a list. An entry with another subject is not a referrer of this one, so nothing is missing without
        // it.
        let refers = nodes[entry]?.manifest?.manifest.subject?.digest == subject
        // An entry that gets a tag adds itself to the list when it is stored.
        let isNamed = nodes[entry]?.goals.contains { $0.tag != nil } ?? false
        leaveOut(entry, of: list, refers && !isNamed ? .listedTooEarly(entry, subject) : nil)
        return true
    }

    /// A list of referrers is at the target, with what was there before.
    mutating func listMerged(_ place: ManifestPlace, _ merged: ManifestContent) {
        guard let node = nodes[place], case .storing = node.state, let tag = node.extraTag else { return }
        events.append(
            .manifestStored(
                .tag(tag), merged.digest, size: merged.bytes.count, at: place.store, place.repository, item: node.owner)
        )
        becomePresent(place, storedAt: [.tag(tag)])
        endListItems(of: place, node, at: merged.digest)
        settleIfDone(place)
    }
}

extension ParsedManifest {
    /// What is at a place of this manifest.
    fileprivate func part(_ part: ManifestPlace.Part) throws(ContentFailure) -> ParsedManifest {
        guard case .sparse(let choice) = part, isIndex,
            case .sparse(let index) = try selection(of: choice, named: "\(digest)")
        else { return self }
        return index
    }
}

extension TransferFailure {
    /// A manifest waits for the list of another manifest's referrers, and is on that list itself.
    fileprivate static func listedTooEarly(_ entry: ManifestPlace, _ subject: Digest) -> TransferFailure {
        let message =
            "\(entry.digest) refers to \(subject) and leads to it: it is not on the target's list of referrers yet"
        return TransferFailure(
            ContentFailure(.conflict, message, hint: "a further run with --referrers=all adds it"), side: .target)
    }
}
