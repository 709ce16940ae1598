// SPDX-License-Identifier: Apache-2.0

import OCI

/// The instructions of a Dockerfile that affect its images, and the problems in the form of the file.
struct DockerfileOutline {
    private(set) var instructions: [DockerfileInstruction] = []
    /// The names of the stages, in lower case.
    private(set) var stageNames: Set<String> = []
    /// Arguments that a stage declares again without a value. How the stage uses them is unknown.
    private(set) var inherited: Set<String> = []
    private(set) var escape = UInt8(ascii: "\\")
    private(set) var problems: [ScanProblem] = []
    private let origins: OriginMap

    /// - Parameters:
    ///   - origins: the file offsets of the source's bytes, if the source is a piece of another file.
    ///   - hasOwnInstructions: true for a frontend that is not Docker's. Only the instructions that all frontends share
    ///     are read.
    init(_ source: [UInt8], origins: OriginMap, hasOwnInstructions: Bool) {
        self.origins = origins
        read(source, hasOwnInstructions: hasOwnInstructions)
        stageNames = Set(instructions.compactMap(\.stageName))
    }

    /// The arguments to which a build can give values.
    var argumentNames: Set<String> {
        var names = Set(BuildArguments.automatic.keys)
        for instruction in instructions.prefix(while: { $0.name != "from" }) where instruction.name == "arg" {
            for word in instruction.arguments.quotedWords(escape: escape) {
                names.insert((word.cut(at: UInt8(ascii: "="))?.before ?? word).string)
            }
        }
        return names
    }

    private mutating func read(_ source: [UInt8], hasOwnInstructions: Bool) {
        var lines = DockerfileLines(source)
        var hasStage = false
        var isSound = !hasOwnInstructions
        while let line = lines.next() {
            escape = lines.escape
            let name = Self.name(of: line)
            hasStage = hasStage || name == "from"
            if isSound, !DockerfileInstruction.names.contains(name) {
                isSound = false
                report("\"\(name.displayable(limit: 32))\" is not an instruction of a Dockerfile", at: line.start)
                // An unknown instruction before any ARG or FROM means that the file is not a Dockerfile. The rest is
                // not read.
                if instructions.isEmpty && !hasStage { return }
            }
            if name == "arg", hasStage { noteInherited(line) }
            if Self.mayNameImage(name, line, hasStage: hasStage) {
                instructions.append(DockerfileInstruction(line.traced(origins), escape: escape))
            } else if !hasStage, isSound, DockerfileInstruction.names.contains(name) {
                report("no build stage: \(name.uppercased()) stands before the first FROM", at: line.start)
            }
        }
        escape = lines.escape
        reportForm(of: lines)
        if !hasStage, isSound { report("no build stage: there is no FROM") }
    }

    private mutating func reportForm(of lines: DockerfileLines) {
        if let offset = lines.unterminatedHeredoc { report("a heredoc is never closed", at: offset) }
        if let offset = lines.repeatedDirective { report("a directive stands here a second time", at: offset) }
        if let offset = lines.invalidEscape { report("the escape directive names neither \\ nor `", at: offset) }
    }

    /// Notes the names of `ARG NAME` below a FROM.
    private mutating func noteInherited(_ line: DockerfileLine) {
        let arguments = DockerfileInstruction(line.traced(origins), escape: escape).arguments
        for word in arguments.quotedWords(escape: escape) where !word.bytes.contains(UInt8(ascii: "=")) {
            inherited.insert(word.string)
        }
    }

    private static func name(of line: DockerfileLine) -> String {
        let word = line.bytes.drop(while: TracedText.isBlank).prefix { !TracedText.isBlank($0) }
        return String(decoding: word, as: UTF8.self).lowercased()
    }

    /// Whether an instruction may affect the images. Most instructions do not, and are not parsed further.
    private static func mayNameImage(_ name: String, _ line: DockerfileLine, hasStage: Bool) -> Bool {
        switch name {
        case "from": true
        // Only ARGs before the first FROM give values to a FROM.
        case "arg": !hasStage
        case "copy", "run", "onbuild": holdsFlag(line.bytes)
        default: false
        }
    }

    /// Whether the bytes contain `--`, with which the flags `--from` and `--mount` begin, whatever quotes and escapes
    /// they contain.
    private static func holdsFlag(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            while let dash = ByteSearch.first(UInt8(ascii: "-"), in: buffer, from: offset), dash + 1 < buffer.count {
                if buffer[dash + 1] == UInt8(ascii: "-") { return true }
                offset = dash + 1
            }
            return false
        }
    }

    private mutating func report(_ message: String, at offset: Int? = nil) {
        problems.append(ScanProblem(message, at: offset.map { origins.origin(of: $0) }))
    }
}

extension DockerfileInstruction {
    /// The name that a FROM gives to its stage, in lower case.
    var stageName: String? {
        guard name == "from" else { return nil }
        let words = arguments.blankSeparated
        return words.count == 3 && words[1].string.lowercased() == "as" ? words[2].string.lowercased() : nil
    }
}
