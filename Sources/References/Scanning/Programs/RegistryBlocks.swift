// SPDX-License-Identifier: Apache-2.0

/// Blocks of a program that name a registry, to which the images in the block belong. In Jenkins:
/// `docker.withRegistry('https://host') { … }` (plugins.jenkins.io/docker-workflow, "Image.toQualifiedImageName"), and
/// `docker { image 'x'; registryUrl 'https://host' }` (jenkins.io/doc, "Pipeline Syntax"), which runs its image in such
/// a block.
struct RegistryBlocks {
    private enum Registry {
        case host(String)
        /// The address has no literal value.
        case open(String)
        case dockerHub
    }

    private let tokens: ProgramTokens
    private let values: ProgramValues
    /// Sorted by their beginnings. Of the blocks around a token, the last one is the innermost.
    private var blocks: [(tokens: Range<Int>, registry: Registry)] = []

    init(_ tokens: ProgramTokens, _ values: ProgramValues, _ rules: ProgramRules) {
        self.tokens = tokens
        self.values = values
        if !rules.registries.isEmpty { addCalls(rules.registries) }
        if !rules.registryWords.isEmpty { addBlocks(naming: rules.registryWords) }
        blocks.sort { $0.tokens.lowerBound < $1.tokens.lowerBound }
    }

    /// Adds calls with an address and a block.
    private mutating func addCalls(_ calls: [ProgramCall]) {
        for index in tokens.indices {
            guard let call = calls.first(where: { $0.matches(tokens, at: index) }),
                let open = call.opening(tokens, after: index)
            else { continue }
            let close = tokens.close(of: open)
            guard close + 1 < tokens.count, tokens[close + 1].isMark("{") else { continue }
            add(blockAt: close + 1, registry(at: open + 1, otherwise: "withRegistry(…)"))
        }
    }

    /// Adds blocks that contain an address after one of the words, before or after their image.
    private mutating func addBlocks(naming words: Set<String>) {
        var around: [Int] = []
        for index in tokens.indices {
            if case .mark(let byte) = tokens[index].kind {
                if "([{".utf8.contains(byte) { around.append(index) }
                if ")]}".utf8.contains(byte) { _ = around.popLast() }
            }
            guard let word = tokens[index].name, words.contains(word), let open = around.last,
                tokens[open].isMark("{"), let start = value(behind: index)
            else { continue }
            add(blockAt: open, registry(at: start, otherwise: word))
        }
    }

    /// The index of the value after a word, with or without a bracket. nil: the word is the name of a variable.
    private func value(behind index: Int) -> Int? {
        guard index + 2 < tokens.count, !tokens[index + 1].beginsLine else { return nil }
        if tokens[index + 1].isMark("(") { return index + 2 }
        return tokens[index + 1].text != nil || tokens[index + 1].name != nil ? index + 1 : nil
    }

    private mutating func add(blockAt open: Int, _ registry: Registry) {
        blocks.append((open..<tokens.close(of: open), registry))
    }

    private func registry(at index: Int, otherwise name: String) -> Registry {
        switch values.value(at: index) {
        case .text(let address, _): Self.registry(address.string)
        case .open(let name, _, _): .open(name)
        case .other: .open(name)
        }
    }

    private static func registry(_ address: String) -> Registry {
        let host = (address.place(of: "://").map { address[$0.upperBound...] } ?? address[...]).prefix {
            $0 != "/"
        }
        let isHub = host.isEmpty || host == "index.docker.io" || host == "registry-1.docker.io" || host == "docker.io"
        return isHub ? .dockerHub : .host(String(host))
    }

    /// The image that a value at a token names. It gets the host of the innermost block around it, unless it begins
    /// with that host.
    func within(_ index: Int, _ value: ProgramValues.Value) -> ProgramValues.Value {
        guard let block = blocks.last(where: { $0.tokens.contains(index) }) else { return value }
        if case .dockerHub = block.registry { return value }
        // The registry stands before whatever is filled in.
        if case .open(let name, let written, _) = value { return .open(name, written: written) }
        guard case .text(let text, let written) = value else { return value }
        switch block.registry {
        case .dockerHub: return value
        case .open(let name): return .open(name, written: written)
        case .host(let host):
            let start = TracedText(untraced: host + "/")
            return text.bytes.starts(with: start.bytes) ? value : .text(start + text, written: written)
        }
    }
}
