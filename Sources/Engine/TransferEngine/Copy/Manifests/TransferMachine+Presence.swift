// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// What a target has of an image that it does not have under the item's name. It may have the image under another tag, in
// another repository, or from an earlier run. A few questions find this out.

extension TransferMachine {
    /// Begins the root of an item.
    ///
    /// If the target has an index, the pulls of all its children are saved. If the source does not count pulls, the target
    /// is asked for the index only after it turned out to have the index's beginning.
    mutating func begin(
        _ place: ManifestPlace, _ manifest: ParsedManifest, for item: ItemID
    ) {
        guard asksFirst(manifest), states[item].wasProbed, countsPulls(states[item].source.store) else {
            return expand(place, manifest)
        }
        nodes[place]?.manifest = manifest
        nodes[place]?.isSought = true
        enqueue(.findManifest(place), for: item)
    }

    /// Bytes of the largest blob that the rest of its image may wait for.
    static let largestBeginning: Int64 = 1 << 20

    /// Whether the target is asked for a manifest before its content is requested. If referrers of all manifests are
    /// wanted, each manifest is visited in any case.
    private func asksFirst(_ manifest: ParsedManifest) -> Bool {
        manifest.children.count > 1 && settings.referrers.scope != .all && settings.existing == .trusted
    }

    /// Whether the target may have children of this index. An index that replaces another one under its tag shares most
    /// children with it.
    func mayHaveChildren(_ item: ItemID, _ manifest: ParsedManifest) -> Bool {
        states[item].existing != nil && asksFirst(manifest)
    }

    func reach(of node: ManifestNode, _ manifest: ParsedManifest) -> ManifestNode.Reach {
        if node.isHealed { return .whole }
        if asksFirst(manifest) { return node.mayBeThere ? .whole : .beginning }
        let isFirst = node.parents.contains { nodes[$0]?.reach == .beginning }
        let isSmall = manifest.firstBlob.map { $0.size <= Self.largestBeginning } ?? false
        return isFirst && isSmall && manifest.children.isEmpty ? .beginning : .whole
    }

