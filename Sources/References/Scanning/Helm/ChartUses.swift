// SPDX-License-Identifier: Apache-2.0

/// How the templates of a chart use its values.
package struct ChartUses: Hashable, Sendable {
    /// Images that only a template shows to be images.
    package private(set) var recipes: [ChartRecipe] = []
    /// The paths of values that a template uses as they are, or for something unknown.
    private(set) var others: Set<[String]> = []
    /// The paths of values that a template uses which could not be read, with the template's text.
    private(set) var unread: [[String]: String] = [:]
    /// The last keys of values that such a template gets from its includer, with the template's text.
    private(set) var unreadEnds: [[String]: String] = [:]
    /// The paths of values in texts of images that stay open, with the text.
    private(set) var open: [[String]: String] = [:]
    /// The paths of values that a template uses as they are, if that template could be read.
    private(set) var proven: Set<[String]> = []
    /// The paths of values that a parent chart overrides, with the parent's file.
    private(set) var overridden: [[String]: String] = [:]

    /// Whether these uses are only for values that override the chart's own, and not for those themselves.
    package private(set) var isOfOthers = false

    var isEmpty: Bool { recipes.isEmpty && others.isEmpty && overridden.isEmpty && unreadEnds.isEmpty }

    /// Whether some values may be parts of images that are not known here.
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
                if case .open = outcome { for path in paths { open[path] = template.text } }
                for path in paths { unread[path] = template.text }
                for path in template.values { open[path] = template.text }
                for keys in template.ends { unreadEnds[keys] = template.text }
            case .open(let paths, nil): others.formUnion(paths)
            case .named: continue
            }
        }
    }

    /// The uses for another file that gives values to the chart, below these keys. The chart's own values are used for
    /// fields that the file does not set. Therefore only templates that could not be read count for it.
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

    /// The uses of both together.
    package func merging(_ other: ChartUses) -> ChartUses {
        var whole = self
        whole.recipes += other.recipes.filter { !recipes.contains($0) }
        whole.others.formUnion(other.others)
        whole.unread.merge(other.unread) { first, _ in first }
        whole.open.merge(other.open) { first, _ in first }
        whole.unreadEnds.merge(other.unreadEnds) { first, _ in first }
        whole.isOfOthers = isOfOthers && other.isOfOthers
        whole.proven.formUnion(other.proven)
        whole.overridden.merge(other.overridden) { first, _ in first }
        return whole
    }
}
