// SPDX-License-Identifier: Apache-2.0

/// Finds the images that shell text runs, pulls and copies with programs that are known to take images. Also finds
/// images in variables whose names say that they hold one. Images that the text itself builds, tags and pushes are not
/// images to move.
struct ShellScanner {
    let kind: FindingKind
    private(set) var problems: [ScanProblem] = []
    private var uses = ShellUses()
    /// Variables that hold the path of a program that was searched for, with the program's name.
    private var programs: [String: String] = [:]
    private var embedded: [Finding] = []
    /// What was read in each place with its own variables, and the number of the current place.
    private var places = [ShellPlace()]
    private(set) var place = 0
    /// The folder in which the next text begins, relative to the file's own, and the folder that commands have changed
    /// to.
    var startFolder = "" { didSet { folder = startFolder } }
    var folder = ""

    private var here: ShellPlace {
        get { places[place] }
        _modify { yield &places[place] }
    }

    var variables: ShellVariables {
        get { places[place].variables }
        _modify { yield &places[place].variables }
    }

    /// What the commands of the texts hand out to later steps.
    private var handed: [HandedValue] = []
    private var handedCount = 0
    /// The number of names that were assigned for all places.
    private var sharedCount = 0
    /// The most of such values in one file.
    private static let handedLimit = 256

    /// The deepest nesting of shells that run shells.
    private static let depthLimit = 8
    /// The most places of one file. Each has all variables of the places around it.
    private static let placeLimit = 1024

    init(_ kind: FindingKind) { self.kind = kind }

    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult {
        var scanner = ShellScanner(kind)
        scanner.read(SourceText(bytes))
        return scanner.finished(in: bytes)
    }

    /// Scans a file with commands of another shell.
    static func scan(_ bytes: [UInt8], writtenFor shell: OtherShell) -> ScanResult {
        var scanner = ShellScanner(.shell)
        scanner.read(SourceText(shell.asShell(TracedText(bytes, origin: 0))))
        var result = scanner.finished(in: bytes)
        for index in result.findings.indices {
            result.findings[index].text = String(decoding: bytes[result.findings[index].range], as: UTF8.self)
        }
        // Its quotes differ from those of a POSIX shell, so an unbalanced quote is not an error.
        result.problems = []
        return result
    }

    /// Begins a place with its own variables in addition to those of the current place: a step in a job.
    ///
    /// - Returns: the current place if there are too many.
    mutating func addPlace() -> Int {
        guard places.count < Self.placeLimit else { return place }
        places.append(ShellPlace(outer: place, variables: variables))
        return places.count - 1
    }

    /// The values that were handed out since the last call.
    mutating func takeHandedValues() -> [HandedValue] {
        defer { handed = [] }
        return handed
    }

    /// Assigns values to a name, for the current place and those around it, or for all.
    mutating func assign(_ name: String, _ texts: [TracedText], everywhere: Bool) {
        guard !everywhere || sharedCount < Self.handedLimit else { return }
        if everywhere { sharedCount += 1 }
        var targets = everywhere ? Array(places.indices) : [place]
        while !everywhere, let last = targets.last, last > 0 { targets.append(places[last].outer) }
        for target in targets where target == place || !places[target].variables.isKnown(name) {
            for text in texts { places[target].variables.assign(name, text) }
        }
    }

    /// Continues in an earlier place.
    mutating func enter(_ next: Int) { place = next }

    /// Reads a text. Several texts are read one after the other if they share variables.
    mutating func read(_ source: SourceText) { read(source, depth: 0) }

    /// Reads a command that no shell reads, so its words are literal.
    mutating func read(words: [TracedText]) { read(ShellCommand(words: words), depth: 0) }

    /// - Parameter file: the file that contains the texts, if documents in them are to be read.
    mutating func finished(in file: UnsafeBufferPointer<UInt8>? = nil) -> ScanResult {
        for place in places.indices {
            // Adopts what texts around it have assigned since.
            if place > 0 { places[place].variables.adopt(places[places[place].outer].variables) }
            if let file { readDocuments(of: file, in: place) }
            uses.add(places[place])
        }
        var result = ScanResult()
        var readings: [FoundImages] = []
        for (number, place) in places.enumerated() {
            var found = ShellImageFinder.images(of: place, uses, in: file, kind: kind)
            if number == 0 {
                for finding in embedded where !uses.makes(finding, in: place.variables) { found.append(finding) }
            }
            readings.append(found)
            result.products += place.localProducts + place.madeForBuilds
            result.kustomizationEdits += place.kustomizationEdits
            result.soughtNames += place.soughtNames
            result.overrides += place.overrides
            result.shared += place.sharedBytes
            result.followUps += place.followUps.filter { !result.followUps.contains($0) }
        }
        result.findings = FoundImages.joined(readings).inFileOrder
        result.problems = problems
        return result
    }

