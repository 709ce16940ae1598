// SPDX-License-Identifier: Apache-2.0

/// Finds the images of an Earthfile (docs.earthly.dev, "Earthfile reference"): in FROM, in `WITH DOCKER --pull`, and in
/// docker commands of RUN. Names with a plus sign are targets. SAVE IMAGE names images that are made.
struct EarthfileScanner {
    private var shell = ShellScanner(.earthfile)

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        var scanner = EarthfileScanner()
        var lines = DockerfileLines(bytes)
        while let line = lines.next() { scanner.read(line.traced(.wholeFile).trimmed) }
        var result = scanner.shell.finished()
        result.problems = []
        return result
    }

    private mutating func read(_ line: TracedText) {
        var lexer = ShellLexer(SourceText(line))
        lexer.read()
        guard let words = lexer.commands.first?.words, let name = words.first?.string else { return }
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
        for word in words {
            if let (name, value) = ShellScanner.assignment(word) {
                shell.variables.assign(name, value)
                shell.add(setting: name, value)
            }
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
