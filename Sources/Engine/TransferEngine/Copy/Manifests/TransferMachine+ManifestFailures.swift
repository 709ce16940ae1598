// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Manifests that cannot be read or stored.

extension TransferMachine {
    /// A refused tag fails only its own item. Items that want the manifest under another name continue.
    mutating func storingFailed(_ place: ManifestPlace, at selector: ManifestSelector, _ failure: TransferFailure) {
        guard let node = nodes[place] else { return }
        if failure.cause.saysContentIsMissing, !node.isHealed, case .storing = node.state, heal(place, node) { return }
        let failure = failure.advised(on: place.part)
        let failed = node.goals.filter { $0.isNamed(by: selector) }
        nodes[place]?.goals.removeAll { $0.isNamed(by: selector) }
        for goal in failed { finish(goal.item, .failed(failure)) }
        guard case .storing = node.state else { return settleIfDone(place) }
        if failed.isEmpty || (nodes[place]?.goals.isEmpty == true && node.parents.isEmpty) {
            fail(place, failure)
        } else {
            store(place)
        }
    }

    /// Content that was seen at the target has vanished before its manifest was stored: garbage collection ran, or a
    /// replica lags. All of the manifest's content is placed again, and what was seen before is ignored.
    private mutating func heal(_ place: ManifestPlace, _ node: ManifestNode) -> Bool {
        guard let manifest = node.manifest else { return false }
        nodes[place]?.isHealed = true
        nodes[place]?.mayBeThere = false
        nodes[place]?.blobEntries = []
        for blob in manifest.blobs(includingForeign: true) {
            placedBlobs.remove(TargetBlob(store: place.store, digest: blob.digest), from: place.repository)
        }
        for child in manifest.children {
            let childPlace = ManifestPlace(store: place.store, repository: place.repository, digest: child.digest)
            settled[childPlace] = nil
            // A child that is being copied will arrive in any case.
            if let known = nodes[childPlace], case .present = known.state { placeAgain(childPlace, known, as: child) }
        }
        expand(place, manifest)
        return true
    }

    /// Stores a manifest that was there once more. Its items still wait for their names.
    private mutating func placeAgain(_ place: ManifestPlace, _ known: ManifestNode, as child: Descriptor) {
        var again = ManifestNode(source: known.source, owner: known.owner, depth: known.depth, descriptor: child)
        (again.goals, again.listed) = (known.goals, known.listed)
        again.asksReferrers = false
        nodes[place] = again
        requireManifest(child.digest, from: known.source, for: .child(place))
    }

    /// Fails every item and manifest that waits for this one. The manifest is removed, together with everything that only
    /// it needed, so that a later item can try again.
    mutating func fail(_ place: ManifestPlace, _ failure: TransferFailure) {
        // What follows may begin the manifest again, so it is removed completely first.
        guard let node = nodes.remove(place) else { return }
        for child in node.children { nodes.forgo(child, by: place) }
        let isElsewhere = mayBeElsewhere(failure)
        let others = node.goals.filter {
            isElsewhere && !states.hasEnded($0.item) && states[$0.item].source.place != node.source
        }
        for goal in node.goals where !others.contains(where: { $0.item == goal.item }) {
            finish(goal.item, .failed(failure))
        }
        for parent in node.parents where nodes.hasLost(place, parent) {
            if mayGoOn(parent, without: place, failure) {
                goOn(parent, without: place, failure)
            } else if !isElsewhere || !requireAgain(place, of: parent, notFrom: node.source) {
                fail(parent, failure)
            }
        }
        guard let manifest = node.manifest else { return }
        for goal in others { copy(manifest, for: goal.item) }
    }

    /// Whether another repository may have what a source lacks.
    private func mayBeElsewhere(_ failure: TransferFailure) -> Bool {
        failure.side == .source && failure.cause.kind != .cancelled && !requests.isStopping
    }

    /// Takes a manifest, which another parent's repository lacks, from this parent's repository.
    ///
    /// - Returns: false if that is the same repository.
    private mutating func requireAgain(
        _ place: ManifestPlace, of parent: ManifestPlace, notFrom source: RepositoryPlace
    ) -> Bool {
        guard let node = nodes[parent], node.source != source,
            let child = node.manifest?.children.first(where: { $0.digest == place.digest })
        else { return false }
        return requireChild(child, of: parent, node)
    }

    /// An index entry of unknown type turned out to be a blob. A referrer is never a blob.
    mutating func becomeBlob(
        _ place: ManifestPlace, _ node: ManifestNode, as descriptor: Descriptor, after failure: TransferFailure
    ) {
        nodes[place] = nil
        for child in node.children { nodes.forgo(child, by: place) }
        for goal in node.goals { finish(goal.item, .failed(failure)) }
        for parent in node.parents where nodes.hasLost(place, parent) {
            guard let parentNode = nodes[parent] else { continue }
            guard !parentNode.canDoWithout(place) else {
                goOn(parent, without: place, failure)
                continue
            }
            nodes[parent]?.blobEntries.insert(descriptor.digest)
            requireBlob(descriptor, for: parent, parentNode)
            meet(.child(place), of: parent)
            goOn(with: parent)
        }
    }

    // MARK: - What refers to a manifest

    /// Whether the parent is stored although this manifest failed. A failed referrer never blocks an image. A run that is
    /// being stopped copies nothing more.
    private func mayGoOn(_ parent: ManifestPlace, without place: ManifestPlace, _ failure: TransferFailure) -> Bool {
        guard failure.cause.kind != .cancelled else { return false }
        return nodes[parent]?.canDoWithout(place) ?? false
    }

    /// The manifest is stored without one of its referrers. Its items report this.
    private mutating func goOn(_ parent: ManifestPlace, without place: ManifestPlace, _ failure: TransferFailure) {
        leaveOut(place, of: parent, failure.ofReferrer(at: place, to: nodes[parent]?.subject ?? parent.digest))
        // The failed manifest may be the first entry, which the other entries wait for.
        goOn(with: parent)
        meet(.child(place), of: parent)
    }

    /// - Parameter failure: nil if there is nothing to report.
    mutating func leaveOut(_ place: ManifestPlace, of parent: ManifestPlace, _ failure: TransferFailure?) {
        nodes[parent]?.leftOut.insert(place.digest)
        if let failure { nodes[parent]?.noteReferrers(failure) }
    }
}

extension TransferFailure {
    /// The failure of a manifest that only refers to another one, with both of them named.
    func ofReferrer(at place: ManifestPlace, to subject: Digest) -> TransferFailure {
        // Signatures and lists are known by their tags.
        let name = place.derivedTag.map { "\($0)" } ?? "\(place.digest)"
        var failure = self
        failure.cause.message = "\(name), which refers to \(subject), was not copied: " + cause.message
        return failure
    }

    /// A registry that refuses an index whose children are not all there says that a manifest is missing, and not which rule that
    /// breaks (docker-registry 2.8.2: MANIFEST_BLOB_UNKNOWN).
    func advised(on part: ManifestPlace.Part) -> TransferFailure {
        guard case .sparse = part, cause.saysContentIsMissing else { return self }
        var failure = self
        failure.cause.hint = "the registry may take an index with all of its children only: leave out --sparse"
        return failure
    }
}
