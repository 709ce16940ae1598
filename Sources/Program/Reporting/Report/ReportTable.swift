// SPDX-License-Identifier: Apache-2.0

import OCI

/// A table of a report's page.
struct ReportTable {
    private let title: String
    private let heads: [String]
    private let numbers: ClosedRange<Int>
    private let rows: [[String]]
    /// For each row, what a click on its first cell searches for among the items; empty if rows lead to no items.
    var searches: [String] = []
    /// For each row, a second line in its last cell.
    var hints: [String?] = []

    /// - Parameter numbers: the columns that hold numbers.
    init(_ title: String, _ heads: [String], numbers: ClosedRange<Int>, _ rows: [[String]]) {
        self.title = title
        self.heads = heads
        self.numbers = numbers
        self.rows = rows
    }

    /// The table with its title as a heading; empty if there are no rows.
    var section: String {
        rows.isEmpty ? "" : "<section><h2>\(title.html)</h2>\(element)</section>"
    }

    /// The table alone, which is opened below a chart that shows the same.
    var details: String { rows.isEmpty ? "" : "<details><summary>As a table</summary>\(element)</details>" }

    private var element: String {
        let head = heads.enumerated().map { "<th scope=\"col\"\(kind($0))>\($1.html)</th>" }.joined()
        let body = rows.enumerated().map { row in "<tr>\(cells(row.element, of: row.offset))</tr>" }
        return
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(title.html)\"><table class=\"plain\">"
            + "<thead><tr>\(head)</tr></thead><tbody>\(body.joined(separator: "\n"))</tbody></table></div>"
    }

    private func kind(_ column: Int) -> String { numbers.contains(column) ? " class=\"number\"" : "" }

    private func cells(_ row: [String], of place: Int) -> String {
        row.enumerated().map { column, text in
            var content = text.html
            if column == 0, place < searches.count, !searches[place].isEmpty {
                content = "<button data-search=\"\(searches[place].html)\">\(content)</button>"
            }
            if column == row.count - 1, place < hints.count, let hint = hints[place] {
                content += "<span class=\"hint\">hint: \(hint.html)</span>"
            }
            return "<td\(kind(column)) data-name=\"\(heads[column].html)\">\(content)</td>"
        }.joined()
    }
}
