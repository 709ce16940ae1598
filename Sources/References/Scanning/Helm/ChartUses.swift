// SPDX-License-Identifier: Apache-2.0

/// What the templates of a chart take its values for.
package struct ChartUses: Hashable, Sendable {
    /// Images of which only a template says that they are some.
    package private(set) var recipes: [ChartRecipe] = []
    /// Where the values stand that a template takes for what they say themselves, or for what nobody knows.
    private(set) var others: Set<[String]> = []

    var isEmpty: Bool { recipes.isEmpty && others.isEmpty }

    init(_ outcomes: [Chart.Outcome]) {
        for outcome in outcomes {
            switch outcome {
            case .used(let recipe): recipes.append(recipe)
            case .found(let paths), .open(let paths): others.formUnion(paths)
            case .named: continue
            }
        }
    }

    /// Of several templates.
    package func merging(_ other: ChartUses) -> ChartUses {
        var whole = self
        whole.recipes += other.recipes.filter { !recipes.contains($0) }
        whole.others.formUnion(other.others)
        return whole
    }
}
