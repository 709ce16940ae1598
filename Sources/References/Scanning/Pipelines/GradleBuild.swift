// SPDX-License-Identifier: Apache-2.0

/// Reads Gradle scripts: `bootBuildImage { builder = "…" }` (docs.spring.io, "Packaging OCI Images" of the Gradle plugin),
/// and Jib's `jib { from { image = "…" } }` (github.com/GoogleContainerTools/jib, "jib-gradle-plugin").
struct GradleBuild {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    private var boot = FoundImages(.buildpacks)
    private var jib = FoundImages(.jib)
    private var products: [BuildProduct] = []
    /// The end of the tasks that were read. Tasks inside of others were read with them.
    private var end = 0

    /// - Parameter isJibs: whether the script uses Jib. Other plugins have blocks of the same names.
    static func scan(_ bytes: [UInt8], isJibs: Bool) -> ScanResult {
        var build = GradleBuild(ProgramTokens(SourceText(bytes), .groovy))
        for index in build.tokens.indices {
            build.readTask(at: index)
            if isJibs { build.readJib(at: index) }
        }
        var result = ScanResult()
        result.findings = (build.boot.findings + build.jib.findings).inFileOrder
        result.products = build.products
        return result
    }

    private init(_ tokens: ProgramTokens) {
        self.tokens = tokens
        values = ProgramValues(tokens)
    }

    /// Reads a task that is named by its name, or by its type in Kotlin: `named<BootBuildImage>("bootBuildImage")`.
    private mutating func readTask(at index: Int) {
        let name = tokens[index].name ?? tokens[index].text?.written.string
        guard name == "bootBuildImage" || name == "BootBuildImage",
            let start = tokens[index...].prefix(8).firstIndex(where: { $0.isMark("{") }), start >= end
        else { return }
        end = tokens.close(of: start)
        for index in start..<end {
            guard let name = tokens[index].name, ["builder", "runImage"].contains(name) else { continue }
            for choice in choices(behind: index) { boot.add(value: choice.value) }
        }
    }

    /// Reads `from { image = "x" }` and `from.image = "x"`, and the product after `to`.
    private mutating func readJib(at index: Int) {
        guard let name = tokens[index].name, name == "from" || name == "to", let image = image(behind: index) else {
            return
        }
        for choice in choices(behind: image) {
            if name == "from" {
                addBase(choice)
            } else if case .text(let text, _) = choice.value {
                products.append(BuildProduct(text.string))
            }
        }
    }

    private func image(behind index: Int) -> Int? {
        guard index + 2 < tokens.count else { return nil }
        if tokens[index + 1].isMark(".") { return tokens[index + 2].name == "image" ? index + 2 : nil }
        guard tokens[index + 1].isMark("{") else { return nil }
        return tokens.direct(in: index + 1).first { tokens[$0].name == "image" && !tokens[$0 - 1].isMark(".") }
    }

    private mutating func addBase(_ choice: ProgramValues.Choice) {
        if case .text(let text, _) = choice.value, text.contiguousRange != nil {
            if let base = Self.jibBase(text) { jib.add(base) }
            return
        }
        if case .other = choice.value, let path = values.openCall(at: choice.start) {
            let written = TracedText(path.utf8, origin: tokens[choice.start].start)
            return jib.add(open: path + "(…)", written: written)
        }
        jib.add(value: choice.value)
    }

    /// An image that Jib builds on, behind the place where Jib looks for it. nil: an archive.
    static func jibBase(_ text: TracedText) -> TracedText? {
        guard !text.bytes.starts(with: "tar://".utf8) else { return nil }
        let scheme = ["docker://", "registry://"].first { text.bytes.starts(with: $0.utf8) } ?? ""
        return text[scheme.utf8.count..<text.count]
    }

    /// The values in `name = "x"`, `name "x"`, `name("x")` or `name.set("x")`.
    private func choices(behind index: Int) -> [ProgramValues.Choice] {
        var next = index + 1
        if tokens[next...].first?.isMark(".") == true, tokens[next...].dropFirst().first?.name == "set" { next += 2 }
        guard let token = tokens[next...].first else { return [] }
        if token.isMark("=") || token.isMark("(") {
            next += 1
        } else if token.text == nil {
            return []
        }
        return values.choices(at: next)
    }
}
