// SPDX-License-Identifier: Apache-2.0

/// The next place of a few bytes in a text, searched from rising positions.
///
/// A place is searched once and remembered. A text of many openings without an end is read once, not once for each
/// opening.
struct NextPlace {
    private let pattern: [UInt8]
    /// The place that was found last. nil: there are no more places.
    private var known: Int? = -1

    /// - Parameter pattern: one byte or more.
    init(of pattern: some Sequence<UInt8>) { self.pattern = Array(pattern) }

    /// The first place of the pattern at or after a position.
    ///
    /// - Parameters:
    ///   - bytes: the same text in each call. Only bytes before `start` may have changed.
    ///   - start: not less than in the call before.
    mutating func first(in bytes: [UInt8], from start: Int) -> Int? {
        if let place = known, place < start { known = search(bytes, from: start) }
        return known
    }

    private func search(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            var offset = start
            while let place = ByteSearch.first(pattern[0], in: buffer, from: offset) {
                if buffer[place...].starts(with: pattern) { return place }
                offset = place + 1
            }
            return nil
        }
    }
}
