// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// What a manifest needs before it can be stored.

extension TransferMachine {
    /// Copies the root of an item: joins the copy that is under way at its place, or begins it.
    mutating func copy(_ manifest: ParsedManifest, for item: ItemID) {
        let (source, target) = (states[item].source, states[item].target)
        let place = self.place(of: manifest.digest, as: item)
        let goal = ManifestNode.Goal(item: item, tag: target.tag)
        if nodes[place] == nil {
            var node = ManifestNode(source: source.place, owner: item, depth: 1)
            node.goals = [goal]
            if let earlier = settled.removeValue(forKey: place) {
                node.state = .present
                node.listed = earlier.listed
                nodes[place] = node
                rejoin(place, manifest, for: goal)
            } else {
                node.mayBeThere = mayHaveChildren(item, manifest)
                nodes[place] = node
                begin(place, manifest, for: item)
            }
        } else {
            nodes[place]?.goals.append(goal)
            if nodes[place]?.isThere == true {
                // The manifest gets a further name, so it is stored.
                nodes[place]?.isThere = false
                nodes[place]?.manifest = manifest
            } else if case .fetching? = nodes[place]?.state {
                // If the target turns out to have the manifest, only its name is stored.
                nodes[place]?.manifest = manifest
            }
            rejoin(place, manifest, for: goal)
        }
    }

    /// Adds an item to a manifest that is being copied or is stored. It may only need a further tag.
    private mutating func rejoin(_ place: ManifestPlace, _ manifest: ParsedManifest, for goal: ManifestNode.Goal) {
        let source = states[goal.item].source.place
        if requireFurtherReferrers(of: place, manifest, from: source, for: goal.item) {
            nodes[place]?.manifest = manifest
            if goal.tag != nil { nodes[place]?.isThere = false }
            return
        }
        guard let node = nodes[place], case .present = node.state else { return }
        let isNamed = settings.existing == .proven && states[goal.item].existing == place.digest
        guard let tag = goal.tag, !isNamed else { return finishGoals(of: place) { $0.item == goal.item } }
        enqueue(.storeManifest(place, manifest, .tag(tag)), for: goal.item)
    }

    /// Makes sure that an index entry gets to the target.
    ///
    /// - Parameter refers: the entry belongs to a list of referrers.
    /// - Returns: whether the parent has to wait for it.
    @discardableResult
    mutating func requireChild(
        _ child: Descriptor, of parent: ManifestPlace, _ node: ManifestNode, refers: Bool = false
    ) -> Bool {
        let place = ManifestPlace(store: parent.store, repository: parent.repository, digest: child.digest)
        let asksReferrers = refers || node.subject != nil || settings.referrers.scope == .all
        if settled[place] != nil || nodes[place]?.isPresent == true {
            if asksReferrers { lookBelow(child, of: parent, node) }
            return nodes.needs(.child(place), parent)
        }
        let promised = refers || node.subject != nil ? nil : child.size
        if let known = nodes[place] {
            if known.parents.contains(parent) {
                // It is the first child, and was requested before the others.
                nodes.add(.child(place), to: parent)
                if asksReferrers { requireReferrersOfKnown(place, known, from: node) }
                return true
            }
            if leavesOut(place, awaiting: parent) || nodes.isWaiting(place, for: parent) { return false }
            if refers { nodes[parent]?.referrers.insert(place) }
            nodes[place]?.promisedSize = known.promisedSize ?? promised
            nodes.join(place, to: parent)
            if asksReferrers { requireReferrersOfKnown(place, known, from: node) }
            return true
        }
        if refers { nodes[parent]?.referrers.insert(place) }
        var childNode = ManifestNode(
            source: node.source, owner: node.owner, depth: node.depth + 1, descriptor: child, parents: [parent])
        childNode.promisedSize = promised
        childNode.asksReferrers = asksReferrers
        nodes.begin(childNode, at: place, below: parent)
        if node.mayBeThere {
            enqueue(.findManifest(place), for: node.owner)
        } else {
            requireManifest(child.digest, from: node.source, for: .child(place))
        }
        return nodes.needs(.child(place), parent)
    }

    mutating func childFetched(_ place: ManifestPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place], case .fetching = node.state else { return }
        if let size = node.promisedSize, size != manifest.content.bytes.count {
            let actual = Int64(manifest.content.bytes.count)
            return fail(place, .wrongSize(of: manifest.digest, actual, promised: size, side: .source))
        }
        expand(place, manifest)
    }

    /// Requests what the manifest points at, or its beginning.
    mutating func expand(_ place: ManifestPlace, _ manifest: ParsedManifest) {
        guard var node = nodes[place] else { return }
        if let failure = boundsFailure(node, manifest) { return fail(place, failure) }
        node.manifest = manifest
        node.state = .waiting
        node.needs.insert(.requests)
        node.reach = reach(of: node, manifest)
        nodes[place] = node
        switch node.reach {
        case .whole:
            requireAll(of: place, manifest)
            goOnAbove(place)
        case .beginning: requireBeginning(of: place, manifest)
        }
    }

    /// Requests everything that the manifest points at.
    mutating func requireAll(of place: ManifestPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place] else { return }
        nodes[place]?.reach = .whole
        manifestsRead += 1
        requireChildren(of: place, manifest, node)
        // While the manifest was fetched, items from other repositories have joined.
        for source in node.sources.dropFirst() { lookFurther(below: place, manifest, from: source) }
        let placed = blobsToPlace(manifest, node)
        nodes[place]?.blobs = placed.map(\.digest)
        for blob in placed { requireBlob(blob, for: place, node) }
        requireReferrers(of: place, node)
        meet(.requests, of: place)
    }

    private mutating func requireChildren(of place: ManifestPlace, _ manifest: ParsedManifest, _ node: ManifestNode) {
        for child in manifest.children where !node.blobEntries.contains(child.digest) {
            requireChild(child, of: place, node)
        }
    }

    /// If referrers of everything are wanted, also those that another repository has of the manifest's children.
    mutating func lookFurther(below place: ManifestPlace, _ manifest: ParsedManifest, from source: RepositoryPlace) {
        guard settings.referrers.scope == .all, var node = nodes[place] else { return }
        node.source = source
        requireChildren(of: place, manifest, node)
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

    /// Something that the manifest waited for has happened.
    mutating func meet(_ need: ManifestNode.Need, of place: ManifestPlace) {
        if nodes.meet(need, of: place) { store(place) }
    }
}
