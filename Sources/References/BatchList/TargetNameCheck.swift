// SPDX-License-Identifier: Apache-2.0

import OCI

/// Checks that targets have names that their registries allow, before any request is sent.
struct TargetNameCheck {
    private var single: [BatchProblem] = []
    /// Lines for which the rule gives an impossible target.
    private var byRule = RepeatedProblem()

    /// - Parameters:
    ///   - place: the place of the line's target, or of its source.
    ///   - rule: the rule that made the target; nil if the line names it.
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

/// A problem that many lines can have and that one repair solves. Only the first is reported, with the number of the
/// others.
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
