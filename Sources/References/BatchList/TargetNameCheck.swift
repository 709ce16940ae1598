// SPDX-License-Identifier: Apache-2.0

import OCI

/// Checks targets against the names that their registries can have, before any request is sent.
struct TargetNameCheck {
    private var single: [BatchProblem] = []
    /// Lines to which the place for all lines gives an impossible target.
    private var byRule = RepeatedProblem()

    /// - Parameters:
    ///   - place: where the line says the target, or its source.
    ///   - rule: what made the target; nil where the line says it.
    mutating func passes(_ target: Reference, at place: ListPlace, by rule: TargetRule?) -> Bool {
        guard let name = target.impossibleName else { return true }
        let message = "\"\(target)\" cannot be a target: \(name.reason)"
        guard let rule else {
            single.append(BatchProblem(place, message, hint: target.possible(name).map { "write \($0)" }))
            return false
        }
        byRule.note(BatchProblem(place, message, hint: Self.hint(name, rule)))
        return false
    }

    private static func hint(_ name: ImpossibleName, _ rule: TargetRule) -> String {
        guard let prefix = name.possiblePrefix(insteadOf: rule.prefix.path) else { return "write SOURCE TARGET" }
        return "--to \(prefix)" + (name.isTooDeep ? " --map flatten" : "")
    }

    var problems: [BatchProblem] { byRule.problems + single }
}

/// A problem that many lines may have, and one repair ends: the first of them is told, and how many more there are.
struct RepeatedProblem {
    private var first: BatchProblem?
    private var others = 0

    mutating func note(_ problem: BatchProblem) { if first == nil { first = problem } else { others += 1 } }

    /// At most one.
    var problems: [BatchProblem] {
        guard let first else { return [] }
        let lines = others == 1 ? "1 more line" : "\(others) more lines"
        let message = first.message + (others > 0 ? "; the same holds for \(lines)" : "")
        return [BatchProblem(first.place, message, hint: first.hint)]
    }
}
