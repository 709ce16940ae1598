// SPDX-License-Identifier: Apache-2.0

extension HelpPage {
    /// Every page in one document, which the repository keeps so that no option changes unseen.
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
