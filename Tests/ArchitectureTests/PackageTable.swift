// SPDX-License-Identifier: Apache-2.0

/// What `Package.swift` says each target may import, read from its text.
struct PackageTable: Sendable {
    struct Target: Sendable {
        let name: String
        let dependencies: [String]
    }

    /// In the order of the manifest.
    let targets: [Target]

    init(manifest: String) {
        let code = SourceText(manifest, keepingStrings: true).code
        let products = Self.products(in: code)
        let list = code.firstRange(of: "targets: [\n").map { code[$0.upperBound...] } ?? ""
        targets = Self.calls(in: list).map { call in
            Target(name: Self.literals(in: call).first ?? "", dependencies: Self.dependencies(of: call, products))
        }
    }

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    /// A target's dependencies, theirs, and so on.
    func reach(of name: String) -> Set<String> {
        var found: Set<String> = []
        var waiting = self[name]?.dependencies ?? []
        while let next = waiting.popLast() {
            if found.insert(next).inserted { waiting += self[next]?.dependencies ?? [] }
        }
        return found
    }

    /// `let name = Target.Dependency.product(name: "Module", …)`
    private static func products(in code: String) -> [String: String] {
        var products: [String: String] = [:]
        for line in code.split(separator: "\n") where line.contains("Target.Dependency.product(name:") {
            let words = line.split(separator: " ")
            products[String(words[1])] = literals(in: line).first
        }
        return products
    }

    /// The argument texts of the calls that declare targets.
    private static func calls(in list: Substring) -> [Substring] {
        var calls: [Substring] = []
        var rest = list
        while let start = openings.compactMap({ rest.firstRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound }) {
            let arguments = balanced(rest[start.upperBound...], ("(", ")"))
            calls.append(arguments)
            rest = rest[arguments.endIndex...]
        }
        return calls
    }

    private static let openings = ["room(", "tests(", ".executableTarget(", ".systemLibrary(", ".target("]

    private static func dependencies(of call: Substring, _ products: [String: String]) -> [String] {
        guard !call.contains("pkgConfig:"), let open = call.firstIndex(of: "[") else { return [] }
        let list = balanced(call[call.index(after: open)...], ("[", "]"))
        let elements = list.replacing(/\.product\(name: ("\w+"), package: "[^"]+"\)/) { "\($0.output.1)" }
        return elements.split { ", \n".contains($0) }.map { element in
            element.hasPrefix("\"")
                ? String(element.dropFirst().dropLast()) : products[String(element)] ?? String(element)
        }
    }

    /// The text up to the bracket that closes one opened before it.
    private static func balanced(_ text: Substring, _ brackets: (Character, Character)) -> Substring {
        var depth = 1
        for position in text.indices {
            if text[position] == brackets.0 { depth += 1 }
            if text[position] == brackets.1 { depth -= 1 }
            if depth == 0 { return text[..<position] }
        }
        return text
    }

    private static func literals(in text: Substring) -> [String] {
        text.matches(of: /"([^"]*)"/).map { String($0.output.1) }
    }
}
