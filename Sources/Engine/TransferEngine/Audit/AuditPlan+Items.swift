// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The state of an item of an audit.
struct AuditItemState: Sendable {
    /// What the target has.
    var root: ParsedManifest?
    /// What it should have.
    var expected: Digest?
    /// `expected` is an index that the source does not have, made of some entries of the source's index.
    var isMade = false
    var isRootKnown = false
    /// The source's index that the expected manifest is chosen from, or made of.
    var index: Digest?
    /// The number of the source's indexes that were read to find the image of a platform.
    var sourceDepth = 1
    var tagEvidence = TagEvidence.head
    /// Descriptors reached so far.
    var descriptors = 0

    /// How it is known what the source's tag names. A HEAD alone may name a digest that does not exist.
    enum TagEvidence: Sendable {
        case head
        /// The source is being asked whether it has what the HEAD named.
        case beingConfirmed
        case confirmed
    }
}

extension AuditPlan {
    mutating func begin(_ item: ItemID) {
        if let selector = items[item].target.selector {
            fetchRoot(selector, of: item)
        } else {
            // A chosen image, or a made index, that has no tag.
            askSource(for: item)
        }
    }

    private mutating func fetchRoot(_ selector: ManifestSelector, of item: ItemID) {
        let target = items[item].target
        let place = target.place
        requests.append(.fetchRoot(item, at: place, selector), for: item)
    }

    mutating func rootRead(_ item: ItemID, _ answer: Result<ManifestContent, TransferFailure>) {
        do throws(TransferFailure) {
            let content = try answer.get()
            let root = try asking(.target) { () throws(ContentFailure) in try ParsedManifest(verifiable: content) }
            states[item].root = root
            if items[item].source == nil { states[item].expected = root.digest }
            if states[item].expected == nil { askSource(for: item) } else { compare(item) }
        } catch {
            end(item, failure: error, as: Self.status(ofRootFailedWith: error))
        }
    }

    private static func status(ofRootFailedWith failure: TransferFailure) -> AuditStatus {
        switch failure.cause.kind {
        case .notFound: .absent
        // The manifest was read, and is damaged.
        case .corrupt: .incomplete
        default: .failed
        }
    }

    private mutating func end(_ item: ItemID, failure: TransferFailure, as status: AuditStatus) {
        end(
            item,
            AuditReport(status: status, digest: states[item].root?.digest, findings: AuditFindings(failure)))
    }

    // MARK: - The source

    private mutating func askSource(for item: ItemID) {
        guard let source = items[item].source else { return fetchRoot(.tag(.latest), of: item) }
        if items[item].platforms?.replacesIndex == true {
            let selector = source.digest.map(ManifestSelector.digest) ?? .tag(source.tag ?? .latest)
            requests.append(.fetchSource(item, source.place, selector), for: item)
        } else if let digest = source.digest {
            sourceKnown(item, digest)
        } else {
            requests.append(.resolveSource(item, source.sourceTag), for: item)
        }
    }

    mutating func sourceResolved(
        _ item: ItemID, by tag: SourceTag, _ answer: Result<ManifestSummary?, TransferFailure>
    ) {
        switch answer {
        case .success(let summary?): sourceKnown(item, summary.digest)
        // A cache may answer HEAD with an outdated 404.
        case .success(nil):
            let place = RepositoryPlace(store: tag.store, repository: tag.repository)
            requests.append(.fetchSource(item, place, .tag(tag.tag)), for: item)
        case .failure(let failure): end(item, failure: failure, as: .failed)
        }
    }

    mutating func sourceRead(_ item: ItemID, _ answer: Result<ManifestContent, TransferFailure>) {
        do throws(TransferFailure) {
            let content = try answer.get()
            let index = try asking(.source) { () throws(ContentFailure) in try ParsedManifest(content) }
            states[item].tagEvidence = .confirmed
            if let root = states[item].root, isList(item), root.lists(all: index.children) {
                return walk(root, of: item)
            }
            if items[item].platforms?.replacesIndex == true {
                states[item].index = states[item].index ?? index.digest
            }
            switch try selection(of: index, for: item, at: .source) {
            case .image(let child) where child.mediaType.manifestKind == .image: sourceKnown(item, child.digest)
            case .image(let child): try readNested(child, for: item)
            case .made(let made):
                states[item].isMade = made.digest != index.digest
                sourceKnown(item, made.digest)
            case .sparse, nil: sourceKnown(item, index.digest)
            }
        } catch {
            end(item, failure: error, as: .failed)
        }
    }

    /// What an index has for one platform may be an index again.
    private mutating func readNested(_ child: Descriptor, for item: ItemID) throws(TransferFailure) {
        guard let source = items[item].source else { return sourceKnown(item, child.digest) }
        states[item].sourceDepth += 1
        if let failure = settings.bounds.failure(depth: states[item].sourceDepth, reached: 0) {
            throw TransferFailure(failure, side: .source)
        }
        requests.append(.fetchSource(item, source.place, .digest(child.digest)), for: item)
    }

    private func selection(
        of index: ParsedManifest, for item: ItemID, at side: TransferSide
    ) throws(TransferFailure) -> IndexSelection? {
        guard let choice = items[item].platforms else { return nil }
        let end = items[item].source ?? items[item].target
        return try asking(side) { () throws(ContentFailure) in try index.selection(of: choice, named: "\(end)") }
    }