    /// - Parameter bytes: the file that contains the texts. Documents in them are read.
    mutating func finished(in bytes: [UInt8]) -> ScanResult { bytes.withUnsafeBufferPointer { finished(in: $0) } }

    /// Adds a setting that is outside of shell text.
    mutating func add(setting name: String, _ raw: TracedText) { here.settings.append((name, raw)) }

    /// Adds a word in the place of an image, outside of shell text.
    ///
    /// - Parameter written: the part of the word that is shown, if not all of it.
    mutating func add(image word: TracedText, written: TracedText? = nil) { here.images.append((word, written)) }

    /// Adds the image of a setting with a tag that is in another setting.
    mutating func add(image word: TracedText, written: TracedText, named name: String) {
        here.named.append((name, word, written))
    }

    /// Adds `NAME=value` of a build, outside of shell text.
    mutating func add(argument word: TracedText) { here.arguments.append(word) }

    /// Adds names of images that are made, separated by line breaks or commas.
    mutating func add(products text: TracedText) {
        for line in text.lines {
            for field in line.commaSeparatedFields { take(.product, field.trimmed) }
        }
    }

    /// Adds names of images that are made with tags which something else decides, one on each line.
    mutating func add(tagged text: TracedText) {
        for name in text.lines.flatMap(\.commaSeparatedFields).map(\.trimmed) {
            take(.product, name)
            uses.add(tagged: name, in: variables)
        }
    }

    /// Whether the commands make the image that a text outside of them names.
    func makes(_ text: TracedText) -> Bool { uses.makes(text, in: places[0].variables) }

    /// Reads a variable's value, which may hold commands.
    mutating func read(value: SourceText) {
        let known = here.others
        read(value)
        here.others = known
    }

    /// Adds a text that uses variables for something other than images.
    mutating func add(other text: TracedText) { here.others.append(text) }

    /// A text that is handed to a command.
    mutating func add(document: ShellHeredoc) { here.documents.append(document) }

    mutating func add(_ build: BuildCommand) { here.builds.append(build) }

    // MARK: - Reading

    private mutating func read(_ source: SourceText, depth: Int) {
        var lexer = ShellLexer(source)
        lexer.read()
        if depth == 0, let quote = lexer.openQuote {
            problems.append(
                ScanProblem("a quote is not closed: what follows is not read", at: source.origin(of: quote)))
        }
        let commands = lexer.commands.map(\.body)
        for command in commands { assign(command) }
        let outer = folder
        var printer: ShellCommand?
        for (index, var command) in commands.enumerated() {
            let reader = command.isPiped && index + 1 < commands.count ? commands[index + 1] : command
            if !command.heredocs.isEmpty { command.target = command.target ?? valuesFile(of: reader) }
            command.input = command.input ?? printer?.printedFile
            printer = command.isPiped ? command : nil
            read(command, depth: depth)
        }
        readPrinted(commands)
        readPassed(commands, depth: depth)
        if handsOut, handedCount < Self.handedLimit {
            let values = handedValues(commands).prefix(Self.handedLimit - handedCount)
            handedCount += values.count
            handed += values
        }
        if depth > 0 { folder = outer }
    }

    private mutating func assign(_ command: ShellCommand) {
        if let array = command.array, let name = command.words.first {
            let name = name.string.dropLast()
            let isMore = name.hasSuffix("+")
            return variables.assign(String(isMore ? name.dropLast() : name), list: array, isMore: isMore)
        }
        for word in command.words { assignDefault(word) }
        var words = command.words[...]
        while let word = words.first?.string, ShellPrograms.prefixes.contains(word) { words = words.dropFirst() }
        switch words.first?.string {
        case "for", "select":
            guard words.count > 3, let name = words.dropFirst().first?.string else { return }
            variables.assign(name, list: Array(words.dropFirst(3)))
        case "read": for word in words.dropFirst() { variables.open(word.string) }
        case "export", "local", "readonly", "declare", "typeset": for word in words.dropFirst() { _ = assign(word) }
        default: for word in words where !assign(word) { return }
        }
    }

