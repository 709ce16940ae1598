// SPDX-License-Identifier: Apache-2.0

/// The next place of a few bytes in a text, searched from rising positions.
///
/// A place is searched once and remembered. A text of many openings without an end is read once, not once for each opening.
struct NextPlace {
    private let pattern: [UInt8]
    /// The place that was found last; nil where there is none any more.
    private var known: Int? = -1

    /// - Parameter pattern: one byte or more.
    init(of pattern: some Sequence<UInt8>) { self.pattern = Array(pattern) }

    /// The first place of the pattern at or after a position.
    ///
    /// - Parameter start: not less than in the call before.
    mutating func first(in bytes: [UInt8], from start: Int) -> Int? {
        if let place = known, place < start { known = search(bytes, from: start) }
        return known
    }

    private func search(_ bytes: [UInt8], from start: Int) -> Int? {
        var rest = bytes.dropFirst(start)
        while let place = rest.firstIndex(of: pattern[0]) {
            rest = bytes[place...]
            if rest.starts(with: pattern) { return place }
            rest = rest.dropFirst()
        }
        return nil
    }
}