    private mutating func sourceKnown(_ item: ItemID, _ digest: Digest) {
        states[item].expected = digest
        if states[item].root == nil { fetchRoot(.digest(digest), of: item) } else { compare(item) }
    }

    // MARK: - Comparing

    private mutating func compare(_ item: ItemID) {
        guard let root = states[item].root, let expected = states[item].expected else { return }
        // Digests of two algorithms cannot be compared. The bytes decide.
        if let named = items[item].target.digest, !root.content.has(named) {
            return differ(item, "the target has \(root.digest), and its name asks for \(named)", as: .different)
        }
        if root.content.has(expected) { return walk(root, of: item) }
        // An image with other platforms than requested is not an earlier state of the source.
        guard let source = items[item].source, source.digest == nil, root.digest != states[item].index else {
            return differ(item, as: .different)
        }
        guard case .confirmed = states[item].tagEvidence else {
            // A cache may answer HEAD with the tag's former digest. A source that counts pulls is not asked by GET for
            // this.
            let reads = isList(item) || !requests.countsPulls(source.store)
            return reads ? readTag(of: item, at: source) : confirm(expected, of: item, at: source)
        }
        // If the source still has the manifest under another name, it was copied before the tag moved.
        requests.append(.findAtSource(item, source.place, root.digest), for: item)
    }

    /// Whether the item is a list of referrers, by its tag. A copy merges it with the target's list, which may have more
    /// entries.
    private func isList(_ item: ItemID) -> Bool { items[item].target.tag?.listedSubject != nil }

    /// Requests the manifest that a HEAD has named, because some registries name manifests that they do not have.
    private mutating func confirm(_ expected: Digest, of item: ItemID, at source: TransferEndpoint) {
        states[item].tagEvidence = .beingConfirmed
        requests.append(.findAtSource(item, source.place, expected), for: item)
    }

    private mutating func confirmed(_ item: ItemID, _ answer: Result<ManifestSummary?, TransferFailure>) {
        states[item].tagEvidence = .confirmed
        if case .success(nil) = answer, let source = items[item].source {
            readTag(of: item, at: source)
        } else {
            compare(item)
        }
    }

    private mutating func readTag(of item: ItemID, at source: TransferEndpoint) {
        requests.append(.fetchSource(item, source.place, .tag(source.tag ?? .latest)), for: item)
    }

    mutating func originTold(_ item: ItemID, _ answer: Result<ManifestSummary?, TransferFailure>) {
        if case .beingConfirmed = states[item].tagEvidence { return confirmed(item, answer) }
        switch answer {
        case .success(let summary): differ(item, as: summary == nil ? .different : .moved)
        // It is unknown which of the two applies.
        case .failure(let failure): end(item, failure: failure, as: .failed)
        }
    }

    private mutating func differ(_ item: ItemID, as status: AuditStatus) {
        guard let root = states[item].root, let expected = states[item].expected else { return }
        let message =
            root.digest == states[item].index
            ? "the target has the whole index \(root.digest), and the platforms asked for are \(expected)"
            : status == .moved
                ? "the target has \(root.digest), which the source has under another name; its tag is \(expected) by now"
                : "the target has \(root.digest), but the source is \(expected)"
        differ(item, message, as: status)
    }

    private mutating func differ(_ item: ItemID, _ message: String, as status: AuditStatus) {
        end(item, failure: TransferFailure(ContentFailure(.inconsistent, message), side: .target), as: status)
    }

    private mutating func walk(_ root: ParsedManifest, of item: ItemID) {
        let target = items[item].target
        var place = ManifestPlace(store: target.store, repository: target.repository, digest: root.digest)
        var wanted = root
        if states[item].isMade { place.part = .made }
        if let choice = items[item].platforms, choice.isSparse {
            place.part = .sparse(choice)
            do throws(TransferFailure) {
                if case .sparse(let index) = try selection(of: root, for: item, at: .target) { wanted = index }
            } catch {
                return end(item, failure: error, as: .failed)
            }
        }
        rootKnown(of: item)
        let node = AuditNode(owner: item, depth: 1, source: items[item].source?.place)
        require(ownPlace(of: node, at: AuditPlace(place)), for: .item(item), node, read: wanted)
    }

    mutating func walked(_ item: ItemID, _ findings: AuditFindings) {
        end(
            item,
            AuditReport(
                status: findings.status, digest: states[item].root?.digest, findings: findings))
        states[item].root = nil
    }
}

extension AuditFindings {
    /// Missing or damaged content makes an image incomplete. If something could not be requested, the status is unknown.
    fileprivate var status: AuditStatus {
        if problemCount == 0 { return .whole }
        // A failure of the source says nothing about the target.
        let isSeen = problems.contains { problem in
            problem.side == .target
                && [.notFound, .corrupt, .inconsistent, .invalid, .tooLarge].contains(problem.cause.kind)
        }
        return isSeen ? .incomplete : .failed
    }
}

extension ParsedManifest {
    fileprivate func lists(all entries: [Descriptor]) -> Bool {
        isIndex && Set(children.map(\.digest)).isSuperset(of: entries.map(\.digest))
    }
}
