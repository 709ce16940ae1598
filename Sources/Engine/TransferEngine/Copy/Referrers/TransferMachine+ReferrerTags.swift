// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Items whose tags are derived from a digest (signatures, lists of referrers). A copy of all tags of a repository includes
// them. A target may have its own signatures under such tags, and no copy removes these.

extension TransferMachine {
    /// The item is a signature, by its tag, and the target keeps its own signature.
    func keepsSignature(of item: ItemID) -> Bool {
        states[item].target.tag.map(settings.keeps) ?? false
    }

    /// The manifest whose referrers the item's tag lists.
    func listedSubject(of item: ItemID) -> Digest? {
        states[item].target.tag.flatMap(settings.listedSubject)
    }

    /// Whether the result depends on what the target has under the item's tag.
    func needsProbe(_ item: ItemID) -> Bool { keepsSignature(of: item) || listedSubject(of: item) != nil }

    /// Merges an item that is a list of referrers into the target's own list, which keeps its entries.
    ///
    /// - Returns: whether the item is such a list.
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
        // The list may have been merged before, for its subject. What the target has now is not known here.
        settled[place] = nil
        var node = ManifestNode(source: source.place, owner: item, depth: 1)
        (node.goals, node.extraTag, node.subject) = ([goal], tag, subject)
        nodes[place] = node
        expand(place, manifest)
        return true
    }

    /// A list that is an item of its own has reached its place.
    ///
    /// - Parameter merged: nil if none of its entries is available, so that the target's list stays as it is.
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
