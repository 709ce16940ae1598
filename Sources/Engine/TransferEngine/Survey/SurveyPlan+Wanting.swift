// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Which manifests are fetched, each once.

extension SurveyPlan {
    mutating func want(root digest: Digest, of item: ItemID) -> [Question] {
        let key = ManifestCache.Key(store: items[item].source.store, digest: digest)
        let repository = items[item].source.repository
        guard let choice = items[item].platforms else {
            return want(key, in: repository, Asked(owner: item, depth: 1, wantsChildren: true))
        }
        return want(key, in: repository, choosing: choice, Asked(owner: item, depth: 1, wantsChildren: false))
    }

    private mutating func want(
        _ key: ManifestCache.Key, in repository: Repository, choosing choice: PlatformChoice, _ asked: Asked
    ) -> [Question] {
        if case .known = nodes[key] { return want(chosenBy: choice, of: key, repository, asked) }
        choosing[key, default: []].insert(choice)
        return want(key, in: repository, asked)
    }

    mutating func want(_ key: ManifestCache.Key, in repository: Repository, _ asked: Asked) -> [Question] {
        switch nodes[key] {
        case nil:
            nodes[key] = .asked(asked)
            return [.fetch(key, repository)]
        case .asked(var before):
            before.wantsChildren = before.wantsChildren || asked.wantsChildren
            nodes[key] = .asked(before)
            return []
        case .known(var known) where asked.wantsChildren && !known.asked.wantsChildren:
            known.asked.wantsChildren = true
            nodes[key] = .known(known)
            return wantChildren(of: known, key, repository)
        case .known, .failed: return []
        }
    }

    mutating func wantChildren(
        of known: Known, _ key: ManifestCache.Key, _ repository: Repository
    ) -> [Question] {
        var questions: [Question] = []
        let asked = Asked(owner: known.asked.owner, depth: known.asked.depth + 1, wantsChildren: true)
        for child in known.children {
            questions += want(ManifestCache.Key(store: key.store, digest: child.digest), in: repository, asked)
        }
        return questions
    }

    /// - Parameter asked: why the index itself was fetched.
    mutating func want(
        chosenBy choice: PlatformChoice, of key: ManifestCache.Key, _ repository: Repository, _ asked: Asked
    ) -> [Question] {
        let place = IndexChoice(of: choice, from: key.digest)
        guard case .success(let selection)? = selections[place] else { return [] }
        var questions: [Question] = []
        for child in selection.children {
            let key = ManifestCache.Key(store: key.store, digest: child.digest)
            let next = Asked(owner: asked.owner, depth: asked.depth + 1, wantsChildren: !choice.wantsSingleImage)
            // What an index has for one platform may be an index again.
            questions +=
                choice.wantsSingleImage
                ? want(key, in: repository, choosing: choice, next) : want(key, in: repository, next)
        }
        return questions
    }
}
