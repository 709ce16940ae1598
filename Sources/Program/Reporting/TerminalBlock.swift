// SPDX-License-Identifier: Apache-2.0

/// Lines at the bottom of a terminal that are overwritten. The cursor is after the last one.
struct TerminalBlock: Sendable {
    private static let eraseToLineEnd = "\u{1B}[K"
    private static let eraseBelow = "\u{1B}[J"

    private(set) var lines: [String] = []

    var isEmpty: Bool { lines.isEmpty }

    /// The block as it is written on empty lines.
    var text: String { lines.joined(separator: "\n") }

    /// The text that removes the block and leaves the cursor where the block began.
    ///
    /// Each row is erased for itself. If everything below the first cell of a screen is erased at once, tmux moves it into
    /// the scrollback, where it stays (3.3a, `screen_write_clearendofscreen`). The block reaches that cell when the terminal
    /// becomes narrower: tmux moves what is above the cursor up by the rows that the wrapped lines need.
    ///
    /// - Parameter width: the columns that the terminal has now. If it has become narrower, it has wrapped the lines.
    func erasure(width: Int) -> String {
        guard !isEmpty else { return "" }
        let above = String(repeating: "\u{1B}[A" + Self.eraseToLineEnd, count: rows(width) - 1)
        return "\r" + Self.eraseToLineEnd + above
    }

    /// The text that writes other lines over these, each one in its place, so that nothing flickers.
    mutating func replace(by other: [String], width: Int) -> String {
        defer { lines = other }
        if other.isEmpty { return erasure(width: width) }
        // Wrapped lines leave rows that no new line covers.
        let isBroken = rows(width) > lines.count
        let start = isEmpty ? "" : isBroken ? erasure(width: width) : home(width)
        return start + other.map { $0 + Self.eraseToLineEnd }.joined(separator: "\n") + Self.eraseBelow
    }

    private func home(_ width: Int) -> String {
        let rows = rows(width)
        return rows > 1 ? "\r\u{1B}[\(rows - 1)A" : "\r"
    }

    private func rows(_ width: Int) -> Int {
        lines.reduce(0) { $0 + max(1, ($1.visibleCount + width - 1) / max(1, width)) }
    }
}

extension String {
    /// The number of columns, without colour codes.
    fileprivate var visibleCount: Int {
        var (count, isColour) = (0, false)
        for letter in self {
            if letter == "\u{1B}" { isColour = true }
            if !isColour { count += 1 }
            if isColour, letter == "m" { isColour = false }
        }
        return count
    }
}
