/// What somebody may have meant who mistyped a command.
enum Suggestions {
    /// The names that begin with `word` or are at most two letters away from it, in their order; case does not count.
    static func near(_ word: String, among names: [String]) -> [String] {
        let wanted = word.lowercased()
        return names.filter { name in
            let name = name.lowercased()
            return name.hasPrefix(wanted) || distance(Array(wanted.utf8), Array(name.utf8)) <= 2
        }
    }

    /// Letters to insert, remove or replace (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= right.count + 2 else { return .max }
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
