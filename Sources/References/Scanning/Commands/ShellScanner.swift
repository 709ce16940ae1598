// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds the images that shell text runs, pulls and copies with the programs that are known to take images, and those in
/// variables whose names say that they hold one. What the text builds, tags and pushes itself is no image to move.
struct ShellScanner {
    private(set) var found: FoundImages
    private(set) var problems: [ScanProblem] = []
    var variables = ShellVariables()
    /// Images that the text makes: references in full, and texts as they stand.
    private var products: Set<String> = []
    /// Words that name images that are made.
    private(set) var productWords: [TracedText] = []
    /// Variables that are only a part of what is run or made: `$IMAGE:$TAG`.
    private var parts: Set<String> = []
    /// Variables that are a part somewhere, and those that are all of it.
    private var partial: Set<String> = []
    private var whole: Set<String> = []
    /// Variables that are run somewhere, alone or as a part.
    private var runs: Set<String> = []
    /// Names of what is made, with the colon before the tag.
    private var productFronts: Set<Substring> = []
    private var images: [(word: TracedText, written: TracedText?)] = []
    private var settings: [(name: String, raw: TracedText)] = []
    private var arguments: [TracedText] = []
    /// Words that name no image and may hold what images are made of, too.
    private(set) var others: [TracedText] = []
    /// What each command gives to a chart.
    private(set) var chartSettings: [[TracedText]] = []
    /// Files that commands name, with the folder that they run in.
    var files: [(meant: NamedFile, word: TracedText, folder: String)] = []
    /// What commands build.
    var builds: [BuildCommand] = []
    /// The folder that the next text begins in, from the file's own on, and the one that commands have gone to.
    var startFolder = "" { didSet { folder = startFolder } }
    var folder = ""
    /// Variables that are given the path of a program that is looked for.
    private var programs: [String: String] = [:]
    /// Texts that are handed to commands.
    private var documents: [ShellHeredoc] = []
    private var embedded: [Finding] = []
    /// What was read in each place with variables of its own; what the one at hand has stands above.
    private var places = [Place()]
    private(set) var place = 0

    /// What texts in one place come to with the variables that count there.
    private struct Place {
        /// The one around it.
        var outer = 0
        var variables = ShellVariables()
        var productWords: [TracedText] = []
        var images: [(word: TracedText, written: TracedText?)] = []
        var settings: [(name: String, raw: TracedText)] = []
        var arguments: [TracedText] = []
        var others: [TracedText] = []
        var chartSettings: [[TracedText]] = []
        var files: [(meant: NamedFile, word: TracedText, folder: String)] = []
        var builds: [BuildCommand] = []
        var documents: [ShellHeredoc] = []
    }

    /// Shells that run shells.
    private static let depthLimit = 8
    /// Places of one file. Each has all variables of those around it.
    private static let placeLimit = 1024

    init(_ kind: FindingKind) { found = FoundImages(kind) }

    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult {
        var scanner = ShellScanner(kind)
        scanner.read(SourceText(bytes))
        return bytes.withUnsafeBufferPointer { scanner.finished(in: $0) }
    }

    /// Scans a file of another shell's commands.
    static func scan(_ bytes: [UInt8], writtenFor shell: OtherShell) -> ScanResult {
        var scanner = ShellScanner(.shell)
        scanner.read(SourceText(shell.asShell(TracedText(bytes, origin: 0))))
        var result = bytes.withUnsafeBufferPointer { scanner.finished(in: $0) }
        for index in result.findings.indices {
            result.findings[index].text = String(decoding: bytes[result.findings[index].range], as: UTF8.self)
        }
        // Its quotes are not all a POSIX shell's: an odd one is nobody's mistake.
        result.problems = []
        return result
    }

    /// Begins a place whose variables are those of the one at hand and its own: a step in a job.
    ///
    /// - Returns: the place at hand itself where there are too many.
    mutating func addPlace() -> Int {
        guard places.count < Self.placeLimit else { return place }
        places.append(Place(outer: place, variables: variables))
        return places.count - 1
    }

