// SPDX-License-Identifier: Apache-2.0

/// Columns for people, with two blanks between them. The first column is aligned left; the others are aligned right if
/// they are numbers.
package struct TextTable: Sendable {
    package enum Kind: Sendable {
        case numbers
        case words
    }

    package let lines: [String]

    /// - Parameters:
    ///   - rows: rows with one cell for each heading.
    ///   - kind: the content of all columns except the first.
    package init(_ heads: [String], _ rows: [[String]], of kind: Kind = .numbers) {
        let all = [heads] + rows
        let widths = heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        lines = all.map { row in
            row.enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                if kind == .words && column == row.count - 1 { return cell }
                return column == 0 || kind == .words ? cell + blanks : blanks + cell
            }.joined(separator: "  ")
        }
    }
}
