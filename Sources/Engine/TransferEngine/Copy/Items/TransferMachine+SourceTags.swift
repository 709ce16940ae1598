// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// The tags of sources, each resolved once for all items that name it.

extension TransferMachine {
    mutating func resolve(_ tag: SourceTag, fetching: Bool, for item: ItemID) {
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
            // HEAD has no body. The answer to a GET says why there is no such manifest.
            return enqueue(.fetchManifest(tag.store, tag.repository, .tag(tag.tag)), for: item)
        }
        pin(tag, to: summary.digest, isRead: false)
    }

    /// From now on the tag means this digest for the whole run, even if it moves meanwhile.
    mutating func pin(_ tag: SourceTag, to digest: Digest, isRead: Bool) {
        guard case .asking(let waiting, let named) = sourceTags[tag] else { return }
        if let named { tellMove(of: tag, from: named, to: digest) }
        sourceTags[tag] = .resolved(digest, isRead: isRead)
        for item in waiting { resolved(item, digest) }
    }

    private mutating func tellMove(of tag: SourceTag, from named: Digest, to digest: Digest) {
        // If the manifest cannot be copied, its failure is reported.
        guard named != digest, case .success? = manifests[tag.store, digest] else { return }
        events.append(.tagMoved(tag, from: named, to: digest))
    }

    /// The tag to read in place of a digest that only a HEAD has named for it. A cache may answer HEAD with what the tag named
    /// before; the old manifest would be copied instead of the present one.
    func tagToRead(for item: ItemID, named digest: Digest) -> SourceTag? {
        let source = states[item].source
        guard source.digest == nil, case .resolved(digest, isRead: false) = sourceTags[source.sourceTag] else {
            return nil
        }
        return source.sourceTag
    }

    /// The tag was read, or cannot be read: its items get this digest from now on.
    mutating func settle(_ tag: SourceTag, named: Digest, at digest: Digest) {
        tellMove(of: tag, from: named, to: digest)
        if sourceTags[tag] != nil { sourceTags[tag] = .resolved(digest, isRead: true) }
    }

    /// Reads the tags for which a HEAD had named a digest that the source does not have. Either the tag has moved, or the
    /// header was wrong.
    ///
    /// - Returns: false if no item got this digest from a HEAD.
    mutating func askTagAgain(_ digest: Digest, _ place: RepositoryPlace) -> Bool {
        let misled = manifests.items(waitingFor: digest, from: place).filter {
            tagToRead(for: $0, named: digest) != nil
        }
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

    /// Whether all items of a tag only compare it with a tag of the target that they leave alone.
    private func isOnlyKept(_ tag: SourceTag) -> Bool {
        guard case .asking(let waiting, _) = sourceTags[tag] else { return false }
        return waiting.allSatisfy { states[$0].isKept }
    }

    private static func unnamed(_ tag: SourceTag) -> TransferFailure {
        TransferFailure(
            ContentFailure(.notFound, "\(tag.store)/\(tag.repository) has no tag \(tag.tag)"), side: .source)
    }
}
