// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Files
import OCI
import Reporting

/// The lists of items and where they go, for every command that works through lists.
struct ListOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Lists of items; - is standard input.", valueName: "list"))
    var lists: [String]
    @OptionGroup var target: TargetOptions

    /// Reads and checks every line before any request is sent.
    func read() throws -> ReadLists { try target.read(lists) }
}

/// Where the items of lists go.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The place for items that name no target. Repeatable: each item is copied to each of these places.",
            valueName: "host[:port][/path]"))
    var to: [String] = []
    @Option(help: "How a source's name continues the target: as-written, repository (without its registry), flatten.")
    var map: TargetMapping = .asWritten

    /// Reads and checks every line before any request is sent.
    func read(_ lists: [String]) throws -> ReadLists {
        guard lists.count(where: { $0 == "-" }) <= 1 else {
            throw CommandFailure.usage(["standard input can be read only once: - was given twice"])
        }
        var parser = BatchListParser()
        parser.folder = Files.resolvedAsFar
        for list in lists { try Self.read(list, into: &parser) }
        return try ReadLists(parser, rules: rules())
    }

    private static func read(_ list: String, into parser: inout BatchListParser) throws {
        var (size, beginning): (Int, [UInt8]) = (0, [])
        parser.begin(list)
        try FilePieces.read(list, while: { true }) { piece in
            size += piece.count
            try FileBytes.checkSize(size, of: list)
            if beginning.count < ForeignList.beginning { beginning += piece }
            parser.take(piece)
        }
        parser.end()
        if let foreign = ForeignList(beginning) {
            throw CommandFailure.usage(["\(list.displayable): \(foreign.message)"], hint: foreign.hint)
        }
        // No reference begins so.
        if let first = beginning.first(where: { !Self.blanks.contains($0) }), Array("{[".utf8).contains(first) {
            throw CommandFailure.usage(
                ["\(list.displayable): this is JSON, not a list of images"],
                hint:
                    "a list is text, one image a line: SRC, or SRC and DST, such as: redis:7 registry.example/mirror/redis:7"
            )
        }
    }

    private static let blanks = Set(" \t\r\n\u{FEFF}".utf8)

    func rules() throws -> [TargetRule] {
        try to.map { prefix in
            do throws(TargetPrefixError) {
                return TargetRule(prefix: try TargetPrefix(parsing: prefix), mapping: map)
            } catch {
                throw CommandFailure.usage(["--to: \(error)"], hint: error.hint)
            }
        }
    }

    /// The only rule, for commands that can have one target only; nil if there is none.
    func onlyRule() throws -> TargetRule? {
        let rules = try rules()
        guard rules.count <= 1 else {
            throw CommandFailure.usage(["--to was given \(rules.count) times: give it once"])
        }
        return rules.first
    }
}

/// Lists without a bad line.
struct ReadLists {
    /// nil if no line has a filter; then everything is in `plain`.
    private let parser: BatchListParser?
    private let rules: [TargetRule]
    /// The items for which no registry must be asked. Lines with a filter give none.
    let plain: BatchItems
    /// The lines with a filter.
    var filtered: [FilteredEntry] { parser?.filtered ?? [] }

    /// The repositories whose tags have to be listed for lines with a filter.
    let repositoriesToList: [SourceRepository]

    init(_ parser: BatchListParser, rules: [TargetRule]) throws {
        plain = try parser.checkedItems(rules: rules, tags: [:])
        repositoriesToList = parser.repositoriesToList
        self.parser = repositoriesToList.isEmpty ? nil : parser
        self.rules = rules
    }

    func batchItems(tags: [SourceRepository: [OCI.Tag]]) throws -> BatchItems {
        try parser?.checkedItems(rules: rules, tags: tags) ?? plain
    }
}

extension BatchListParser {
    fileprivate func checkedItems(rules: [TargetRule], tags: [SourceRepository: [OCI.Tag]]) throws -> BatchItems {
        do throws(BatchListError) { return try items(rules: rules, tags: tags) } catch {
            throw CommandFailure.usage(error.problems)
        }
    }
}

extension CommandFailure {
    /// The maximum number of problems to report. A file that is not a list has a problem in each of its lines.
    private static let mostProblems = 20

    fileprivate static func usage(_ problems: [BatchProblem]) -> CommandFailure {
        let told = problems.prefix(mostProblems)
        let rest = problems.count - told.count
        let more = rest > 0 ? ["\(Quantity.count(rest, "more problem")) in the lists"] : []
        return usage(told.map(\.description) + more, hints: told.compactMap(\.hint))
    }
}

extension Int {
    /// Refuses a number of things at once that is below 1, or larger than any machine can handle.
    func checkConcurrency(_ option: String) throws {
        guard (1...Self.mostAtOnce).contains(self) else {
            throw ValidationError("\(option) must be 1 to \(Self.mostAtOnce), not \(self)")
        }
    }

    private static let mostAtOnce = 10_000
}

extension TargetMapping: ExpressibleByArgument {}
