// SPDX-License-Identifier: Apache-2.0

/// Blocks of a program in which images without a host are those of a registry that the block names: Jenkins's
/// `docker.withRegistry('https://host') { … }` (plugins.jenkins.io/docker-workflow, "Image.toQualifiedImageName").
struct RegistryBlocks {
    private enum Registry {
        case host(String)
        /// Named by what has no literal value.
        case open(String)
        case dockerHub
    }

    private var blocks: [(tokens: Range<Int>, registry: Registry)] = []

    init(_ tokens: [ProgramToken], _ values: ProgramValues, openedBy calls: [ProgramCall]) {
        guard !calls.isEmpty else { return }
        for index in tokens.indices {
            guard let call = calls.first(where: { $0.matches(tokens, at: index) }),
                let open = call.opening(tokens, after: index)
            else { continue }
            let close = ProgramScanner.close(tokens, from: open)
            guard close + 1 < tokens.count, tokens[close + 1].isMark("{") else { continue }
            let block = close + 1..<ProgramScanner.close(tokens, from: close + 1)
            blocks.append((block, Self.registry(values.value(at: open + 1))))
        }
    }

    private static func registry(_ value: ProgramValues.Value) -> Registry {
        switch value {
        case .text(let address, _): registry(address.string)
        case .open(let name, _): .open(name)
        case .other: .open("withRegistry(…)")
        }
    }

    private static func registry(_ address: String) -> Registry {
        let host = (address.place(of: "://").map { address[$0.upperBound...] } ?? address[...]).prefix {
            $0 != "/"
        }
        let isHub = host.isEmpty || host == "index.docker.io" || host == "registry-1.docker.io" || host == "docker.io"
        return isHub ? .dockerHub : .host(String(host))
    }

    /// The image that a value at a token names: with the host of the innermost block around it, where it has none itself.
    func within(_ index: Int, _ value: ProgramValues.Value) -> ProgramValues.Value {
        guard case .text(let text, let written) = value, let block = blocks.last(where: { $0.tokens.contains(index) })
        else { return value }
        switch block.registry {
        case .dockerHub: return value
        case .open(let name): return .open(name, written: written)
        case .host(let host):
            let start = TracedText(untraced: host + "/")
            return text.bytes.starts(with: start.bytes) ? value : .text(start + text, written: written)
        }
    }
}
