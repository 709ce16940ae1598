// SPDX-License-Identifier: Apache-2.0

import OCI

/// Why a word of a list does not name content that can be copied.
struct WordError: Error {
    let message: String
    var hint: String?
}

/// Reads one word of a list as a reference. Detects words of a list that are not references, such as tag filters.
enum ListWord {
    static func reference(_ text: String) throws(WordError) -> Reference {
        if text == "-" {
            throw WordError(
                message: "\"-\" begins an entry of YAML, and names no image", hint: "write the image alone, one a line")
        }
        if let foreign = ForeignTransport(text) { throw WordError(message: foreign.message, hint: foreign.hint) }
        if LayoutReference.isMeant(by: text) {
            do { return Reference(try LayoutReference(parsing: text)) } catch {
                throw WordError(
                    message: "\"\(text.displayable)\" is no OCI image layout: \(error.text)",
                    hint: "write oci:FOLDER, oci:FOLDER:TAG or oci:FOLDER@DIGEST")
            }
        }
        if let filter = tagFilter(in: text) {
            throw WordError(
                message: "\"\(text.displayable)\" filters tags with \"\(filter.displayable)\", which only a source can",
                hint: "name a repository as the target: \(text.dropLast(filter.count + 1).displayable)")
        }
        let reference: Reference
        do throws(ReferenceError) { reference = try Reference(parsing: text) } catch {
            throw WordError(message: error.description, hint: error.hint ?? commentHint(text))
        }
        try checkWire(reference)
        return reference
    }

    /// The text after the repository's colon, if it is a tag filter and not a tag.
    static func tagFilter(in text: String) -> Substring? {
        // Nearly every word is a plain name.
        guard text.utf8.contains(where: "~{*?[".utf8.contains) else { return nil }
        for opening in [":~", ":{"] {
            if let range = text.firstRange(of: opening) { return text[text.index(after: range.lowerBound)...] }
        }
        let afterSlash = text.lastIndex(of: "/") ?? text.startIndex
        guard let colon = text[afterSlash...].firstIndex(of: ":") else { return nil }
        let tag = text[text.index(after: colon)...]
        return tag.contains { "*?[".contains($0) } ? tag : nil
    }

    /// The hint for a comment without a blank before it.
    private static func commentHint(_ text: String) -> String? {
        guard let hash = text.firstIndex(of: "#"), (try? Reference(parsing: String(text[..<hash]))) != nil else {
            return nil
        }
        return "a comment needs a blank before \"#\": \(text[..<hash].displayable) \(text[hash...].displayable)"
    }

    /// Refuses names that must not be in a URL. Otherwise they would fail only later, during the run.
    private static func checkWire(_ reference: Reference) throws(WordError) {
        guard reference.repository.isWireSafe else {
            throw WordError(
                message: "\"\(reference)\" cannot be requested: a part of its repository is empty, \".\" or \"..\"",
                hint: reference.asTyped.contains("://") ? "leave out the scheme" : nil)
        }
        guard reference.tag?.isWireSafe ?? true else {
            throw WordError(message: "\"\(reference)\" cannot be requested: its tag is \".\" or \"..\"")
        }
    }
}
