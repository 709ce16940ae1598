// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Copying what refers to an image: it arrives before the image it is about, like everything else an item needs.

extension TransferMachine {
    /// Asks for the referrers of a manifest; it waits for the answer.
    mutating func requireReferrers(of place: ManifestPlace, _ node: ManifestNode) -> Bool {
        guard settings.copiesReferrers, node.asksReferrers, node.subject == nil, place.part != .made else {
            return false
        }
        askForReferrers(of: place, at: node.source, for: node.owner)
        return true
    }

    private mutating func askForReferrers(of place: ManifestPlace, at source: SourcePlace, for item: ItemID) {
        nodes[place]?.listed.insert(source)
        nodes[place]?.awaitedLists.insert(source)
        enqueue(.listReferrers(place, source), for: item)
    }

    /// The same manifest comes from another repository as well, where other things may refer to it: its place waits once
    /// more for the answer.
    ///
    /// - Returns: false where that repository was asked already, or nobody wants to know.
    mutating func requireFurtherReferrers(
        of place: ManifestPlace, from source: SourcePlace, for item: ItemID
    ) -> Bool {
        guard settings.copiesReferrers, place.part != .made, let node = nodes[place], node.subject == nil,
            !node.listed.contains(source)
        else { return false }
        switch node.state {
        case .fetching: return false
        case .waiting: nodes.addPending(to: place)
        case .storing, .present: nodes[place]?.state = .waiting(1)
        }
        askForReferrers(of: place, at: source, for: item)
        return true
    }

    mutating func referrersListed(_ place: ManifestPlace, _ list: ReferrerList, from source: SourcePlace) {
        guard nodes[place]?.awaitedLists.remove(source) != nil, var node = nodes[place], case .waiting = node.state
        else {
            // A manifest that was given up at this place had asked.
            return
        }
        // What refers to it is where it was listed.
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
                if requireChild(entry, of: place, node, refers: true) { nodes.addPending(to: place) }
            } else if settings.referrers.scope == .all {
                lookBelow(entry, of: place, node)
            }
        }
        // Referrers that can be read are still copied.
        for failure in list.unreadable { nodes[place]?.noteReferrers(failure) }
        dependencyDone(place)
    }

    /// What refers to an image is at the target. What refers to that may be new.
    private mutating func lookBelow(_ entry: Descriptor, of place: ManifestPlace, _ node: ManifestNode) {
        let present = ManifestPlace(store: place.store, repository: place.repository, digest: entry.digest)
        guard nodes[present] == nil, settled[present] == nil,
            settings.bounds.failure(depth: node.depth + 1, reached: states[node.owner].descriptors) == nil
        else { return }
        var below = ManifestNode(
            source: node.source, owner: node.owner, depth: node.depth + 1, descriptor: entry, parents: [place])
        (below.isThere, below.state) = (true, .waiting(1))
        nodes.begin(below, at: present, below: place)
        nodes[place]?.referrers.insert(present)
        nodes.addPending(to: place)
        if !requireReferrers(of: present, below) { dependencyDone(present) }
    }

    /// What refers to an image and is at the target may be incomplete, or lack what refers to it.
    private var asksOfPresent: Bool { settings.existing == .proven }

    /// The question failed for good. It does not hold up the image, whose item fails for what is not known.
    mutating func referrersUnknown(_ place: ManifestPlace, at source: SourcePlace, _ failure: TransferFailure) {
        guard nodes[place]?.awaitedLists.remove(source) != nil, case .waiting = nodes[place]?.state else { return }
        nodes[place]?.noteReferrers(failure)
        dependencyDone(place)
    }

    /// Ends an item whose manifest is at its place: well, if what refers to it came along.
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
        for child in index.children where requireChild(child, of: place, node, refers: true) {
            nodes.addPending(to: place)
        }
    }

    /// A manifest that gets a tag of its own, and that `place` waits for.
    ///
    /// - Parameter subject: what the manifest is a list of referrers of; nil: it is stored as it is.
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
        nodes.addPending(to: place)
        expand(wanted, manifest)
    }

    /// Everything on a list of referrers is at the target that can be had: the rest is left out of it.
    mutating func storeList(_ place: ManifestPlace, _ list: ParsedManifest, of subject: Digest) {
        guard let node = nodes[place] else { return }
        let left = node.leftOut
        let entries = left.isEmpty ? list.content : ReferrerDocument(list.content).entries(without: left)?.content
        if let entries {
            return enqueue(.mergeReferrers(place, entries, of: subject), for: node.owner)
        }
        becomePresent(place, node, storedAt: [])
        endListItems(of: place, node, at: nil)
        settleIfDone(place)
    }

    /// Whether an entry of a list is stored only after it, because it waits for the list itself. It is left out of the list then, which
    /// a target may refuse that checks what an index lists.
    mutating func leavesOut(_ entry: ManifestPlace, awaiting list: ManifestPlace) -> Bool {
        guard let subject = nodes[list]?.subject, nodes.isWaiting(entry, for: list) else { return false }
        // No hash binds a list. What names another subject does not refer to this one, and nothing is missing without it.
        let refers = nodes[entry]?.manifest?.manifest.subject?.digest == subject
        // What gets a tag adds itself to the list then.
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
        becomePresent(place, node, storedAt: [.tag(tag)])
        endListItems(of: place, node, at: merged.digest)
        settleIfDone(place)
    }
}

extension TransferFailure {
    /// A manifest waits for the list of what refers to another one, and is on that list itself.
    fileprivate static func listedTooEarly(_ entry: ManifestPlace, _ subject: Digest) -> TransferFailure {
        let message =
            "\(entry.digest) refers to \(subject) and leads to it: it is not on the target's list of referrers yet"
        return TransferFailure(
            ContentFailure(.conflict, message, hint: "a further run with --referrers=all adds it"), side: .target)
    }
}
