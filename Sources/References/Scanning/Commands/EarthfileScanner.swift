// SPDX-License-Identifier: Apache-2.0

/// Finds the images of an Earthfile (docs.earthly.dev, "Earthfile reference"): in FROM, in `WITH DOCKER --pull`, and in
/// docker commands of RUN. Names with a plus sign are targets. SAVE IMAGE names images that are made.
struct EarthfileScanner {
    private var shell = ShellScanner(.earthfile)
    private var calls = EarthlyCalls()
    /// The current target. Empty before the first one.
    private var target = ""

    /// - Parameter given: what other files give to arguments.
    static func scan(_ bytes: [UInt8], given: EarthlyCalls = EarthlyCalls()) -> ScanResult {
        var scanner = EarthfileScanner()
        var lines = DockerfileLines(bytes)
        var texts: [TracedText] = []
        while let line = lines.next() { texts.append(line.traced(.wholeFile).trimmed) }
        for text in texts { scanner.calls.read(text) }
        scanner.calls = scanner.calls.merging(given)
        for text in texts { scanner.read(text) }
        var result = scanner.shell.finished()
        result.followUps += scanner.calls.followUps
        result.problems = []
        return result
    }

    private mutating func read(_ line: TracedText) {
        var lexer = ShellLexer(SourceText(line))
        lexer.read()
        guard let words = lexer.commands.first?.words, let name = words.first?.string else { return }
        if words.count == 1, name.hasSuffix(":") { return begin(name) }
        let arguments = Array(words.dropFirst())
        switch name {
        case "FROM": from(arguments)
        case "ARG", "LET", "SET": assign(arguments)
        case "WITH": pulls(arguments)
        case "SAVE": if arguments.first?.string == "IMAGE" { save(arguments.dropFirst()) }
        case "RUN": run(line[3..<line.count].trimmed)
        default: return
        }
    }

    /// Begins a target, which has arguments of its own beside those before the first target.
    private mutating func begin(_ line: String) {
        target = String(line.dropLast())
        shell.enter(0)
        shell.enter(shell.addPlace())
    }

    private mutating func from(_ words: [TracedText]) {
        guard let image = words.first(where: { !$0.bytes.starts(with: "--".utf8) }) else { return }
        if image.string == "DOCKERFILE" { return dockerfile(words) }
        if !image.bytes.contains(UInt8(ascii: "+")) { shell.add(image: image) }
    }

    /// `FROM DOCKERFILE -f path --build-arg NAME=value context`. A path with a plus sign is in another target.
    private mutating func dockerfile(_ words: [TracedText]) {
        let start = (words.firstIndex { $0.string == "DOCKERFILE" } ?? 0) + 1
        let build = BuildCommand(options: Array(words[start...]))
        guard ![build.file, build.context].contains(where: { $0?.bytes.contains(UInt8(ascii: "+")) == true }) else {
            return
        }
        shell.note(build)
    }

    private mutating func assign(_ words: [TracedText]) {
        for word in words where !word.bytes.starts(with: "--".utf8) {
            let own = ShellScanner.assignment(word)
            let name = own?.name ?? word.string
            let given = calls.values(of: name, for: target)
            if let value = own?.value {
                shell.add(setting: name, value)
                if given.isEmpty { shell.variables.assign(name, value) }
            }
            guard !given.isEmpty else { continue }
            if given.contains(nil) { shell.variables.open(name) }
            shell.variables.assign(name, list: [own?.value].compactMap(\.self) + given.compactMap(\.self))
        }
    }

    /// `WITH DOCKER --pull image --pull=image --load target`.
    private mutating func pulls(_ words: [TracedText]) {
        for (index, word) in words.enumerated() {
            if word.string == "--pull", index + 1 < words.count { shell.add(image: words[index + 1]) }
            if word.bytes.starts(with: "--pull=".utf8) { shell.add(image: word[7..<word.count]) }
            if word.bytes.starts(with: "--load=".utf8), let (name, _) = word[7..<word.count].cut(at: UInt8(ascii: "="))
            {
                shell.add(products: name)
            }
            if word.string == "--load", index + 1 < words.count,
                let (name, _) = words[index + 1].cut(at: UInt8(ascii: "="))
            {
                shell.add(products: name)
            }
        }
    }

    private mutating func save(_ words: ArraySlice<TracedText>) {
        for word in words where !word.bytes.starts(with: "--".utf8) { shell.add(products: word) }
    }

    private mutating func run(_ command: TracedText) {
        var command = command
        while command.bytes.starts(with: "--".utf8), let blank = command.bytes.firstIndex(of: 32) {
            command = command[blank..<command.count].trimmed
        }
        shell.read(SourceText(command))
    }
}
