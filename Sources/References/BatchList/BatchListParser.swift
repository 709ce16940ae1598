// SPDX-License-Identifier: Apache-2.0

import OCI

/// Reads lists: `SOURCE`, `SOURCE TARGET`, or a source and several targets, which is one item for each of them.
///
/// Collects what is wrong instead of stopping at it, so that a user repairs a list in one go. Takes text and returns
/// values; whoever calls reads the files.
package struct BatchListParser: Sendable {
    /// A line that says something.
    enum Line: Hashable, Sendable {
        case one(BatchEntry)
        case filtered(FilteredEntry)
    }

    /// In the order of the lists.
    private(set) var lines: [Line] = []
    package private(set) var problems: [BatchProblem] = []
    /// The lists read, in order.
    package private(set) var files: [String] = []

    package init() {}

    /// The lines that name one image each, in the order of the lists.
    package var entries: [BatchEntry] {
        lines.compactMap { if case .one(let entry) = $0 { entry } else { nil } }
    }

    /// The lines that stand for several tags, in the order of the lists.
    package var filtered: [FilteredEntry] {
        lines.compactMap { if case .filtered(let entry) = $0 { entry } else { nil } }
    }

    /// Adds a list.
    ///
    /// - Parameter file: the list's name in messages.
    package mutating func read(_ bytes: [UInt8], file: String) {
        files.append(file)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            problems.append(
                BatchProblem(ListPlace(file: file, line: 1), "the list is UTF-16", hint: "save it as UTF-8"))
            return
        }
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let lines = bytes[start...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (position, line) in lines.enumerated() {
            read(line: line, at: ListPlace(file: file, line: position + 1))
        }
    }

    private mutating func read(line: ArraySlice<UInt8>, at place: ListPlace) {
        guard let text = String(validating: line, as: UTF8.self) else {
            problems.append(BatchProblem(place, "the line is not UTF-8"))
            return
        }
        let words = ListLine(text).words
        if words.isEmpty { return }
        if words.count > 2, ["->", "=>"].contains(words[1].text) {
            return problems.append(Self.arrow(words, at: place))
        }
        let isFilter = ListWord.tagFilter(in: words[0].text) != nil
        let targets = words.count == 1 ? [[]] : words.dropFirst().map { [$0] }
        for target in targets {
            let item = [words[0]] + target
            let problem = isFilter ? filteredEntry(from: item, at: place) : entry(from: item, at: place)
            if let problem { return problems.append(problem) }
        }
    }

    /// Adds the line's entry, or returns what keeps it from being one.
    private mutating func entry(from words: [ListLine.Word], at place: ListPlace) -> BatchProblem? {
        var references: [(reference: Reference, place: ListPlace)] = []
        for word in words {
            let place = ListPlace(file: place.file, line: place.line, column: word.column)
            do throws(WordError) {
                references.append((try ListWord.reference(word.text), place))
            } catch {
                return BatchProblem(place, error.message, hint: error.hint)
            }
        }
        let source = references[0]
        let target = references.count == 2 ? references[1] : nil
        if let wanted = target?.reference.digest, let given = source.reference.digest, wanted != given {
            return BatchProblem(
                references[1].place,
                "the target's digest \(wanted.short) is not the source's, \(given.short): a copy keeps its digest")
        }
        lines.append(
            .one(
                BatchEntry(
                    source: source.reference, target: target?.reference, place: source.place,
                    targetPlace: target?.place)))
        return nil
    }

    /// Adds the line as a filter over a repository's tags, or returns what keeps it from being one.
    private mutating func filteredEntry(from words: [ListLine.Word], at place: ListPlace) -> BatchProblem? {
        let places = words.map { ListPlace(file: place.file, line: place.line, column: $0.column) }
        var part = 0
        do throws(WordError) {
            let source = try ListWord.filteredRepository(words[0].text)
            part = words.count - 1
            let target = words.count == 2 ? try ListWord.targetRepository(words[1].text) : nil
            lines.append(
                .filtered(
                    FilteredEntry(
                        source: source.repository, sourceName: source.name, filter: source.filter, targetName: target,
                        place: places[0], targetPlace: places[part])))
            return nil
        } catch {
            return BatchProblem(places[part], error.message, hint: error.hint)
        }
    }

    private static func arrow(_ words: [ListLine.Word], at place: ListPlace) -> BatchProblem {
        BatchProblem(
            ListPlace(file: place.file, line: place.line, column: words[1].column),
            "\"\(words[1].text.displayable)\" is no target", hint: "leave out the arrow: SOURCE TARGET")
    }
}
