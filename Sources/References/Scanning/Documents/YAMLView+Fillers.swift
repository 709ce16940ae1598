// SPDX-License-Identifier: Apache-2.0

import OCI

// What was put together from several fields of a template, of which one was blanked out.

extension YAMLView {
    /// A finding as it is, or opened if its text holds letters that stand for a template action.
    func withoutFillers(_ finding: Finding) -> Finding {
        let text = finding.reference?.asTyped ?? finding.unresolved ?? ""
        guard let filler = Self.longestFiller(of: text), !isWritten(filler) else { return finding }
        var open = finding
        open.text = fileText(finding.range)
        open.meaning = .unresolved(action(around: finding, longAs: filler.count) ?? open.text)
        let names = finding.parts.filter { ![.tag, .digest].contains($0.field) }
        open.parts = names.allSatisfy(isPlainName) ? names : []
        return open
    }

    /// Whether a part of a name, but not a whole reference, is written without an action.
    private func isPlainName(_ part: ReferencePart) -> Bool {
        part.field != .reference && !TemplateMask.holdsAction(file, part.range)
            && part.value.map { Self.longestFiller(of: $0) == nil } == true
    }

    /// The letters of the longest run that can stand for an action; nil if no run is as long as the shortest action.
    private static func longestFiller(of text: String) -> Substring? {
        let runs = text.split { $0 != Character(UnicodeScalar(TemplateMask.filler)) }
        return runs.filter { $0.utf8.count >= TemplateMask.shortestAction }.max { $0.utf8.count < $1.utf8.count }
    }

    /// Whether the file has these letters itself.
    private func isWritten(_ letters: Substring) -> Bool {
        ByteSearch.contains(SearchWord(String(letters)), in: file, 0..<file.count)
    }

    /// The variable of the action that was blanked out: of one in the finding's fields, otherwise of the first with this
    /// length.
    private func action(around finding: Finding, longAs length: Int) -> String? {
        let fields = ([finding.range] + finding.parts.map(\.range)).map(fileText)
        return fields.lazy.compactMap(TemplateText.variable).first
            ?? TemplateMask.action(of: length, in: file).flatMap { TemplateText.variable(in: fileText($0)) }
    }
}