    /// `${NAME:=value}`, which is mostly an argument of `:`.
    private mutating func assignDefault(_ word: TracedText) {
        let text = ShellVariables.unquoted(word)
        guard text.bytes.starts(with: "${".utf8), text.bytes.last == UInt8(ascii: "}"),
            let (front, value) = text[2..<text.count - 1].cut(at: UInt8(ascii: "="))
        else { return }
        let name = front.bytes.last == UInt8(ascii: ":") ? front[0..<front.count - 1] : front
        if Self.assignment(name + TracedText(untraced: "=")) != nil {
            _ = assign(name + TracedText(untraced: "=") + value)
        }
    }

    /// - Returns: whether the word is an assignment.
    private mutating func assign(_ word: TracedText) -> Bool {
        guard let (name, value) = Self.assignment(word) else { return false }
        if name.hasSuffix("+") {
            variables.append(value, to: String(name.dropLast()))
        } else {
            variables.assign(name, value)
            here.settings.append((name, value))
            programs[name] = ShellPrograms.sought(by: ShellVariables.unquoted(value).string)
        }
        return true
    }

    static func assignment(_ word: TracedText) -> (name: String, value: TracedText)? {
        guard let (before, value) = word.cut(at: UInt8(ascii: "=")), !before.isEmpty else { return nil }
        let isName = before.bytes.enumerated().allSatisfy { offset, byte in
            byte == 95 || (byte | 32) &- 97 < 26 || (offset > 0 && byte &- 48 < 10)
                || (byte == UInt8(ascii: "+") && offset == before.count - 1 && offset > 0)
        }
        return isName ? (before.string, value) : nil
    }

    // MARK: - Commands

    mutating func read(_ command: ShellCommand, depth: Int) {
        guard command.array == nil else { return }
        let command = split(command)
        enterFolder(command)
        var named: [TracedText] = []
        for (index, word) in command.words.enumerated() {
            let name = programName(word)
            if let program = ImageProgram.named(name) {
                var reader = CommandLineReader(Array(command.words[index...]), isOptions: variables.isOptions) {
                    [variables] in variables.value(of: $0)?.string
                }
                reader.scan(program)
                let chart = reader.found.last { $0.role == .chart }?.word
                let settings = reader.found.filter { $0.role == .settings }.map(\.word)
                if !settings.isEmpty { here.chartSettings.append((chart, settings)) }
                let number = here.files.count
                here.charts[number] = chart
                for (role, word) in reader.found { take(role, word, of: number) }
                if var build = reader.build {
                    build.products = reader.found.filter { $0.role == .product }.map(\.word)
                    if build.readsInput { build.file = command.input ?? build.file }
                    note(build)
                }
                // A document and a chart's path may use variables of images for other things, too.
                named = reader.found.filter { $0.role != .document && $0.role != .chart }.map(\.word)
                if !reader.found.isEmpty { break }
            }
            if ShellPrograms.shells.contains(name) { return readShell(command, from: index, depth: depth) }
            if StreamEdit.programs.contains(name) {
                here.edits.append(StreamEdit(command.words[(index + 1)...]))
                break
            }
            if name == "alias" { readAliases(command.words[(index + 1)...], depth: depth) }
            if ShellPrograms.printers.contains(name) { break }
        }
        noteOthers(command.words, except: named)
        for var heredoc in command.heredocs where !heredoc.text.isEmpty {
            heredoc.fileName = fileName(command)
            heredoc.isAppended = command.appends || command.words.contains { ["-a", "--append"].contains($0.string) }
            here.documents.append(heredoc)
        }
    }

    /// `cat > NAME <<EOF`, `tee NAME <<EOF`.
    private func fileName(_ command: ShellCommand) -> String? {
        let isTee = command.words.contains { $0.string == "tee" }
        guard let word = command.target ?? (isTee ? command.words.last : nil) else { return nil }
        return ShellVariables.unquoted(word).string
    }

