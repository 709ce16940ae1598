// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A block of Swift in a page or in a doc comment of the library.
struct CodeBlock: Sendable, CustomTestStringConvertible {
    /// Below the checkout.
    let path: String
    /// Of its first line of code, from 1.
    let line: Int
    /// Without indentation, empty lines and imports.
    let code: [String]

    var testDescription: String { "\(path):\(line)" }

    /// - Parameter mark: what each line of the text begins with that counts; `///` for doc comments.
    static func found(in text: String, of path: String, behind mark: String = "") -> [CodeBlock] {
        var blocks: [CodeBlock] = []
        var open: (line: Int, code: [String])?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let line = stripped(line, of: mark) else { continue }
            if let block = open {
                guard line == "```" else {
                    open?.code += isCode(line) ? [line] : []
                    continue
                }
                blocks.append(CodeBlock(path: path, line: block.line, code: block.code))
                open = nil
            } else if line == "```swift" {
                open = (number + 2, [])
            }
        }
        return blocks
    }

    /// The lines of a source, to look for blocks in.
    static func code(of text: String) -> [String] {
        text.split(separator: "\n").compactMap { stripped($0, of: "") }.filter(isCode)
    }

    func isPart(of source: [String]) -> Bool {
        source.indices.contains { source[$0...].starts(with: code) }
    }

    private static func isCode(_ line: String) -> Bool { !line.isEmpty && !line.hasPrefix("import ") }

    private static func stripped(_ line: Substring, of mark: String) -> String? {
        let line = line.trimmingCharacters(in: .whitespaces)
        return line.hasPrefix(mark) ? line.dropFirst(mark.count).trimmingCharacters(in: .whitespaces) : nil
    }
}

/// The library's texts, and the code of this folder that they show.
enum LibraryText {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every block that a user of the library may read.
    static let blocks: [CodeBlock] = {
        let library = "Sources/Library/TransshipKit"
        let pages = files(in: library, endingWith: ".md") + ["README.md"]
        let sources = files(in: library, endingWith: ".swift")
        return pages.flatMap { CodeBlock.found(in: text(of: $0), of: $0) }
            + sources.flatMap { CodeBlock.found(in: text(of: $0), of: $0, behind: "///") }
    }()

    /// What is compiled with the tests, file by file.
    static let compiled: [[String]] = files(in: "Tests/TransshipKitTests/Pages", endingWith: ".swift").map {
        CodeBlock.code(of: text(of: $0))
    }

    private static func text(of path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    private static func files(in folder: String, endingWith end: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
        let paths = found?.allObjects as? [String] ?? []
        return paths.filter { $0.hasSuffix(end) }.sorted().map { folder + "/" + $0 }
    }
}
