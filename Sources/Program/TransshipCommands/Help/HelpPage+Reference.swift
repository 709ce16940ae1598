// SPDX-License-Identifier: Apache-2.0

extension HelpPage {
    /// All pages in one document. The repository keeps it, so that no change of an option is overlooked.
    static var reference: String {
        let pages = all.map { page in
            let title = page.words.count == 1 ? page.name : page.words.dropFirst().joined(separator: " ")
            return "==== \(title) ====\n\n\(page.text)\n"
        }
        return """
            What transship COMMAND --help prints, for every command.
            transship man --reference makes this file; a test compares.


            """ + pages.joined(separator: "\n")
    }
}