    /// Goes on in a place that was begun before.
    mutating func enter(_ next: Int) {
        guard next != place else { return }
        places[place] = Place(
            outer: places[place].outer, variables: variables, productWords: productWords, images: images,
            settings: settings, arguments: arguments,
            others: others, chartSettings: chartSettings, files: files, builds: builds, documents: documents)
        place = next
        let known = places[next]
        (variables, productWords, images, settings) = (
            known.variables, known.productWords, known.images, known.settings
        )
        (arguments, others, chartSettings) = (known.arguments, known.others, known.chartSettings)
        (files, builds, documents) = (known.files, known.builds, known.documents)
    }

    /// Reads a text; several are read one after the other where they share variables.
    mutating func read(_ source: SourceText) { read(source, depth: 0) }

    /// Takes a command that no shell reads: its words are what they say.
    mutating func read(words: [TracedText]) { read(ShellCommand(words: words), depth: 0) }

    /// - Parameter file: what the texts stand in, where documents in them are to be read.
    mutating func finished(in file: UnsafeBufferPointer<UInt8>? = nil) -> ScanResult {
        var result = ScanResult()
        for place in places.indices {
            enter(place)
            // What texts around it have assigned since.
            if place > 0 { variables.adopt(places[places[place].outer].variables) }
            if let file { readDocuments(of: file) }
            noteUses()
        }
        var readings: [FoundImages] = []
        for place in places.indices {
            enter(place)
            found = FoundImages(found.kind)
            findImages()
            if place == 0 { for finding in embedded { found.append(finding) } }
            readings.append(found)
            result.products += localProducts + madeForBuilds
            result.shared += sharedBytes
            result.followUps += followUps.filter { !result.followUps.contains($0) }
        }
        result.findings = FoundImages.joined(readings).inFileOrder
        result.problems = problems
        return result
    }

    /// A setting that stands outside of shell text.
    mutating func add(setting name: String, _ raw: TracedText) { settings.append((name, raw)) }

    /// A word that stands where an image is named, outside of shell text.
    ///
    /// - Parameter written: what is shown of it, where that is not all.
    mutating func add(image word: TracedText, written: TracedText? = nil) { images.append((word, written)) }

    /// `NAME=value` of a build, outside of shell text.
    mutating func add(argument word: TracedText) { arguments.append(word) }

    /// Names of images that are made, separated by blanks or commas.
    mutating func add(products text: TracedText) {
        for line in text.lines {
            for field in line.commaSeparatedFields { take(.product, field.trimmed) }
        }
    }

    /// Reads a variable's value, which may hold commands.
    mutating func read(value: SourceText) {
        let known = others
        read(value)
        others = known
    }

