// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A manifest at the target that is being checked.
struct AuditNode: Sendable {
    /// What waits for the manifest.
    enum Waiter: Sendable {
        case item(ItemID)
        /// A manifest that points at it.
        case parent(AuditPlace)
        /// A manifest that it refers to.
        case subject(AuditPlace)

        var place: AuditPlace? {
            switch self {
            case .item: nil
            case .parent(let place), .subject(let place): place
            }
        }
    }

    /// The item that reached it first. What the manifest reaches counts for that item.
    var owner: ItemID
    var depth: Int
    /// The source repository, whose referrers should have been copied, too. nil: unknown.
    var source: RepositoryPlace?
    /// The entry of its index; nil for a root.
    var entry: Descriptor?
    /// The size that the index names, in bytes. nil for an entry of a list of referrers, which no hash binds.
    var promisedSize: Int64?
    /// Its referrers are wanted: it is an item's root, it is a referrer itself, or referrers of everything are wanted.
    var asksReferrers = true
    var manifest: ParsedManifest?
    /// The number of blobs, children and questions without an answer.
    var pending = 0
    var waiting: [Waiter] = []
    /// One of its own blobs is missing or damaged.
    var hasBadBlob = false
    var findings = AuditFindings()
    /// The findings about its referrers. They do not count for an index above it, because its result must not depend on
    /// which other items are checked.
    var referrers = AuditFindings()
    var isDone = false

    /// The same node for another item, for which nothing was read.
    var again: AuditNode {
        var node = self
        node.findings = findings.again
        node.referrers = referrers.again
        return node
    }
}

extension AuditPlan {
    /// Makes sure that a manifest is checked, and that `waiter` gets the result.
    ///
    /// - Parameters:
    ///   - place: the node's own place.
    ///   - known: the manifest, where it has been read.
    mutating func require(
        _ place: AuditPlace, for waiter: AuditNode.Waiter, _ new: AuditNode, read known: ParsedManifest? = nil
    ) {
        if let node = nodes[place] {
            let asksLate = new.asksReferrers && !node.asksReferrers && askReferrersLate(of: place, new)
            if node.isDone, !asksLate { return tell(waiter, of: node.again) }
            nodes[place]?.waiting.append(waiter)
            return
        }
        nodes[place] = new
        nodes[place]?.waiting = [waiter]
        if let known {
            expand(place, known)
        } else {
            childrenUnread += 1
            requests.append(.fetchManifest(place), for: new.owner)
        }
    }

    /// The place of a node, with its source if another node has asked for the referrers at another source.
    func ownPlace(of new: AuditNode, at place: AuditPlace) -> AuditPlace {
        guard let node = nodes[place], node.asksReferrers, node.source != new.source, listedAt(place, new) != nil else {
            return place
        }
        var own = place
        own.source = new.source
        return own
    }

    /// A manifest that was checked as a part of another one is also the root of an item.
    ///
    /// - Returns: whether its referrers are requested now for the first time.
    private mutating func askReferrersLate(of place: AuditPlace, _ new: AuditNode) -> Bool {
        nodes[place]?.asksReferrers = true
        nodes[place]?.source = new.source
        // A node whose manifest has not been read asks later by itself.
        guard let node = nodes[place], node.pending > 0 || node.isDone, let lists = listedAt(place, new) else {
            return false
        }
        if node.isDone {
            nodes[place] = node.again
            nodes[place]?.isDone = false
        }
        nodes[place]?.pending = node.isDone ? 1 : node.pending + 1
        requests.append(.listReferrers(place, lists), for: new.owner)
        return true
    }

    /// The repository that lists the manifest's referrers; nil if they are not wanted.
    private func listedAt(_ place: AuditPlace, _ node: AuditNode) -> RepositoryPlace? {
        settings.copiesReferrers && node.asksReferrers && place.manifest.part != .made ? node.source : nil
    }

    mutating func manifestRead(_ place: AuditPlace, _ answer: Result<ManifestContent, TransferFailure>) {
        childrenUnread -= 1
        manifestsRead += 1
        do throws(TransferFailure) {
            let content = try answer.get()
            let size = Int64(content.bytes.count)
            if let promised = nodes[place]?.promisedSize, promised != size {
                throw TransferFailure.wrongSize(of: content.digest, size, promised: promised, side: .target)
            }
            expand(place, try asking(.target) { () throws(ContentFailure) in try ParsedManifest(verifiable: content) })
        } catch {
            guard let entry = nodes[place]?.entry, entry.isBlob(afterReadingFailedWith: error.cause) else {
                return fail(place, error)
            }
            nodes[place]?.pending = 1
            requireBlob(entry, for: place)
        }
    }

