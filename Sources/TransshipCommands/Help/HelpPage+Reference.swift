extension HelpPage {
    /// Every page in one document, which the repository keeps so that no option changes unseen.
    static var reference: String {
        let pages = all.map { page in
            let title = page.words.count == 1 ? page.name : page.words.dropFirst().joined(separator: " ")
            return "## \(title)\n\n```text\n\(page.text)\n```\n"
        }
        return """
            # Commands

            What `transship COMMAND --help` prints, for every command.
            `transship man --reference` makes this page; a test compares.


            """ + pages.joined(separator: "\n")
    }
}
