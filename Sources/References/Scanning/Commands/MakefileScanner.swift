// SPDX-License-Identifier: Apache-2.0

/// Finds the images of a makefile: in its recipes, which are shell text once make has filled in its variables, and in
/// variables whose names say that they hold an image (GNU make manual, 5.1, 6.2 and 6.5).
struct MakefileScanner {
    private let source: SourceText
    var variables: [String: [TracedText]] = [:]
    private var settings: [(name: String, value: TracedText)] = []
    private var recipes: [TracedText] = []
    /// The texts between `define` and `endef`, by name.
    var definitions: [(name: String, text: TracedText)] = []
    /// The names of the functions that are called.
    var called: Set<String> = []
    /// The names that have values only in a function's text. The shell does not know them.
    var filledIn: Set<String> = []
    private var position = 0
    /// The name of the current definition, and where its text begins.
    private var definition: (name: String, start: Int)?

    /// Reads a file by its path from this one's folder.
    private var readFile: (String) -> [UInt8]? = { _ in nil }
    /// The files that are included, as they are written.
    private var included: [TracedText] = []
    private static let includeLimit = 16
    /// The most bytes of an included file. Many makefiles may include the same one.
    private static let includedLength = 1 << 18

    /// The deepest nesting of variables. Values that contain each other grow without end.
    static let depthLimit = 16
    private static let lengthLimit = 1 << 16
    /// How many bytes of values may still be filled in. Values that contain others twice make texts that double with
    /// each step. A variable that is not filled in is the shell's, and unresolved there.
    var fillable: Int

    static func scan(_ bytes: [UInt8], in nearby: NearbyFiles = NearbyFiles()) -> ScanResult {
        var scanner = MakefileScanner(source: SourceText(bytes))
        scanner.readFile = nearby.read
        var result = scanner.scan()
        result.products += scanner.productsOfIncluded().filter { !result.products.contains($0) }
        result.followUps += scanner.includedFiles
        return result
    }

    /// Files of any name that are included. A path without a folder is also looked for where the including file is.
    private var includedFiles: [FollowUp] {
        mutating get {
            let outer = filledIn
            filledIn.formUnion(variables.keys)
            defer { filledIn = outer }
            return included.prefix(Self.includeLimit).map { expanded($0).string }.filter { path in
                !path.hasPrefix("/") && !path.contains { "$*?{".contains($0) }
            }.map { FollowUp(path: FilePath.normalized($0), kind: .named(.text(.makefile))) }
        }
    }

    /// What the recipes of included files make with the variables of this one (GNU make manual, 3.3). The images that they
    /// use are found in those files.
    private mutating func productsOfIncluded() -> [BuildProduct] {
        included.prefix(Self.includeLimit).map { expanded($0).string }.flatMap { path -> [BuildProduct] in
            guard !path.hasPrefix("/"), let bytes = readFile(path), bytes.count <= Self.includedLength else {
                return []
            }
            var other = MakefileScanner(source: SourceText(bytes))
            for (name, value) in settings { other.assign(name, TracedText(untraced: value.string)) }
            return other.scan().products
        }
    }

    private init(source: SourceText) {
        self.source = source
        fillable = (1 << 20) + source.count * 8
    }

    private mutating func scan() -> ScanResult {
        while let line = nextLine() { read(line) }
        var shell = ShellScanner(.makefile)
        for (name, value) in inOrderOfUse(settings) {
            let value = expanded(value)
            shell.variables.assign(name, value)
            // `$(shell …)`, which is `$(…)` at this point.
            if value.bytes.contains(UInt8(ascii: "(")) { shell.read(value: SourceText(value)) }
        }
        for recipe in recipes {
            // Each line has a shell of its own.
            shell.startFolder = ""
            shell.read(SourceText(expanded(recipe)))
        }
        for definition in definitions {
            // With the arguments of its calls, a function was read where it is called.
            if !called.contains(definition.name) {
                for line in Self.wholeLines(of: definition.text) {
                    shell.startFolder = ""
                    shell.read(SourceText(expanded(recipe(line.trimmed))))
                }
            }
            shell.add(document: ShellHeredoc(text: expanded(definition.text), isLiteral: false))
        }
        for (name, value) in settings { shell.add(setting: name, expanded(value)) }
        var result = shell.finished(in: source.bytes)
        result.problems.removeAll { !isLoss($0) }
        // The text in the file, not the form with make's variables written as shell variables.
        for index in result.findings.indices {
            result.findings[index].text = source.string(result.findings[index].range)
        }
        return result
    }

