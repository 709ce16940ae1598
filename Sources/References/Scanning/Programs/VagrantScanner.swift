// SPDX-License-Identifier: Apache-2.0

/// Finds the images of a Vagrantfile: those of the Docker provider and provisioner, and those in shell text of the
/// other provisioners (developer.hashicorp.com/vagrant, "Docker").
struct VagrantScanner {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    private var found = FoundImages(.vagrant)
    private var shell = ShellScanner(.vagrant)
    /// The offsets of the variables' texts that were read as scripts.
    private var scripts: Set<Int> = []

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        var scanner = VagrantScanner(ProgramTokens(SourceText(bytes), .ruby))
        for index in scanner.tokens.indices { scanner.scan(at: index) }
        let scripts = scanner.shell.finished(in: bytes)
        for finding in scripts.findings { scanner.found.append(finding) }
        var result = ScanResult()
        result.findings = scanner.found.findings.inFileOrder
        return result
    }

    private init(_ tokens: ProgramTokens) {
        self.tokens = tokens
        values = ProgramValues(tokens)
    }

    private mutating func scan(at index: Int) {
        guard let name = tokens[index].name, tokens.indices.contains(index + 1) else { return }
        switch name {
        case "image": image(after: index)
        case "pull_images" where isMember(index): images(after: index)
        case "run" where isMember(index): if !namesImage(after: index) { images(after: index, limit: 1) }
        case "inline": if isAssigned(index) { script(at: index + 2) }
        default: return
        }
    }

    /// Shell text, or a variable that holds it: `$script`.
    private mutating func script(at index: Int) {
        if let text = tokens[index].text { return shell.read(SourceText(filled(text))) }
        let name = tokens[index].isMark("$") ? index + 1 : index
        guard tokens.indices.contains(name) else { return }
        for choice in values.choices(at: name) {
            // One script may set up many machines.
            guard case .text(let text, _) = choice.value, scripts.insert(text.origins.first ?? 0).inserted else {
                continue
            }
            shell.read(SourceText(text))
        }
    }

    /// A text with the values that the file itself gives to names; other names become shell variables.
    private func filled(_ text: FilledText) -> TracedText {
        text.pieces.reduce(into: TracedText()) { result, piece in
            switch piece {
            case .literal(let literal): result.append(literal)
            case .expression(let path, let written):
                if case .text(let value, _) = values.value(of: path, written: written) { return result.append(value) }
                result.append(TracedText(untraced: "$"))
                result.append(written[min(1, written.count)..<written.count])
            }
        }
    }

    private func isMember(_ index: Int) -> Bool { index > 0 && tokens[index - 1].isMark(".") }

    private func isAssigned(_ index: Int) -> Bool {
        tokens.indices.contains(index + 2) && (tokens[index + 1].isMark("=") || tokens[index + 1].isMark(":"))
    }

    /// `d.image = "…"`, and `image: "…"` among arguments.
    private mutating func image(after index: Int) {
        guard isAssigned(index) else { return }
        for choice in values.choices(at: index + 2) { found.add(value: choice.value) }
    }

    /// Whether `image:` is on the line of a call. Then the call's first argument is a container's name.
    private func namesImage(after index: Int) -> Bool {
        for next in tokens.indices[(index + 1)...].prefix(Self.callLimit) {
            if tokens[next].name == "image", isAssigned(next) { return true }
            if tokens[next].beginsLine, !tokens[next - 1].isMark(",") { return false }
        }
        return false
    }

    /// The most tokens of a call with an image.
    private static let callLimit = 1024

    /// Texts with commas between them.
    private mutating func images(after index: Int, limit: Int = 64) {
        var next = index + 1
        if tokens[next].isMark("(") { next += 1 }
        for _ in 0..<limit where tokens.indices.contains(next) && tokens[next].text != nil {
            found.add(value: values.value(at: next))
            guard tokens.indices.contains(next + 1), tokens[next + 1].isMark(",") else { return }
            next += 2
        }
    }
}
