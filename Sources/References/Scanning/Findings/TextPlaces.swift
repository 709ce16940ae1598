// SPDX-License-Identifier: Apache-2.0

/// Places in texts, byte for byte: many times faster than to compare characters.
extension StringProtocol {
    /// The first occurrence of `word`.
    func place(of word: String) -> Range<Index>? {
        let (text, word) = (utf8, word.utf8)
        guard let first = word.first else { return nil }
        var start = text.startIndex
        while let found = text[start...].firstIndex(of: first) {
            if text[found...].starts(with: word) { return found..<text.index(found, offsetBy: word.count) }
            start = text.index(after: found)
        }
        return nil
    }
}
