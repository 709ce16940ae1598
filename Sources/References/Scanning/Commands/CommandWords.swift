// SPDX-License-Identifier: Apache-2.0

/// The words that show, before a text is read, that it may run a program that takes images.
enum CommandWords {
    /// Every such text contains one of these words: the names of the programs, and the beginnings of the names of
    /// variables that by convention hold a program, in all spellings.
    static let all: [SearchWord] = {
        let variables = Set(ShellPrograms.variables.map(beginning(of:)))
        let words = variables.union(variables.map { $0.lowercased() }).union(variables.map(\.capitalized))
            .union(ImageProgram.names)
        let long = words.filter { $0.utf8.count > 3 && $0 != "pack" }
        let needed = long.filter { word in !long.contains { $0 != word && word.holds(SearchWord($0)) } }
        // Short words are part of many other words: `oc` is in `local`, `pack` is in `package`.
        return needed.sorted().map { SearchWord($0) }
            + words.subtracting(long).sorted().map { SearchWord($0, isWhole: true) }
    }()

    /// The words of texts that may search for the name of an image in other files.
    static let edits = StreamEdit.programs.sorted().map { SearchWord($0, isWhole: true) }

    /// `CONTAINER_` for all names that begin with it.
    private static func beginning(of name: String) -> String {
        name.firstIndex(of: "_").map { String(name[...$0]) } ?? name
    }

    static func stand(in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        all.contains { ByteSearch.contains($0, in: bytes, range) }
    }
}

extension String {
    /// The text with its first letter in upper case and the others in lower case.
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
