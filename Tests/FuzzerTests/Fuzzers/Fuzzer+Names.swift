// SPDX-License-Identifier: Apache-2.0

import Content

@testable import Distribution
@testable import FileTree
@testable import GcraneSyntax
@testable import OCI
@testable import TransferEngine

extension Fuzzer {
    /// What is listed, what is left out, and what is called.
    static let names: [Fuzzer] = [
        Fuzzer("registry-lists", readLists), Fuzzer("ignore-file", readIgnoreFile),
        text("command-line", readCommandLine),
    ]

    // MARK: Lists of registries

    /// Two documents, each on a line: pages of one list.
    private static func readLists(_ bytes: [UInt8]) throws {
        let pages = bytes.split(separator: 10, maxSplits: 1).map { Array($0) }
        let listings = pages.compactMap { page in (try? JSON(page)).flatMap { RepositoryListing(extended: $0) } }
        for listing in listings {
            let again = (try? JSON(Array(listing.json.utf8))).flatMap { RepositoryListing(extended: $0) }
            promise(again?.json ?? listing.json == listing.json, "a list is read as it is written: \(listing.json)")
        }
        if var whole = listings.first, let next = listings.last {
            whole.add(next)
            let (tags, json) = (whole.tags.count, whole.json)
            whole.add(next)
            promise(whole.tags.count == tags && whole.json == json, "a page that comes again adds nothing")
        }
        guard let first = pages.first, let last = pages.last else { return }
        merge(index(first), index(last))
    }

    private static func index(_ bytes: [UInt8]) -> ManifestContent {
        ManifestContent(bytes: bytes, mediaType: .ociIndex, digest: ContentHash.digest(of: bytes))
    }

    private static func merge(_ list: ManifestContent, _ other: ManifestContent) {
        let (list, addition) = (ReferrerDocument(list), ReferrerDocument(other))
        guard let content = list.merging(addition)?.content, content != other else { return }
        let merged = ReferrerDocument(content)
        for part in [list, addition] { promise(part.missing(in: merged) == nil, "both lists' entries in one") }
        promise(merged.merging(addition) == nil, "what was merged has nothing to merge")
    }

    // MARK: Files that are left out

    /// Patterns, each of which is tried as a path as well.
    private static func readIgnoreFile(_ bytes: [UInt8]) {
        let rules = rules(bytes, "")
        let (all, none) = (self.rules(bytes, "\n**\n"), self.rules(bytes, "\n**\n!**\n"))
        for line in bytes.split(separator: 10).prefix(8) {
            let path = String(decoding: line.prefix(255), as: UTF8.self)
            for isFolder in [false, true] {
                _ = rules.ignores(path, isFolder: isFolder)
                promise(all.ignores(path, isFolder: isFolder), "** leaves out everything")
                promise(!none.ignores(path, isFolder: isFolder), "!** takes in everything")
            }
        }
    }

    private static func rules(_ bytes: [UInt8], _ more: String) -> IgnoreRules {
        var rules = IgnoreRules()
        rules.add(bytes + more.utf8, folder: "")
        return rules
    }

    // MARK: Command lines

    private static let syntax: CommandLineSyntax = {
        let flags = [
            FlagSpec("all", short: "a", .bool, ""), FlagSpec("jobs", short: "j", .int, ""),
            FlagSpec("output", short: "o", .string, "", choices: ["x"]),
            FlagSpec("platform", .platform, ""), FlagSpec("name", short: "n", .strings, ""),
            FlagSpec("entry", .list, ""), FlagSpec("label", short: "l", .pairs, ""),
            FlagSpec("env", short: "e", .variables, ""),
        ]
        let run = CommandSpec("run", "SRC DST", .any, summary: "", flags: flags)
        let group = CommandSpec("group", summary: "", role: .groups, subcommands: [run])
        return CommandLineSyntax(
            root: CommandSpec("program", summary: "", role: .onlyHelps, subcommands: [run, group]),
            globals: [FlagSpec("verbose", short: "v", .bool, "")])
    }()

    /// Words, each on a line.
    private static func readCommandLine(_ text: String) {
        let words = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for candidate in Completion(of: words, in: syntax).candidates { promiseShowable(candidate.word) }
        _ = syntax.command(in: words)
        do throws(SyntaxError) {
            guard case .run(let invocation) = try syntax.parse(words) else { return }
            let values = invocation.flags
            _ = (values.int("jobs"), values.list("entry"), values.pairs("label"), values.variables("env"))
        } catch {
            // Suggestions stand behind a tab.
            promiseShowable((error.message + (error.advice ?? "")).replacing("\t", with: ""))
        }
    }
}
