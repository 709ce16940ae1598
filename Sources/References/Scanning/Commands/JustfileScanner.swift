// SPDX-License-Identifier: Apache-2.0

/// Finds the images of a justfile: in its recipes, whose lines a shell runs once `{{…}}` is filled in, and in variables
/// whose names say that they hold an image (just.systems/man, "Recipes" and "Variables").
struct JustfileScanner {
    private var shell = ShellScanner(.just)
    private var recipes: [TracedText] = []
    private var recipe = TracedText()
    /// The last line of the recipe continues on the next line.
    private var isContinued = false

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        var scanner = JustfileScanner()
        scanner.read(SourceText(bytes))
        var result = scanner.shell.finished(in: bytes)
        // A line may be for a program in another language, so problems with its quotes are not errors.
        result.problems = []
        for index in result.findings.indices {
            result.findings[index].text = String(decoding: bytes[result.findings[index].range], as: UTF8.self)
        }
        return result
    }

    private mutating func read(_ source: SourceText) {
        var position = 0
        while position < source.count {
            let end = min(source.endOfLine(from: position) + 1, source.count)
            read(line: source.text(position..<end))
            position = end
        }
        endRecipe()
        for recipe in recipes { shell.read(SourceText(recipe)) }
    }

    private mutating func read(line: TracedText) {
        if line.bytes.first == 32 || line.bytes.first == 9 { return recipe.append(command(line)) }
        isContinued = false
        // An empty line does not end a recipe.
        guard !line.trimmed.isEmpty else { return }
        endRecipe()
        assign(line.trimmed)
    }

    /// A line without the marks that control how it is run, and with its expressions as shell variables.
    private mutating func command(_ line: TracedText) -> TracedText {
        let marks = isContinued ? " \t" : "@- \t"
        let start = line.bytes.firstIndex { !marks.utf8.contains($0) } ?? line.count
        isContinued = line.trimmed.bytes.last == UInt8(ascii: "\\")
        return Jinja.asShell(line[start..<line.count])
    }

    /// A recipe is run line by line, or by the program that its first line names.
    private mutating func endRecipe() {
        let first = recipe[0..<(recipe.bytes.firstIndex(of: 10) ?? recipe.count)].blankSeparated.map(\.string)
        let isProgram = first.first?.hasPrefix("#!") == true
        if !isProgram || first.contains(where: { $0.hasSuffix("sh") && !$0.hasSuffix("pwsh") }) {
            recipes.append(recipe)
        }
        recipe = TracedText()
    }

    /// `name := 'value'`. A value that is not a single text is unknown here.
    private mutating func assign(_ line: TracedText) {
        guard let (front, back) = line.cut(at: UInt8(ascii: ":")), back.bytes.first == UInt8(ascii: "="),
            line.bytes.first != UInt8(ascii: "#"), let name = front.blankSeparated.last?.string
        else { return }
        let value = back[1..<back.count].trimmed
        guard let quote = value.bytes.first, "'\"".utf8.contains(quote), value.bytes.last == quote,
            value.bytes.count(where: { $0 == quote }) == 2
        else { return shell.variables.open(name) }
        shell.variables.assign(name, value)
        shell.add(setting: name, value)
    }
}