    /// Asks for everything that a manifest points at.
    private mutating func expand(_ place: AuditPlace, _ manifest: ParsedManifest) {
        guard let node = nodes[place] else { return }
        if let failure = boundsFailure(node, manifest) { return fail(place, failure) }
        let blobs = manifest.blobs(includingForeign: false)
        let lists = listedAt(place, node)
        nodes[place]?.manifest = manifest
        nodes[place]?.findings.manifests = 1
        // Counts one more until everything has been requested, so that an immediate answer does not complete the node too
        // early.
        nodes[place]?.pending = 1 + manifest.children.count + blobs.count + (lists == nil ? 0 : 1)
        for child in manifest.children { requireChild(child, of: place, node) }
        for blob in blobs { requireBlob(blob, for: place) }
        if let lists { requests.append(.listReferrers(place, lists), for: node.owner) }
        dependencyDone(place)
    }

    /// - Parameter refers: the entry belongs to a list of referrers.
    private mutating func requireChild(
        _ child: Descriptor, of parent: AuditPlace, _ node: AuditNode, refers: Bool = false
    ) {
        let manifest = ManifestPlace(
            store: parent.manifest.store, repository: parent.manifest.repository, digest: child.digest)
        var below = AuditNode(owner: node.owner, depth: node.depth + 1, source: node.source, entry: child)
        if !refers { below.promisedSize = child.size }
        below.asksReferrers = refers || settings.referrers.scope == .all
        let place = ownPlace(of: below, at: AuditPlace(manifest))
        // Lists of referrers are not bound by hashes: two manifests could wait for each other.
        if isAwaited(by: parent, from: place) { return dependencyDone(parent) }
        require(place, for: refers ? .subject(parent) : .parent(parent), below)
    }

    private func isAwaited(by place: AuditPlace, from ancestor: AuditPlace) -> Bool {
        guard settings.copiesReferrers else { return false }
        return Graph.reaches(ancestor, from: place) { place in
            (nodes[place]?.waiting ?? []).compactMap(\.place)
        }
    }

    private mutating func boundsFailure(_ node: AuditNode, _ manifest: ParsedManifest) -> TransferFailure? {
        states[node.owner].descriptors += manifest.descriptorCount
        return settings.bounds.failure(depth: node.depth, reached: states[node.owner].descriptors)
            .map { TransferFailure($0, side: .target) }
    }

    /// - Parameter answer: lists the referrers that the target lacks.
    mutating func referrersListed(
        _ place: AuditPlace, at source: RepositoryPlace, _ answer: Result<ReferrerList, TransferFailure>
    ) {
        guard let node = nodes[place] else { return }
        switch answer {
        case .failure(let failure): nodes[place]?.referrers.add(failure)
        case .success(let list):
            for failure in list.lacks(at: place.manifest) + list.unreadable { nodes[place]?.referrers.add(failure) }
            nodes[place]?.pending += list.present.count
            for entry in list.present { requireChild(entry, of: place, node, refers: true) }
        }
        dependencyDone(place)
    }

    // MARK: - Ends

    private mutating func fail(_ place: AuditPlace, _ failure: TransferFailure) {
        nodes[place]?.findings.add(failure)
        finish(place)
    }

    private mutating func dependencyDone(_ place: AuditPlace) {
        guard let node = nodes[place] else { return }
        nodes[place]?.pending = node.pending - 1
        guard node.pending == 1 else { return }
        guard readsBlobs, !node.hasBadBlob, let manifest = node.manifest else { return finish(place) }
        requests.append(.conclude(place, manifest), for: node.owner)
    }

    mutating func concluded(_ place: AuditPlace, _ answer: Result<LayerTally, TransferFailure>) {
        switch answer {
        case .success(let tally): nodes[place]?.findings.layers += tally
        case .failure(let failure): nodes[place]?.findings.add(failure)
        }
        finish(place)
    }

    private mutating func finish(_ place: AuditPlace) {
        guard let node = nodes[place] else { return }
        nodes[place]?.isDone = true
        nodes[place]?.waiting = []
        nodes[place]?.manifest = nil
        for (position, waiter) in node.waiting.enumerated() {
            tell(waiter, of: position == 0 ? node : node.again)
        }
    }

    private mutating func tell(_ waiter: AuditNode.Waiter, of node: AuditNode) {
        switch waiter {
        case .item(let item): walked(item, node.findings + node.referrers)
        case .parent(let place):
            nodes[place]?.findings += node.findings
            if settings.referrers.scope == .all { nodes[place]?.referrers += node.referrers }
            dependencyDone(place)
        case .subject(let place):
            nodes[place]?.referrers += node.findings + node.referrers
            dependencyDone(place)
        }
    }

    /// One of the manifest's own blobs was checked.
    mutating func tell(_ place: AuditPlace, ofBlob findings: AuditFindings) {
        if findings.problemCount > 0 { nodes[place]?.hasBadBlob = true }
        nodes[place]?.findings += findings
        dependencyDone(place)
    }
}
