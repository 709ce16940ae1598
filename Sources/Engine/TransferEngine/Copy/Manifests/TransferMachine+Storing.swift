// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Manifests whose content is at the target.

extension TransferMachine {
    /// Everything below the manifest is at the target. Stores the manifest last, and directly under a tag if one is wanted.
    mutating func store(_ place: ManifestPlace) {
        guard let node = nodes[place] else { return }
        guard !node.isThere else { return stayed(place) }
        guard let manifest = node.manifest, !waitsForProof(place) else { return }
        nodes[place]?.state = .storing
        if let subject = node.subject { return storeList(place, manifest, of: subject) }
        let goal = node.goals.first { $0.tag != nil }
        let selector = (goal?.tag ?? node.extraTag).map(ManifestSelector.tag) ?? .digest(place.digest)
        enqueue(
            .storeManifest(place, manifest, selector, also: node.furtherTags(besides: goal?.tag)),
            for: goal?.item ?? node.owner)
    }

    /// A stored manifest is on the list of its subject's referrers.
    mutating func listed(_ place: ManifestPlace, _ listing: ReferrerListing) {
        guard let node = nodes[place] else { return }
        events.append(.referrerListed(listing, at: place.store, place.repository, item: node.owner))
    }

    /// - Parameter tags: tags that the same request has set.
    mutating func manifestStored(_ place: ManifestPlace, _ selector: ManifestSelector, also tags: [Tag]) {
        guard let node = nodes[place] else { return }
        let stored = [selector] + tags.map(ManifestSelector.tag)
        for selector in stored { tell(place, node, storedAt: selector) }
        if case .storing = node.state { becomePresent(place, storedAt: stored) }
        finishGoals(of: place) { $0.tag == nil || $0.tag.map { stored.contains(.tag($0)) } == true }
    }

    private mutating func tell(_ place: ManifestPlace, _ node: ManifestNode, storedAt selector: ManifestSelector) {
        let item = node.goals.first { $0.isNamed(by: selector) }?.item ?? node.owner
        states[item].hasWritten = true
        let known = node.manifest ?? (try? manifests[node.source.store, place.digest]?.get())
        let size = known?.content.bytes.count ?? 0
        events.append(
            .manifestStored(selector, place.digest, size: size, at: place.store, place.repository, item: item))
    }

    /// Only the manifest's referrers were checked. Items that wait for a name have requested it already.
    private mutating func stayed(_ place: ManifestPlace) {
        becomePresent(place, storedAt: [])
        finishGoals(of: place) { $0.tag == nil }
    }

    mutating func becomePresent(_ place: ManifestPlace, storedAt stored: [ManifestSelector]) {
        guard let node = nodes[place] else { return }
        nodes.settle(place)
        for digest in node.blobs {
            placedBlobs.noteReferenced(TargetBlob(store: place.store, digest: digest), in: place.repository)
        }
        for parent in node.parents {
            if let failure = node.referrersFailure, answers(parent, forWhatRefersTo: place) {
                nodes[parent]?.noteReferrers(failure, further: node.furtherReferrersFailures)
            }
            goOn(with: parent)
            meet(.child(place), of: parent)
        }
        guard let manifest = node.manifest else { return }
        for goal in node.goals {
            guard let tag = goal.tag, !stored.contains(.tag(tag)) else { continue }
            enqueue(.storeManifest(place, manifest, .tag(tag)), for: goal.item)
        }
    }

    /// Whether the parent reports failures of this child's referrers. Unless all referrers are wanted, an index does not,
    /// because its result must not depend on which other items are copied.
    private func answers(_ parent: ManifestPlace, forWhatRefersTo child: ManifestPlace) -> Bool {
        settings.referrers.scope == .all || nodes[parent]?.canDoWithout(child) == true
    }

    mutating func finishGoals(of place: ManifestPlace, where isReached: (ManifestNode.Goal) -> Bool) {
        guard let node = nodes[place] else { return }
        nodes[place]?.goals.removeAll(where: isReached)
        settleIfDone(place)
        for goal in node.goals where isReached(goal) {
            end(goal.item, of: node) { $0.finish(goal.item, at: place.digest) }
        }
    }

    mutating func settleIfDone(_ place: ManifestPlace) {
        guard let node = nodes[place], case .present = node.state, node.goals.isEmpty, node.parents.isEmpty else {
            return
        }
        nodes[place] = nil
        // After a failure, the next item that needs the manifest asks for its referrers again.
        if node.referrersFailure == nil {
            settled[place] = SettledManifest(listed: node.listed)
        }
    }
}
