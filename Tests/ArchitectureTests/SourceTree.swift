// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A Swift file of this checkout.
struct SourceFile: Sendable {
    let target: String
    /// Below the checkout, for messages.
    let path: String
    let lines: [String]

    /// Modules imported, with 1-based lines.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { position, line in Self.module(importedBy: line).map { ($0, position + 1) } }
    }

    /// Names of the types that the file declares, nested ones apart.
    var declaredTypes: [String] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        return lines.filter { !$0.hasPrefix(" ") }.compactMap { line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            return words.firstIndex(where: kinds.contains).flatMap { words.dropFirst($0 + 1).first.map(String.init) }
        }
    }

    /// Every name in the file.
    var words: Set<String> {
        Set(lines.flatMap { $0.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init) })
    }

    private static func module(importedBy line: String) -> String? {
        var words = line.split { " \t".contains($0) }.map(String.init)
        while let first = words.first, first.hasPrefix("@") || accessLevels.contains(first) { words.removeFirst() }
        guard words.first == "import", words.count > 1 else { return nil }
        let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return name.split(separator: ".").first.map(String.init)
    }

    private static let accessLevels: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
}

/// The sources and tests of this checkout.
struct SourceTree: Sendable {
    let sources: [SourceFile]
    let tests: [SourceFile]
    let manifest: String
    /// Of `Benchmarks/Micro`.
    let microManifest: String
    private let root: URL

    static let checkout: SourceTree = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return SourceTree(root: root)
    }()

    private init(root: URL) {
        self.root = root
        sources = Self.files(in: "Sources", of: root)
        tests = Self.files(in: "Tests", of: root)
        manifest = Self.text("Package.swift", of: root)
        microManifest = Self.text("Benchmarks/Micro/Package.swift", of: root)
    }

    /// A file as it stands; empty where there is none.
    func text(of path: String) -> String { Self.text(path, of: root) }

    /// The names in a folder, hidden ones left out.
    func names(in folder: String) -> [String] {
        let found = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path())
        return (found ?? []).filter { !$0.hasPrefix(".") }
    }

    private static func text(_ path: String, of root: URL) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    private static func files(in folder: String, of root: URL) -> [SourceFile] {
        let below = root.appending(path: folder)
        let paths = (FileManager.default.enumerator(atPath: below.path())?.allObjects as? [String] ?? []).sorted()
        return paths.filter { $0.hasSuffix(".swift") }.compactMap { path in
            guard let text = try? String(contentsOf: below.appending(path: path), encoding: .utf8) else { return nil }
            let folders = path.split(separator: "/").dropFirst(folder == "Sources" ? 1 : 0)
            let target = folders.first.map(String.init) ?? ""
            return SourceFile(
                target: target, path: folder + "/" + path, lines: SourceText(text).lines.map(String.init))
        }
    }

    func modules(importedBy target: String) -> Set<String> {
        Set((sources + tests).filter { $0.target == target }.flatMap { $0.imports.map(\.module) })
    }

    /// Places outside `allowed` targets whose code contains a word from `words` that stands alone, as `path:line: code`.
    func uses(of words: [String], outside allowed: Set<String>) -> [String] {
        sources.filter { !allowed.contains($0.target) }.flatMap { file in
            file.lines.enumerated().compactMap { position, line in
                words.contains { line.containsAlone($0) }
                    ? "\(file.path):\(position + 1): \(line.trimmingCharacters(in: .whitespaces))" : nil
            }
        }
    }
}

extension String {
    /// Whether `word` occurs not as the tail of a longer name or as a member of something.
    func containsAlone(_ word: String) -> Bool {
        ranges(of: word).contains { range in
            guard let before = self[..<range.lowerBound].last else { return true }
            return !(before.isLetter || before.isNumber || before == "_" || before == ".")
        }
    }
}
