// SPDX-License-Identifier: Apache-2.0

/// What the templates of a chart take its values for.
package struct ChartUses: Hashable, Sendable {
    /// Images of which only a template says that they are some.
    package private(set) var recipes: [ChartRecipe] = []
    /// Where the values stand that a template takes for what they say themselves, or for what nobody knows.
    private(set) var others: Set<[String]> = []
    /// Where those stand that a template uses which could not be read, and its text.
    private(set) var unread: [[String]: String] = [:]
    /// The last keys of those that such a template gets from others, and its text.
    private(set) var unreadEnds: [[String]: String] = [:]
    /// Where those stand that a template that was read takes for what they say themselves.
    private(set) var proven: Set<[String]> = []
    /// Where those stand for which a parent chart says something else, and its file.
    private(set) var overridden: [[String]: String] = [:]

    /// Only what comes of values that lie over those of the chart, and what they say alone.
    package private(set) var isOfOthers = false

    var isEmpty: Bool { recipes.isEmpty && others.isEmpty && overridden.isEmpty && unreadEnds.isEmpty }

    /// Whether some of the values may be parts of images that nothing here knows.
    package var hasUnsure: Bool { !unread.isEmpty || !unreadEnds.isEmpty || !overridden.isEmpty }

    init(_ outcomes: [Chart.Outcome], overridden: [[String]: String] = [:]) {
        self.overridden = overridden
        for outcome in outcomes {
            switch outcome {
            case .used(let recipe): recipes.append(recipe)
            case .found(let paths):
                others.formUnion(paths)
                proven.formUnion(paths)
            case .held(let paths, let template), .open(let paths, let template?):
                others.formUnion(paths)
                for path in paths { unread[path] = template.text }
                for keys in template.ends { unreadEnds[keys] = template.text }
            case .open(let paths, nil): others.formUnion(paths)
            case .named: continue
            }
        }
    }

    /// The same of values that another file gives to the chart, below these keys: where they end, the chart's own go on, so only
    /// what could not be read counts there.
    func ofOthers(below prefixes: [[String]]) -> ChartUses {
        var uses = ChartUses([])
        (uses.isOfOthers, uses.unreadEnds) = (true, unreadEnds)
        let behind = Set(recipes.flatMap(\.pathsBehind))
        for prefix in prefixes {
            func there(_ path: [String]) -> [String] { path.first == "global" ? path : prefix + path }
            for path in behind { uses.unread[there(path)] = "registry" }
            for (path, template) in unread { uses.unread[there(path)] = template }
            uses.proven.formUnion(proven.subtracting(behind).map(there))
        }
        return uses
    }

    /// Of several templates.
    package func merging(_ other: ChartUses) -> ChartUses {
        var whole = self
        whole.recipes += other.recipes.filter { !recipes.contains($0) }
        whole.others.formUnion(other.others)
        whole.unread.merge(other.unread) { first, _ in first }
        whole.unreadEnds.merge(other.unreadEnds) { first, _ in first }
        whole.isOfOthers = isOfOthers && other.isOfOthers
        whole.proven.formUnion(other.proven)
        whole.overridden.merge(other.overridden) { first, _ in first }
        return whole
    }
}
