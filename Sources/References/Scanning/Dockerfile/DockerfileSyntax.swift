// SPDX-License-Identifier: Apache-2.0

import OCI

/// The frontend in `# syntax=…` at the top of a Dockerfile (docs.docker.com/build/buildkit/frontend).
struct DockerfileSyntax {
    private let frontend: TracedText

    /// Looks in `#` comments first, then in `//` comments. Skips a first line that begins with `#!`. nil: no frontend
    /// is named.
    init?(_ source: [UInt8]) {
        var start = source.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if source[start...].starts(with: "#!".utf8) {
            start = (source[start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.count - 1) + 1
        }
        let values = ["#", "//"].lazy.compactMap { Self.value(in: source[start...], comment: $0) }
        guard let frontend = values.first?.blankSeparated.first else { return nil }
        self.frontend = frontend
    }

    private static func value(in source: ArraySlice<UInt8>, comment: String) -> TracedText? {
        var directives = DockerfileDirectives(comment: comment)
        var rest = source
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            guard let directive = directives.read(line) else { return nil }
            if directive.name == "syntax" { return directive.value }
            rest = rest.dropFirst(line.count + 1)
        }
        return nil
    }

    /// Whether the frontend is Docker's or a copy of it. Other frontends may have other instructions.
    var isDockers: Bool {
        guard let reference = ImageName.reference(frontend.string) else { return true }
        let name = reference.repository.path.split(separator: "/").last
        return name == "dockerfile" || name == "dockerfile-upstream"
    }

    /// The frontend's name.
    ///
    /// - Parameter origins: the file offsets of the source's bytes, if the source is a piece of another file.
    func word(_ origins: OriginMap) -> TracedText {
        var word = TracedText()
        for index in 0..<frontend.count {
            word.append(frontend.bytes[index], origin: origins.origin(of: frontend.origins[index]))
        }
        return word
    }
}
