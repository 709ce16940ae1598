// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Searches by sixteen and sixty-four bytes find what a search by one finds.
@Suite struct ByteSearchTests {
    @Test(arguments: ["mage", "op", "#!", "IMAGE", "argoproj.io/"])
    func `a word is found at each place, and only where it stands`(word: String) {
        let (letters, search) = (Array(word.utf8), SearchWord(word))
        for length in [1, 15, 16, 17, 33, 64, 65, 80, 81, 127, 129, 160, 200] {
            // The first of the two letters that are looked for stands at every second place.
            let filler = (0..<length).map { $0 % 2 == 0 ? letters[search.probe] : UInt8(ascii: "-") }
            #expect(!holds(search, filler))
            for place in 0..<length where place + letters.count <= length {
                var bytes = filler
                bytes.replaceSubrange(place..<place + letters.count, with: letters)
                #expect(holds(search, bytes), "\(word) at \(place) of \(length)")
                bytes[place + letters.count - 1] = UInt8(ascii: "-")
                #expect(!holds(search, bytes), "the beginning of \(word) at \(place) of \(length)")
            }
        }
    }

    @Test func `each place of a byte is found`() {
        for length in 0..<200 {
            for place in 0...length {
                var bytes = [UInt8](repeating: 1, count: length)
                if place < length { bytes[place] = 10 }
                let found = bytes.withUnsafeBufferPointer { ByteSearch.first(10, in: $0, from: place / 2) }
                #expect(found == (place < length ? place : nil))
            }
        }
    }

    private func holds(_ word: SearchWord, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { ByteSearch.contains(word, in: $0, 0..<$0.count) }
    }
}
