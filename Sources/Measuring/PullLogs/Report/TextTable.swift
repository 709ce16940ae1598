// SPDX-License-Identifier: Apache-2.0

import OCI

/// Columns of text, aligned with blanks. Each column is as wide as its widest cell; blanks at line ends are removed.
struct TextTable {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]]

    init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    mutating func add(_ cells: [String]) { rows.append(cells.map(\.displayable)) }

    var lines: [String] {
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return alignments[column] == .right ? blanks + row[column] : row[column] + blanks
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension Int {
    /// `12,345`.
    package var grouped: String {
        let digits = String(magnitude)
        let groups = stride(from: digits.count % 3 - 3, to: digits.count, by: 3).compactMap { start in
            let group = digits.dropFirst(Swift.max(0, start)).prefix(start < 0 ? start + 3 : 3)
            return group.isEmpty ? nil : group
        }
        return (self < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}
