// SPDX-License-Identifier: Apache-2.0

/// Calls of the steps of a Jenkins library in the same project, with the arguments that the steps use as images
/// (jenkins.io/doc, "Defining global variables"): `build('maven:3.9')` for `vars/build.groovy`.
struct LibrarySteps {
    /// The first token of each such argument.
    private(set) var arguments: Set<Int> = []
    /// The positions of the parameters that are images, by the name of the step.
    private var known: [String: [Int]] = [:]

    private static let (folder, fileEnd) = ("vars/", ".groovy")
    /// The most steps of one file, and the most bytes of a step, that are read.
    private static let (stepLimit, lengthLimit) = (32, 1 << 16)

    /// - Parameter nearby: the files around the file with these tokens, which is in the project's folder.
    init(_ tokens: ProgramTokens, in nearby: NearbyFiles) {
        let names = Set(nearby.names(Self.folder).filter { $0.hasSuffix(Self.fileEnd) })
        guard !names.isEmpty else { return }
        for index in tokens.indices.dropLast() {
            guard let name = tokens[index].name, names.contains(name + Self.fileEnd),
                index == 0 || !tokens[index - 1].isMark(".")
            else { continue }
            let given = Self.arguments(of: index, in: tokens)
            for position in positions(of: name, in: nearby) where position < given.count {
                if let argument = given[position] { arguments.insert(argument) }
            }
        }
    }

    /// The first token of each argument of a call, with or without brackets. nil for one that is named.
    private static func arguments(of call: Int, in tokens: ProgramTokens) -> [Int?] {
        let open = call + 1
        if !tokens[open].isMark("(") { return tokens[open].text == nil || tokens[open].beginsLine ? [] : [open] }
        return tokens.arguments(of: open).map { start in
            let isValue = start < tokens.count && (tokens[start].text != nil || tokens[start].name != nil)
            return isValue && !(start + 1 < tokens.count && tokens[start + 1].isMark(":")) ? start : nil
        }
    }

    private mutating func positions(of step: String, in nearby: NearbyFiles) -> [Int] {
        if let known = known[step] { return known }
        guard known.count < Self.stepLimit, let bytes = nearby.read(Self.folder + step + Self.fileEnd),
            bytes.count <= Self.lengthLimit
        else { return [] }
        let findings = ProgramScanner.scan(bytes, .jenkinsfile, kind: .jenkins).findings
        let images = Self.parameters(of: bytes).enumerated().filter { $0.element.isImage(of: findings) }.map(\.offset)
        known[step] = images
        return images
    }

    /// The parameters of `def call(String image = 'maven:3.9')`.
    private static func parameters(of bytes: [UInt8]) -> [DeclaredParameter] {
        let tokens = ProgramTokens(SourceText(bytes), ProgramRules.jenkinsfile.dialect)
        let call = tokens.indices.dropLast().first { tokens[$0].name == "call" && tokens[$0 + 1].isMark("(") }
        guard let open = call.map({ $0 + 1 }) else { return [] }
        let starts = tokens.arguments(of: open)
        let close = min(tokens.close(of: open), tokens.count - 1)
        return zip(starts, starts.dropFirst().map { $0 - 1 } + [close]).map { start, end in
            let names = tokens[start..<max(start, end)].prefix { !$0.isMark("=") }.compactMap(\.name)
            let first = start < tokens.count ? tokens[start].start : bytes.count
            return DeclaredParameter(name: names.last ?? "", range: first..<max(first, tokens[end].start))
        }
    }
}

/// A parameter that a program declares, with its place and that of its default.
struct DeclaredParameter {
    let name: String
    let range: Range<Int>

    /// Whether one of the images in the program is this parameter, or its default.
    func isImage(of findings: [Finding]) -> Bool {
        findings.contains { finding in
            finding.unresolved == name && finding.text == name
                || finding.parts.first?.field == .reference && range.overlaps(finding.range)
        }
    }
}
