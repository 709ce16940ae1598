/// Columns for people: the first to the left, the others to the right, two blanks between.
package struct TextTable: Sendable {
    package let lines: [String]

    /// - Parameter rows: each with as many cells as there are heads.
    package init(_ heads: [String], _ rows: [[String]]) {
        let all = [heads] + rows
        let widths = heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        lines = all.map { row in
            row.enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + blanks : blanks + cell
            }.joined(separator: "  ")
        }
    }
}
