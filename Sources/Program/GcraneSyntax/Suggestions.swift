// SPDX-License-Identifier: Apache-2.0

/// Suggestions for a mistyped command.
package enum Suggestions {
    /// The name that `word` most likely means; nil if none is similar, or several are equally similar.
    package static func best(_ word: String, among names: [String]) -> String? {
        let distances = names.map { (name: $0, distance: distance(Array(word.lowercased().utf8), Array($0.utf8))) }
        let limit = max(1, min(3, word.count / 2))
        guard let nearest = distances.min(by: { $0.distance < $1.distance }), nearest.distance <= limit else {
            let begun = names.filter { word.count > 1 && $0.hasPrefix(word.lowercased()) }
            return begun.count == 1 ? begun[0] : nil
        }
        return distances.count { $0.distance == nearest.distance } == 1 ? nearest.name : nil
    }

    /// The names that begin with `word` or are at most two letters away from it, in their order; case does not count.
    static func near(_ word: String, among names: [String]) -> [String] {
        let wanted = word.lowercased()
        return names.filter { name in
            let name = name.lowercased()
            return name.hasPrefix(wanted) || distance(Array(wanted.utf8), Array(name.utf8)) <= 2
        }
    }

    /// The number of letters to insert, remove or replace, and of neighbouring letters to exchange (optimal string
    /// alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= right.count + 2 else { return .max }
        var (before, last) = ([Int](), Array(0...right.count))
        for (line, letter) in left.enumerated() {
            var row = [line + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, row[column] + 1)
                if line > 0, column > 0, letter == right[column - 1], other == left[line - 1] {
                    best = min(best, before[column - 1] + 1)
                }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[right.count]
    }
}