    /// Requests the first child, or the first blob.
    mutating func requireBeginning(of place: ManifestPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place] else { return }
        let isAwaited =
            if let child = manifest.children.first {
                requireChild(child, of: place, node)
            } else if let blob = blobsToPlace(manifest, node).first {
                requireBlob(blob, for: place, node)
            } else {
                false
            }
        // The first child may also belong to another index, and may have been read already.
        if !isAwaited || isBegun(firstChildOf: place) { goOn(with: place) }
    }

    private func isBegun(firstChildOf place: ManifestPlace) -> Bool {
        guard let child = nodes[place]?.children.first, let node = nodes[child] else { return false }
        return node.manifest != nil && node.reach == .whole
    }

    /// The first blob of a manifest is at its place, or the target has answered that it lacks the blob.
    ///
    /// - Parameter isOld: the blob was there before the run.
    mutating func beginningKnown(of place: ManifestPlace, isOld: Bool) {
        guard nodes[place]?.reach == .beginning else { return }
        if isOld { beginningFound(of: place) } else { goOn(with: place) }
    }

    /// The target had the beginning, so it may have the whole manifest, and the index above it.
    private mutating func beginningFound(of place: ManifestPlace) {
        guard let node = nodes[place], !node.isSought else { return }
        let index = node.parents.first { nodes[$0]?.reach == .beginning }
        let sought = index ?? place
        // A list of referrers is merged with the target's list, whether or not the target has the same one.
        guard nodes[sought]?.subject == nil else { return manifestFound(sought, isThere: false) }
        nodes[sought]?.isSought = true
        enqueue(.findManifest(sought), for: node.owner)
    }

    /// The target said whether it has a manifest under its digest.
    mutating func manifestFound(_ place: ManifestPlace, isThere: Bool) {
        guard let node = nodes[place], !node.isStored else { return }
        nodes[place]?.isSought = false
        if isThere {
            foundWhole(place, node)
        } else if node.manifest == nil, let descriptor = node.descriptor {
            requireManifest(descriptor.digest, from: node.source, for: .child(place))
        } else if case .waiting = node.state {
            nodes[place]?.mayBeThere = true
            seekBeginning(below: place)
            goOn(with: place)
        } else if let manifest = node.manifest {
            expand(place, manifest)
        }
    }

    // MARK: - Proving

    /// Everything below a manifest was proven to be there, or was sent. Reads the manifest itself at the target now.
    ///
    /// - Returns: whether the manifest waits for the answer.
    mutating func waitsForProof(_ place: ManifestPlace) -> Bool {
        guard settings.existing == .proven, let node = nodes[place], !node.isProven else { return false }
        nodes[place]?.isProven = true
        nodes[place]?.state = .waiting
        nodes.add(.proof, to: place)
        enqueue(.proveManifest(place), for: node.owner)
        return true
    }

    /// - Parameter isThere: the target returned the manifest's bytes, and they have its digest.
    mutating func manifestProven(_ place: ManifestPlace, isThere: Bool) {
        guard nodes[place]?.needs.remove(.proof) != nil, let node = nodes[place] else { return }
        guard isThere, node.extraTag == nil else { return store(place) }
        let named = node.goals.filter { $0.tag == nil || states[$0.item].existing == place.digest }
        // The target lacks only names for the manifest.
        becomePresent(place, storedAt: named.compactMap { $0.tag.map(ManifestSelector.tag) })
        let items = named.map(\.item)
        finishGoals(of: place) { items.contains($0.item) }
    }

    /// Ends an item whose manifest is at its place.
    mutating func finish(_ item: ItemID, at digest: Digest) {
        let hadIt = states[item].existing == digest
        let isOld =
            switch settings.existing {
            case .trusted: hadIt
            case .proven: hadIt && !states[item].hasWritten
            case .ignored: false
            }
        if isOld { unchanged(item, digest) } else { finish(item, .copied(digest)) }
    }

    /// The target does not have the index. It may have the first child.
    private mutating func seekBeginning(below place: ManifestPlace) {
        for child in nodes[place]?.children ?? [] where nodes[child]?.reach == .beginning {
            nodes[child]?.isSought = true
            enqueue(.findManifest(child), for: nodes[child]?.owner ?? 0)
        }
    }

    /// The target has the manifest with all it points at. Only a name for it may be missing.
    private mutating func foundWhole(_ place: ManifestPlace, _ node: ManifestNode) {
        let forgone = node.children.filter { !node.canDoWithout($0) }
        nodes[place]?.keepReferrersOnly()
        for child in forgone { nodes.forgo(child, by: place) }
        // Another index may have the same first child, and may wait for it.
        for child in forgone { beginningKnown(of: child, isOld: true) }
        for parent in node.parents where nodes[parent]?.reach == .beginning {
            nodes[parent]?.mayBeThere = true
            goOn(with: parent)
        }
        if !node.goals.isEmpty { requireReferrers(of: place, node) }
        endFound(place)
    }

    private mutating func endFound(_ place: ManifestPlace) {
        guard let node = nodes[place] else { return }
        if !node.needs.isEmpty {
            nodes[place]?.state = .waiting
            // Without a further name, nothing is stored.
            nodes[place]?.isThere = node.goals.allSatisfy { $0.tag == nil }
        } else if node.goals.contains(where: { $0.tag != nil }) {
            store(place)
        } else {
            becomePresent(place, storedAt: [])
            finishGoals(of: place) { $0.tag == nil }
        }
    }

    /// Requests the rest of a manifest of which only the beginning was requested, and the rest of the index above it.
    mutating func goOn(with place: ManifestPlace) {
        guard let node = nodes[place], node.reach == .beginning, !node.isSought, let manifest = node.manifest
        else { return }
        requireAll(of: place, manifest)
        goOnAbove(place)
    }

    /// The first child of the indexes above is known. Requests their other children.
    mutating func goOnAbove(_ place: ManifestPlace) {
        for parent in nodes[place]?.parents ?? [] { goOn(with: parent) }
    }
}
