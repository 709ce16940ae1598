// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What is public is promised to other packages. A change of it is made knowingly: the list is changed, too.
@Suite struct PublicSymbolTests {
    private let tree = SourceTree.checkout

    private var found: [PublicSymbol] {
        tree.sources.filter { $0.target == "TransshipKit" }.flatMap { file in
            PublicSymbol.found(in: tree.text(of: file.path))
        }
    }

    @Test func `the public symbols are those of the list`() {
        let listed = tree.text(of: "Tests/ArchitectureTests/PublicSymbols.txt").split(separator: "\n").map(String.init)
        let names = found.map(\.name).sorted()
        #expect(listed.count > 60)
        #expect(
            names.filter { !listed.contains($0) } == [], "public, and not in Tests/ArchitectureTests/PublicSymbols.txt")
        #expect(
            listed.filter { !names.contains($0) } == [], "in Tests/ArchitectureTests/PublicSymbols.txt, and not public")
        #expect(listed == listed.sorted())
    }

    /// What a newcomer has to look through: types, and what can be called. Properties and cases are read with their types.
    @Test func `the door has some sixty types and functions`() {
        let called = ["init", "func", "static func", "struct", "class", "enum", "protocol", "typealias"]
        let names = Set(found.map(\.name)).filter { name in
            let declaration = name.split(separator: ": ", maxSplits: 1).last ?? ""
            return called.contains { declaration.hasPrefix($0 + " ") || declaration.hasPrefix($0 + "(") }
        }
        #expect(names.count > 50)
        #expect(names.count <= 70)
    }

    @Test func `every public symbol has a doc comment`() {
        #expect(found.filter { !$0.isDocumented }.map(\.name) == [])
    }

    @Test func `symbols are read with the types around them`() {
        let text = """
            /// A.
            public struct A: Hashable {
                /// B.
                public let b: Int
                let c = 1
                /// E.
                public enum E: Error {
                    /// One.
                    case one(Int, of: String)
                    case two
                }
                /// D.
                public func d(
                    _ x: Int, of y: Int
                ) -> Int { x }
                /// I.
                public convenience init(_ z: Int) {}
            }
            /// T.
            public typealias T = A
            extension A {
                public static var f: Int { 0 }
                enum Hidden { case three }
            }
            """
        let found = PublicSymbol.found(in: text)
        #expect(
            found.map(\.name) == [
                "struct A", "A: let b", "A: enum E", "A.E: case one(_:of:)", "A.E: case two", "A: func d(_:of:)",
                "A: init(_:)", "typealias T", "A: static var f",
            ])
        #expect(found.filter { !$0.isDocumented }.map(\.name) == ["A.E: case two", "A: static var f"])
    }
}

/// A public declaration, read from formatted source: enough of the language for the sources of one target.
struct PublicSymbol {
    /// The types around it, its kind, its name and its labels: `CopyOptions: var jobs`.
    let name: String
    let isDocumented: Bool

    static func found(in text: String) -> [PublicSymbol] {
        var reader = SymbolReader(lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        return reader.read()
    }
}

/// Reads line by line; what surrounds a line is told by its indentation.
private struct SymbolReader {
    private struct Scope {
        var indentation: Int
        var name: String
        /// Whether its cases and requirements are public without saying so.
        var lends: Bool
    }

    let lines: [String]
    private var scopes: [Scope] = []
    private var symbols: [PublicSymbol] = []
    private var isDocumented = false

    init(lines: [String]) { self.lines = lines }

    mutating func read() -> [PublicSymbol] {
        for (number, line) in lines.enumerated() {
            let code = line.drop { $0 == " " }
            if code.hasPrefix("///") { isDocumented = true }
            guard !code.isEmpty, !code.hasPrefix("//") else { continue }
            let indentation = line.count - code.count
            scopes.removeAll { $0.indentation >= indentation && !code.hasPrefix(")") && !code.hasPrefix("}") }
            take(code, indentation, number)
            isDocumented = false
        }
        return symbols
    }

    private mutating func take(_ code: Substring, _ indentation: Int, _ number: Int) {
        var words = code.split(separator: " ").map(String.init)
        let isPublic = words.first == "public"
        let isMember = scopes.last.map { $0.lends && $0.indentation == indentation - 4 } ?? (indentation == 0)
        let isLent = scopes.last?.lends == true && isMember && ["case", "func", "var"].contains(words.first)
        words.removeAll { ["public", "mutating", "final", "convenience", "private", "fileprivate"].contains($0) }
        let isStatic = words.first == "static"
        if isStatic { words.removeFirst() }
        guard let kind = words.first, Self.kinds.contains(kind.prefix { $0.isLetter }.description) else { return }
        let name = self.name(kind, words, number)
        let isType = ["struct", "class", "enum", "protocol", "extension"].contains(kind)
        if isPublic || isLent {
            let around = scopes.map(\.name).joined(separator: ".")
            let text = (isStatic ? "static " : "") + (kind.hasPrefix("init") ? name : "\(kind) \(name)")
            symbols.append(PublicSymbol(name: (around.isEmpty ? "" : around + ": ") + text, isDocumented: isDocumented))
        }
        guard isType else { return }
        let lends = isPublic && ["enum", "protocol"].contains(kind)
        scopes.append(Scope(indentation: indentation, name: name, lends: lends))
    }

    private static let kinds: Set = [
        "struct", "class", "enum", "protocol", "extension", "typealias", "func", "var", "let", "case", "init",
        "subscript",
    ]

    /// A name with the labels of its parameters, which may stand on the following lines.
    private func name(_ kind: String, _ words: [String], _ number: Int) -> String {
        let text = lines[number...].prefix(12).joined(separator: " ")
        guard let start = text.range(of: kind.prefix { $0.isLetter })?.lowerBound else { return "" }
        var rest = text[start...]
        if !kind.hasPrefix("init") { rest = rest.dropFirst(kind.count + 1) }
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        rest = rest.dropFirst(name.count)
        if rest.hasPrefix("<"), let end = rest.firstIndex(of: ">") { rest = rest[rest.index(after: end)...] }
        guard ["func", "init", "case"].contains(kind.prefix { $0.isLetter }), rest.hasPrefix("(") else { return name }
        return name + "(" + Self.labels(rest.dropFirst()) + ")"
    }

    private static func labels(_ text: Substring) -> String {
        var (labels, depth, parameter) = ("", 0, "")
        for character in text {
            if character == ")", depth == 0 { break }
            depth += "([".contains(character) ? 1 : ")]".contains(character) ? -1 : 0
            if character == ",", depth == 0 {
                labels += label(parameter)
                parameter = ""
            } else {
                parameter.append(character)
            }
        }
        return labels + (parameter.contains { $0 != " " } ? label(parameter) : "")
    }

    /// `of y: Int` is `of:`; a type alone is `_:`.
    private static func label(_ parameter: String) -> String {
        let words = parameter.split(separator: " ")
        guard let colon = parameter.firstIndex(of: ":"), !parameter[..<colon].contains("(") else { return "_:" }
        return String(words[0].prefix { $0 != ":" }) + ":"
    }
}