    private mutating func readDocuments(of file: UnsafeBufferPointer<UInt8>, in place: Int) {
        var scanner = HeredocScanner(file: file, kind: kind, variables: places[place].variables)
        for document in places[place].documents.joined { scanner.scan(document) }
        embedded += scanner.findings
        places[place].images += scanner.words.map { ($0, nil) }
        places[place].searched += scanner.keys
    }

    /// Replaces a list by its elements, and splits a variable without quotes that holds a command or options
    /// (`"sudo docker"`, `"--rm --name web"`) into words, as the shell does.
    private func split(_ command: ShellCommand) -> ShellCommand {
        var command = command
        command.words = command.words.flatMap(variables.elements).flatMap { word -> [TracedText] in
            guard word.bytes.first == UInt8(ascii: "$"), ShellVariables.variable(word) != nil,
                let words = variables.written(word).map(Self.words), words.count > 1
            else { return [word] }
            let names = words.map { ShellPrograms.lastPart($0.string) }
            let isCommand = names.contains { ImageProgram.named($0) != nil || ShellPrograms.shells.contains($0) }
            return isCommand || words[0].bytes.first == UInt8(ascii: "-") ? words : [word]
        }
        return command
    }

    /// The words of a value. A substitution in it is a part of one word.
    private static func words(of text: TracedText) -> [TracedText] {
        guard text.bytes.contains(UInt8(ascii: "$")) || text.bytes.contains(UInt8(ascii: "`")) else {
            return text.blankSeparated
        }
        var lexer = ShellLexer(SourceText(text))
        lexer.read()
        return lexer.commands.last?.words ?? []
    }

    /// The last part of a program's path, or the program that a variable holds. Of several values, the first one that
    /// is a program.
    func programName(_ word: TracedText) -> String {
        let value = variables.value(of: word)?.string
        if let program = ShellPrograms.sought(by: value ?? ShellVariables.unquoted(word).string) { return program }
        if let value, !value.hasPrefix("$(") { return ShellPrograms.lastPart(value) }
        let names = variables.values(of: word).compactMap { $0.map { ShellPrograms.lastPart($0.string) } }
        if let name = names.first(where: { ImageProgram.named($0) != nil }) { return name }
        return ShellVariables.variable(word).flatMap {
            programs[$0] ?? ShellPrograms.named(byVariable: $0.uppercased())
        }
            ?? ""
    }

    /// - Parameter command: the number of files before those of the command.
    private mutating func take(_ role: CommandLineReader.Role, _ word: TracedText, of command: Int = 0) {
        switch role {
        case .image: here.images.append((word, nil))
        case .local(let isRemoved): here.locals.append((word, isRemoved))
        case .replacement(let end):
            here.replacements.append(KustomizeOperand(word: word, previousEnd: end, folder: folder))
        case .argument: here.arguments.append(word)
        case .chart, .settings: break
        case .document: here.documents.append(ShellHeredoc(word: word))
        case .file(let meant): here.files.append((meant, word, folder, command))
        case .product:
            here.productWords.append(word)
            uses.add(product: word, in: variables)
        }
    }

    /// Reads the commands that words such as `k='docker run --rm bitnami/kubectl:1.31'` stand for.
    private mutating func readAliases(_ words: ArraySlice<TracedText>, depth: Int) {
        guard depth < Self.depthLimit else { return }
        for (_, value) in words.compactMap(Self.assignment) {
            read(SourceText(ShellVariables.unquoted(value)), depth: depth + 1)
        }
    }

    /// Reads words and texts that are shell text themselves: `sh -c 'docker run …'`, `ssh host 'docker run …'`,
    /// `bash <<EOF`.
    private mutating func readShell(_ command: ShellCommand, from index: Int, depth: Int) {
        guard depth < Self.depthLimit else { return }
        let rest = Array(command.words[(index + 1)...])
        for word in rest {
            let text = variables.written(word) ?? ShellVariables.unquoted(word)
            if text.bytes.contains(32) { read(SourceText(text), depth: depth + 1) }
        }
        if ShellPrograms.runners.contains(command.words[index].string), rest.count > 1 {
            read(ShellCommand(words: rest), depth: depth + 1)
        }
        for heredoc in command.heredocs { read(SourceText(heredoc.text), depth: depth + 1) }
    }
}