    /// A text that uses variables for something else than images.
    mutating func add(other text: TracedText) { others.append(text) }

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
        for command in commands { read(command, depth: depth) }
        if depth > 0 { folder = outer }
    }

    private mutating func assign(_ command: ShellCommand) {
        if let array = command.array, let name = command.words.first {
            return variables.assign(String(name.string.dropLast()), list: array)
        }
        for word in command.words { assignDefault(word) }
        var words = command.words[...]
        while let word = words.first?.string, Self.prefixes.contains(word) { words = words.dropFirst() }
        switch words.first?.string {
        case "for", "select":
            guard words.count > 3, let name = words.dropFirst().first?.string else { return }
            variables.assign(name, list: Array(words.dropFirst(3)))
        case "read": for word in words.dropFirst() { variables.open(word.string) }
        case "export", "local", "readonly", "declare", "typeset": for word in words.dropFirst() { _ = assign(word) }
        default: for word in words where !assign(word) { return }
        }
    }

    /// `${NAME:=value}`, which is mostly what `:` is given.
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
            variables.open(String(name.dropLast()))
        } else {
            variables.assign(name, value)
            settings.append((name, value))
            programs[name] = Self.programSought(by: ShellVariables.unquoted(value).string)
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

    /// Words before a command that are no command: reserved ones.
    static let prefixes: Set<String> = [
        "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "@", "&&",
    ]
    /// What shows its words, or looks for them, runs none of them.
    private static let printers: Set<String> = [
        "echo", "printf", "print", "cat", "grep", "egrep", "rg", "sed", "awk", "log", "info", "warn", "error", "die",
        "fail", "debug", "which", "type", "test", "[", "[[", "alias", "apt-get", "apt", "yum", "dnf", "apk", "brew",
        "pip", "systemctl", "service", "pkill", "killall", "pgrep", "hash", "man", "case", "for", "select", "function",
        "return", "cd", "ls", "rm", "mkdir", "usermod", "groupadd", "chown", "chmod",
    ]
    static let shells: Set<String> = ["sh", "bash", "ash", "dash", "zsh", "ksh", "su", "eval", "ssh"]
    /// Variables that by convention hold the name of a program.
    static let programNames: [String: String] = [
        "DOCKER": "docker", "DOCKER_CMD": "docker", "DOCKER_BIN": "docker", "DOCKER_COMMAND": "docker",
        "PODMAN": "podman", "CONTAINER_TOOL": "docker", "CONTAINER_RUNTIME": "docker", "CONTAINER_ENGINE": "docker",
        "CONTAINER_CLI": "docker", "CONTAINER_CMD": "docker", "OCI_BIN": "docker", "OCI_RUNTIME": "docker",
        "CONTAINER_COMMAND": "docker", "NERDCTL": "nerdctl", "KUBECTL": "kubectl", "CRANE": "crane",
        "SKOPEO": "skopeo", "KIND": "kind", "TRIVY": "trivy", "DOCKER_COMPOSE": "docker-compose",
    ]

    private mutating func read(_ command: ShellCommand, depth: Int) {
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
                if reader.found.contains(where: { $0.role == .settings }) { chartSettings.append([]) }
                for (role, word) in reader.found { take(role, word) }
                if var build = reader.build {
                    build.products = reader.found.filter { $0.role == .product }.map(\.word)
                    note(build)
                }
                named = reader.found.map(\.word)
                if !named.isEmpty { break }
            }
            if Self.shells.contains(name) { return readShell(command, from: index, depth: depth) }
            if Self.printers.contains(name) { break }
        }
        noteOthers(command.words, except: named)
        for var heredoc in command.heredocs where !heredoc.text.isEmpty {
            heredoc.fileName = fileName(command)
            documents.append(heredoc)
        }
    }

    /// `cat > NAME <<EOF`, `tee NAME <<EOF`.
    private func fileName(_ command: ShellCommand) -> String? {
        let isTee = command.words.contains { $0.string == "tee" }
        guard let word = command.target ?? (isTee ? command.words.last : nil) else { return nil }
        return ShellVariables.unquoted(word).string
    }

    private mutating func readDocuments(of file: UnsafeBufferPointer<UInt8>) {
        var scanner = HeredocScanner(file: file, kind: found.kind)
        for document in documents { scanner.scan(document) }
        embedded += scanner.findings
        images += scanner.words.map { ($0, nil) }
    }

    /// With the words of a variable without quotes that holds a command (`"sudo docker"`, `"docker run --rm"`), as the shell takes
    /// them.
    private func split(_ command: ShellCommand) -> ShellCommand {
        var command = command
        command.words = command.words.flatMap { word -> [TracedText] in
            guard word.bytes.first == UInt8(ascii: "$"), ShellVariables.variable(word) != nil,
                let words = variables.value(of: word)?.blankSeparated, words.count > 1
            else { return [word] }
            let names = words.map { Self.lastPart($0.string) }
            return names.contains { ImageProgram.named($0) != nil || Self.shells.contains($0) } ? words : [word]
        }
        return command
    }

    static func lastPart(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// The last part of a program's path, or what a variable says that holds it: of several values the first that is a program.
    private func programName(_ word: TracedText) -> String {
        let value = variables.value(of: word)?.string
        if let program = Self.programSought(by: value ?? ShellVariables.unquoted(word).string) { return program }
        if let value, !value.hasPrefix("$(") { return Self.lastPart(value) }
        let names = variables.values(of: word).compactMap { $0.map { Self.lastPart($0.string) } }
        if let name = names.first(where: { ImageProgram.named($0) != nil }) { return name }
        return ShellVariables.variable(word).flatMap { programs[$0] ?? Self.programName(ofVariable: $0.uppercased()) }
            ?? ""
    }

    /// `$(which docker || which podman)`, `$(command -v docker)`: the first program that is looked for.
    static func programSought(by text: String) -> String? {
        guard text.hasPrefix("$(") || text.hasPrefix("`") else { return nil }
        let words = text.split { !($0.isLetter || $0.isNumber || "-_./".contains($0)) }
        let isSearch = words.first.map { ["which", "command", "type", "shell"].contains($0) } ?? false
        let said = isSearch ? words : Array(words.drop { $0 != "echo" })
        return said.lazy.map { lastPart(String($0)) }.first { ImageProgram.named($0) != nil }
    }

    /// What names of variables say by custom: `DOCKER`, `CONTAINER_TOOL`, `DOCKERCMD`.
    private static func programName(ofVariable name: String) -> String? {
        if let known = programNames[name] { return known }
        guard ["CMD", "CLI", "BIN", "EXE"].contains(where: name.hasSuffix) else { return nil }
        return name.hasPrefix("DOCKER") ? "docker" : name.hasPrefix("PODMAN") ? "podman" : nil
    }

    private mutating func take(_ role: CommandLineReader.Role, _ word: TracedText) {
        switch role {
        case .image: images.append((word, nil))
        case .argument: arguments.append(word)
        case .settings: chartSettings[chartSettings.count - 1].append(word)
        case .file(let meant): files.append((meant, word, folder))
        case .product:
            productWords.append(word)
            products.insert(ShellVariables.unquoted(word).string)
            if let name = ShellVariables.variable(word) { products.insert("$" + name) }
            for case let value? in variables.values(of: word) + variables.tableTurns(of: word) {
                products.formUnion(Self.names(of: value.string))
            }
        }
    }

    private static func names(of text: String) -> [String] {
        [text] + (ImageName.reference(text).map { [$0.canonical] } ?? [])
    }

    /// `sh -c 'docker run …'`, `ssh host 'docker run …'`, `bash <<EOF`: words and texts that are shell text themselves.
    private mutating func readShell(_ command: ShellCommand, from index: Int, depth: Int) {
        guard depth < Self.depthLimit else { return }
        for word in command.words[(index + 1)...] {
            let text = ShellVariables.unquoted(word)
            if text.bytes.contains(32) { read(SourceText(text), depth: depth + 1) }
        }
        for heredoc in command.heredocs { read(SourceText(heredoc.text), depth: depth + 1) }
    }

    // MARK: - Images

    private mutating func findImages() {
        for (word, written) in images where !isProduct(word) { add(word, written: written) }
        for word in arguments { find(argument: word) }
        for (name, raw) in settings { find(setting: name, raw) }
        for words in chartSettings where !words.isEmpty { find(chartSettings: words) }
    }

    private mutating func find(chartSettings words: [TracedText]) {
        var settings = ChartSettings()
        for word in words { settings.add(list: ShellVariables.unquoted(word)) { variables.value(of: $0) } }
        for finding in settings.findings(found.kind) { found.append(finding) }
        for image in settings.images where !isProduct(image) { found.add(image) }
        for (path, name) in settings.open where !isProduct(name) { found.add(open: path, written: name) }
    }

    /// Of all places: a variable of one may be used in another.
    private mutating func noteUses() {
        productFronts = Set(products.compactMap { OpenTag.front(ofMade: $0) })
        runs.formUnion(images.flatMap { VariableUse.all(in: $0.word) }.map(\.name))
        let words = images.map(\.word) + productWords + settings.map(\.raw)
        for use in words.flatMap({ VariableUse.all(in: $0) }) {
            if use.isPart { partial.insert(use.name) } else { whole.insert(use.name) }
        }
        parts = partial.subtracting(whole)
    }

    private mutating func find(setting name: String, _ raw: TracedText) {
        guard !products.contains("$" + name), !parts.contains(name) else { return }
        if ImageText.isImageListName(name) {
            for word in variables.value(of: raw, except: name)?.words(between: " \t\r\n,") ?? [] {
                if ImageText.isListed(word.string), !isProduct(word) { found.add(word) }
            }
        }
        guard ImageText.mayHoldImage(name) else { return }
        guard let text = variables.value(of: raw, except: name) else {
            let turns = variables.tableTurns(of: raw)
            return turns.isEmpty ? find(openSetting: name, raw) : find(setting: name, raw, turns: turns)
        }
        guard !isProduct(text), ImageText.reference(of: text.string, namedBy: name) != nil else { return }
        // Of `${X:-y}` the default is what stands for the image.
        found.add(text, written: ShellVariables.hasDefault(raw) ? text : ShellVariables.unquoted(raw))
    }

    /// What a setting comes to in the turns of a matrix.
    private mutating func find(setting name: String, _ raw: TracedText, turns: [TracedText]) {
        let images = turns.filter { !isProduct($0) && ImageText.reference(of: $0.string, namedBy: name) != nil }
        for image in images where image.contiguousRange != nil { found.add(image) }
        let composed = images.filter { $0.contiguousRange == nil }
        if !composed.isEmpty { found.add(composed, written: ShellVariables.unquoted(raw)) }
    }

    /// A name, a colon, and a tag that is filled in later: `acme/x:$TAG`. Where the text runs the setting, it is open there.
    private mutating func find(openSetting name: String, _ raw: TracedText) {
        let written = ShellVariables.unquoted(raw)
        // GitLab's variables come to what the job says that has them as its image.
        guard found.kind != .gitlabCI, ImageText.isImageName(name) || ImageText.isCapitalName(name),
            !runs.contains(name), let front = OpenTag.front(of: written.string),
            !productFronts.contains(front),
            case .open(let variable) = variables.expand(raw, except: name)
        else { return }
        found.add(open: variable, written: written)
    }

    private func isProduct(_ word: TracedText) -> Bool {
        if products.contains(ShellVariables.unquoted(word).string) { return true }
        if let name = ShellVariables.variable(word), products.contains("$" + name) { return true }
        guard let text = variables.value(of: word) else { return false }
        return Self.names(of: text.string).contains { products.contains($0) }
    }

    private mutating func add(_ word: TracedText, written: TracedText?) {
        let written = written ?? ShellVariables.unquoted(word)
        if let name = ShellVariables.variable(word) {
            if variables.mayBeOptions(word) { return found.add(TracedText(), open: name, written: written) }
            let values = variables.values(of: word)
            // A variable's value is found where it is assigned, if it stands there in one piece.
            let composed = values.compactMap { $0?.contiguousRange == nil && $0?.isEmpty == false ? $0 : nil }
            if composed.count > 1, !values.contains(nil) {
                found.add(composed.filter { !isProduct($0) }, written: written)
            }
            for value in values {
                guard let value, let place = value.contiguousRange, !place.isEmpty else {
                    found.add(value ?? TracedText(), open: name, written: written)
                    continue
                }
                if !isProduct(value) { found.add(value) }
            }
            return
        }
        switch variables.expand(word) {
        case .text(let text): found.add(text, written: written)
        case .open(let name):
            let turns = variables.turns(of: word)
            if turns.isEmpty { found.add(open: name, written: written) } else { found.add(turns, written: written) }
        }
    }

    /// `NAME=image` of a build's arguments, `name=docker-image://…` of its contexts, `container=image` of a cluster's.
    private mutating func find(argument word: TracedText) {
        guard let (name, value) = ShellVariables.unquoted(word).cut(at: UInt8(ascii: "=")) else { return }
        let texts = variables.value(of: value).map { [$0] } ?? variables.tableTurns(of: value)
        for image in texts.compactMap({ BuildValue(name: name.string, text: $0).image }) where !isProduct(image) {
            found.add(image)
        }
    }
}

extension FoundImages {
    fileprivate mutating func add(_ value: TracedText, open name: String, written: TracedText) {
        if value.isEmpty { add(open: name, written: written) } else { add(value, written: written) }
    }
}

/// A value that a build or a cluster is given by a name.
struct BuildValue {
    let name: String
    let text: TracedText

    /// The image that it is: behind `docker-image://`, or by its name, or by its looks.
    var image: TracedText? {
        let scheme = "docker-image://"
        if text.bytes.starts(with: scheme.utf8) { return text[scheme.utf8.count..<text.count] }
        guard ImageText.reference(ofSetting: text.string) != nil else { return nil }
        return isBase || ImageName.isLikely(text.string) ? text : nil
    }

    private var isBase: Bool {
        let upper = name.uppercased()
        return ["IMAGE", "IMG", "BASE", "FROM"].contains { upper.hasSuffix($0) || upper.hasPrefix($0 + "_") }
    }
}
