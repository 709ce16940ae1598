// SPDX-License-Identifier: Apache-2.0

import OCI

/// Reads lists: `SOURCE`, `SOURCE TARGET`, or a source and several targets, which is one item for each of them.
///
/// Collects all problems and does not stop at the first one, so that a user can repair a list in one pass. The parser
/// takes bytes and returns values; the caller reads the files.
package struct BatchListParser: Sendable {
    /// The lines that name one image each, in the order of the lists.
    private(set) var pool = EntryPool()
    /// The lines with tag filters, in the order of the lists, each with the number of entries before it.
    private(set) var filters: [(entriesBefore: Int, entry: FilteredEntry)] = []
    package private(set) var problems: [BatchProblem] = []
    /// The lists read, in order.
    package private(set) var files: [String] = []
    /// The splitter of the list that is being read.
    private var splitter = LineSplitter()
    private var isUTF16 = false

    /// The canonical path of a folder on this machine. The caller provides it, because only the file system knows
    /// links.
    package var folder: @Sendable (String) -> String = { $0 }

    package init() {}

    /// The lines that name one image each, in the order of the lists.
    package var entries: [BatchEntry] { (0..<pool.count).map { pool[$0] } }

    /// The lines with tag filters, in the order of the lists.
    package var filtered: [FilteredEntry] { filters.map(\.entry) }

    /// Adds a list.
    ///
    /// - Parameter file: the list's name in messages.
    package mutating func read(_ bytes: [UInt8], file: String) {
        begin(file)
        take(bytes)
        end()
    }

    /// Begins a list, whose bytes follow in pieces.
    ///
    /// - Parameter file: the list's name in messages.
    package mutating func begin(_ file: String) {
        files.append(file)
        splitter = LineSplitter()
        isUTF16 = false
    }

    /// Takes the next bytes of the list that was begun.
    package mutating func take(_ bytes: some Sequence<UInt8>) {
        var splitter = splitter
        splitter.take(bytes) { line, number in read(line, number) }
        self.splitter = splitter
    }

    /// Ends the list that was begun.
    package mutating func end() {
        var splitter = splitter
        splitter.end { line, number in read(line, number) }
        self.splitter = splitter
    }

    private mutating func read(_ line: [UInt8], _ number: Int) {
        guard !isUTF16 else { return }
        let place = ListPlace(file: files[files.count - 1], line: number)
        guard number == 1 else { return read(line: line[...], at: place) }
        if line.starts(with: [0xFF, 0xFE]) || line.starts(with: [0xFE, 0xFF]) {
            isUTF16 = true
            problems.append(BatchProblem(place, "the list is UTF-16", hint: "save it as UTF-8"))
        } else {
            read(line: line.starts(with: [0xEF, 0xBB, 0xBF]) ? line[3...] : line[...], at: place)
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

    /// Adds the line's entry, or returns the problem that prevents it.
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
        pool.append(
            BatchEntry(
                source: source.reference, target: target?.reference, place: source.place, targetPlace: target?.place))
        return nil
    }

    /// Adds the line as a filter of a repository's tags, or returns the problem that prevents it.
    private mutating func filteredEntry(from words: [ListLine.Word], at place: ListPlace) -> BatchProblem? {
        let places = words.map { ListPlace(file: place.file, line: place.line, column: $0.column) }
        var part = 0
        do throws(WordError) {
            let source = try ListWord.filteredRepository(words[0].text)
            part = words.count - 1
            let target = words.count == 2 ? try ListWord.targetRepository(words[1].text) : nil
            filters.append(
                (
                    pool.count,
                    FilteredEntry(
                        source: source.repository, sourceName: source.name, filter: source.filter, targetName: target,
                        place: places[0], targetPlace: places[part])
                ))
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