    /// Settings with those before them whose variables they contain: make fills in a variable where it is used, wherever
    /// it is set.
    private func inOrderOfUse(_ settings: [(name: String, value: TracedText)]) -> [(name: String, value: TracedText)] {
        var depths: [String: Int] = [:]
        func depth(of name: String, _ level: Int) -> Int {
            if let known = depths[name] { return known }
            guard level < Self.depthLimit, let values = variables[name] else { return 0 }
            depths[name] = 0
            let uses = values.flatMap { VariableUse.all(in: $0) }
            let found = uses.isEmpty ? 0 : 1 + (uses.map { depth(of: $0.name, level + 1) }.max() ?? 0)
            depths[name] = found
            return found
        }
        return settings.enumerated().map { (depth(of: $0.element.name, 0), $0.offset, $0.element) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    // MARK: - Lines

    /// The range of a line with the lines that continue it. Backslashes and line breaks are kept, because the shell
    /// removes them, too.
    private mutating func nextLine() -> Range<Int>? {
        guard position < source.count else { return nil }
        let start = position
        let end = endOfLine(from: start)
        position = min(end + 1, source.count)
        return start..<end
    }

    private func endOfLine(from start: Int) -> Int {
        var position = start
        while position < source.count {
            let end = source.endOfLine(from: position)
            let last = source[end - 1] == 13 ? end - 2 : end - 1
            if end >= source.count || last < start || source[last] != UInt8(ascii: "\\") { return end }
            position = end + 1
        }
        return source.count
    }

    /// Whether what is not read behind an open quote, which ends with its line, may name an image.
    private func isLoss(_ problem: ScanProblem) -> Bool {
        guard let start = problem.offset else { return true }
        return source.bytes.withUnsafeBufferPointer { CommandWords.stand(in: $0, start..<endOfLine(from: start)) }
    }

    private mutating func read(_ line: Range<Int>) {
        let text = source.text(line).trimmed
        if let (name, start) = definition {
            guard text.bytes.starts(with: "endef".utf8) else { return }
            definitions.append((name, source.text(min(start, line.lowerBound)..<line.lowerBound)))
            definition = nil
            return
        }
        if source[line.lowerBound] == 9 { return recipes.append(recipe(text)) }
        if text.isEmpty || text.bytes[0] == UInt8(ascii: "#") { return }
        if text.bytes.starts(with: "define ".utf8), definition == nil {
            // An equals sign may follow the name (GNU make manual, 6.8).
            let name = text.blankSeparated[1].string
            definition = (name, position)
            return
        }
        if let word = text.blankSeparated.first, ["include", "-include", "sinclude"].contains(word.string) {
            included += text.blankSeparated.dropFirst()
            return
        }
        if text.blankSeparated.first.map({ Self.conditions.contains($0.string) }) == true { return }
        if let (name, value) = Self.assignment(text) { return assign(name, value) }
        // `target: prerequisites ; recipe`
        if let (_, inline) = text.cut(at: UInt8(ascii: ";")) { recipes.append(recipe(inline.trimmed)) }
    }

    /// Lines that choose between others (GNU make manual, 7.2).
    private static let conditions: Set<String> = ["ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"]

    /// The text without the marks that control how make runs a line.
    func recipe(_ text: TracedText) -> TracedText {
        let start = text.bytes.firstIndex { !"@-+ \t".utf8.contains($0) } ?? text.count
        return text[start..<text.count]
    }

    private mutating func assign(_ name: String, _ value: TracedText) {
        variables[name, default: []].append(value)
        settings.append((name, value))
    }

    /// `NAME = value` with any of make's marks before the equals sign. `export`, `override` or a target may precede it.
    private static func assignment(_ text: TracedText) -> (String, TracedText)? {
        guard let equals = text.bytes.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        var end = equals
        while end > 0, ":?+!".utf8.contains(text.bytes[end - 1]) { end -= 1 }
        let words = text[0..<end].blankSeparated
        guard let name = words.last, name.bytes.allSatisfy(isNameByte) else { return nil }
        let isTarget = words.dropLast().contains { $0.bytes.last == UInt8(ascii: ":") }
        let isKnown = words.dropLast().allSatisfy { ["export", "override", "private", "unexport"].contains($0.string) }
        guard isTarget || isKnown else { return nil }
        return (name.string, value(text[equals + 1..<text.count]))
    }

    /// The text without a comment.
    private static func value(_ text: TracedText) -> TracedText {
        let bytes = text.bytes
        let comment = bytes.indices.first { bytes[$0] == UInt8(ascii: "#") && ($0 == 0 || bytes[$0 - 1] != 92) }
        return text[0..<(comment ?? text.count)].trimmed
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte > 32 && !"$(){}:#=".utf8.contains(byte)
    }

    // MARK: - Variables

    /// The text after make's expansion: variables with one value are filled in, the others become shell variables, and
    /// `$$` becomes a dollar sign.
    mutating func expanded(_ text: TracedText, depth: Int = 0) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var result = TracedText(capacity: text.count)
        let brackets = MakeBrackets(text.bytes)
        var index = 0
        while index < text.count, result.count < Self.lengthLimit {
            guard text.bytes[index] == UInt8(ascii: "$"), index + 1 < text.count else {
                result.append(at: index, of: text)
                index += 1
                continue
            }
            index = expandDollar(text, at: index, brackets, into: &result, depth: depth)
        }
        return result
    }

    /// - Returns: the index at which the text continues.
    private mutating func expandDollar(
        _ text: TracedText, at index: Int, _ brackets: MakeBrackets, into expanded: inout TracedText, depth: Int
    ) -> Int {
        let next = text.bytes[index + 1]
        if next == UInt8(ascii: "$") {
            expanded.append(at: index + 1, of: text)
            return index + 2
        }
        guard let end = brackets.close(of: index + 1) else {
            // `$@`, `$<`: the value is not known before make runs.
            expanded.append(at: index, of: text)
            return index + 1
        }
        if let result = function(text[index + 2..<end], depth: depth) {
            expanded.append(result)
            return end + 1
        }
        let name = computed(text[index + 2..<end])
        if let values = variables[name.string], values.count == 1, depth < Self.depthLimit, isInline(name, values[0]),
            fillable >= values[0].count
        {
            fillable -= values[0].count
            expanded.append(self.expanded(values[0], depth: depth + 1))
        } else if name.bytes.starts(with: "shell ".utf8) {
            append("()", name[6..<name.count], at: index..<end, of: text, to: &expanded)
        } else {
            append("{}", name, at: index..<end, of: text, to: &expanded)
        }
        return end + 1
    }

    /// A name that contains other variables (`$(IMAGE_$(ARCH))`; GNU make manual, 6.3.1), resolved if their values are
    /// plain texts.
    private func computed(_ name: TracedText, depth: Int = 0) -> TracedText {
        guard name.bytes.contains(UInt8(ascii: "$")), !name.bytes.contains(where: TracedText.isBlank),
            depth < Self.depthLimit
        else { return name }
        var result = TracedText(capacity: name.count)
        let brackets = MakeBrackets(name.bytes)
        var index = 0
        while index < name.count, result.count < Self.lengthLimit {
            guard name.bytes[index] == UInt8(ascii: "$"), let end = brackets.close(of: index + 1) else {
                result.append(at: index, of: name)
                index += 1
                continue
            }
            let values = variables[computed(name[index + 2..<end], depth: depth + 1).string] ?? []
            let isPlain = values.count == 1 && !values[0].bytes.contains(UInt8(ascii: "$"))
            result.append(isPlain ? values[0] : name[index..<end + 1])
            index = end + 1
        }
        return variables[result.string] == nil ? name : TracedText(untraced: result.string)
    }

    /// Whether a value has to be filled in here: a shell variable is one word here, and its name consists of letters,
    /// digits and `_`.
    private func isInline(_ name: TracedText, _ value: TracedText) -> Bool {
        filledIn.contains(name.string) || (value.bytes.contains(where: TracedText.isBlank) && !Self.isOneWord(value))
            || !name.bytes.allSatisfy { $0 == 95 || ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 }
    }

    /// `$(shell …)-$(VERSION)`: also one word for the shell, and its name may say that it is an image. The search for a program
    /// is excluded: its own text names the program.
    private static func isOneWord(_ value: TracedText) -> Bool {
        guard ShellPrograms.sought(by: value.string) == nil else { return false }
        let brackets = MakeBrackets(value.bytes)
        var index = 0
        while index < value.count {
            if TracedText.isBlank(value.bytes[index]) { return false }
            let opens = value.bytes[index] == UInt8(ascii: "$") && index + 1 < value.count
            if opens, "({".utf8.contains(value.bytes[index + 1]) {
                guard let end = brackets.close(of: index + 1) else { return false }
                index = end
            }
            index += 1
        }
        return true
    }

    /// Appends the variable or command with the brackets of the shell.
    private func append(
        _ brackets: String, _ name: TracedText, at place: Range<Int>, of text: TracedText, to result: inout TracedText
    ) {
        let marks = Array(brackets.utf8)
        result.append(at: place.lowerBound, of: text)
        result.append(marks[0], origin: text.origins[place.lowerBound + 1])
        result.append(name)
        result.append(marks[1], origin: text.origins[place.upperBound])
    }
}

/// The pairs of brackets of a text of make. Brackets of the other kind do not count between two of one kind.
struct MakeBrackets {
    private var closing: [Int: Int] = [:]

    init(_ bytes: [UInt8]) {
        var (round, curly): ([Int], [Int]) = ([], [])
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "("): round.append(index)
            case UInt8(ascii: "{"): curly.append(index)
            case UInt8(ascii: ")"): if let open = round.popLast() { closing[open] = index }
            case UInt8(ascii: "}"): if let open = curly.popLast() { closing[open] = index }
            default: continue
            }
        }
    }

    /// The place of the bracket that closes the one at `open`. nil if none does, or if there is no bracket.
    func close(of open: Int) -> Int? { closing[open] }
}
