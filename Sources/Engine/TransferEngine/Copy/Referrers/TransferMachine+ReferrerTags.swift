// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Items whose tags stand for something about a digest: all tags of a repository have them among others. A target may have
// signatures of its own under them, which no copy takes away.

extension TransferMachine {
    /// The item is a signature by its tag, of which the target keeps its own.
    func keepsSignature(of item: ItemID) -> Bool {
        states[item].target.tag.map(settings.keeps) ?? false
    }

    /// The manifest whose referrers the item's tag lists.
    func listedSubject(of item: ItemID) -> Digest? {
        states[item].target.tag.flatMap(settings.listedSubject)
    }

    /// Whether what the target has under the item's tag has a say in what becomes of it.
    func needsProbe(_ item: ItemID) -> Bool { keepsSignature(of: item) || listedSubject(of: item) != nil }

    /// A list of referrers as an item: the target's own list keeps what it has.
    ///
    /// - Returns: whether it is one, and goes that way.
    mutating func mergesList(_ manifest: ParsedManifest, for item: ItemID) -> Bool {
        guard let subject = listedSubject(of: item), states[item].existing != nil, manifest.isIndex,
            let tag = states[item].target.tag
        else { return false }
        states[item].phase = .copying
        let (source, target) = (states[item].source, states[item].target)
        let place = ManifestPlace(
            store: target.store, repository: target.repository, digest: manifest.digest, derivedTag: tag)
        let goal = ManifestNode.Goal(item: item, tag: nil)
        if nodes[place] != nil {
            nodes[place]?.goals.append(goal)
            return true
        }
        // It may have been merged before, for the image that it is about: what the target has by now is not known here.
        settled[place] = nil
        var node = ManifestNode(
            source: SourcePlace(store: source.store, repository: source.repository), owner: item, depth: 1)
        (node.goals, node.extraTag, node.subject) = ([goal], tag, subject)
        nodes[place] = node
        expand(place, manifest)
        return true
    }

    /// A list has reached its place, for itself and not for the image that it is about.
    ///
    /// - Parameter merged: nil where none of its entries can be had, so that the target's stays as it is.
    mutating func endListItems(of place: ManifestPlace, _ node: ManifestNode, at merged: Digest?) {
        nodes[place]?.goals = []
        for goal in node.goals {
            if var failure = node.referrersFailureInAll {
                failure.cause.message += "; what else the list names is at the target"
                finish(goal.item, .failed(failure))
                continue
            }
            guard let merged = merged ?? states[goal.item].existing else { continue }
            let isOld = states[goal.item].existing == merged
            finish(goal.item, isOld ? .unchanged(merged) : .copied(merged))
        }
    }
}
