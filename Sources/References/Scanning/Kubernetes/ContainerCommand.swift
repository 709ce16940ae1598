// SPDX-License-Identifier: Apache-2.0

/// The command of a container, if it is a program that takes images, or shell text.
enum ContainerCommand {
    /// A command line that begins with the program's name.
    case program([TracedText])
    case shell(TracedText)

    /// Programs that run the command in their arguments.
    private static let wrappers: Set<String> = [
        "env", "tini", "dumb-init", "catatonit", "busybox", "exec", "sudo", "nice",
    ]

    /// - Parameters:
    ///   - image: the container's image. Its own program runs if there is no command. nil: unknown.
    ///   - command: replaces the image's own program (kubernetes.io/docs, "Define a Command and Arguments for a
    ///     Container").
    init?(image: String?, command: [TracedText], arguments: [TracedText]) {
        guard image != nil || !command.isEmpty else { return nil }
        let words = Self.withoutWrappers(command + arguments)
        guard let first = words.first else { return nil }
        let name = ShellPrograms.lastPart(first.string)
        if ShellPrograms.shells.contains(name) {
            guard let text = Self.text(in: words.dropFirst()) else { return nil }
            self = .shell(text)
        } else if ImageProgram.named(name) != nil, !first.string.hasPrefix("-") {
            self = .program(words)
        } else if command.isEmpty, let program = image.flatMap(Self.program(ofImage:)) {
            self = .program([TracedText(untraced: program)] + arguments)
        } else if let text = Self.shellText(behind: words) {
            self = .shell(text)
        } else {
            return nil
        }
    }

    /// The shell text that an unknown program runs: `runner.sh bash -c "…"`.
    private static func shellText(behind words: [TracedText]) -> TracedText? {
        let shell = words.dropFirst().firstIndex { ShellPrograms.shells.contains(ShellPrograms.lastPart($0.string)) }
        guard let shell, words.indices.contains(shell + 1), words[shell + 1].string.hasPrefix("-") else { return nil }
        return text(in: words[(shell + 1)...])
    }

    private static func withoutWrappers(_ words: [TracedText]) -> [TracedText] {
        var rest = words[...]
        while let first = rest.first, wrappers.contains(ShellPrograms.lastPart(first.string)) {
            rest = rest.dropFirst().drop { $0.string.hasPrefix("-") || ShellScanner.assignment($0) != nil }
        }
        return Array(rest)
    }

    /// The shell text after `-c`, `-ec` or `-o pipefail -c`.
    private static func text(in words: ArraySlice<TracedText>) -> TracedText? {
        let flag = words.firstIndex { word in
            let text = word.string
            return text.hasPrefix("-") && !text.hasPrefix("--") && text.hasSuffix("c")
        }
        return flag.flatMap { words.dropFirst($0 - words.startIndex + 1).first }
    }

    /// Programs that are the entry point of an image with the same name.
    private static let entryPoints: Set<String> = [
        "crane", "gcrane", "executor", "warmer", "skopeo", "buildah", "podman", "img", "docker", "kubectl", "helm",
        "trivy",
    ]
    /// Last parts of image names that name a variant of the image: `go-containerregistry/crane/debug`, `skopeo/stable`.
    private static let variants: Set<String> = ["debug", "stable", "upstream", "testing"]

    private static func program(ofImage image: String) -> String? {
        let name = image.prefix { $0 != "@" }
        var parts = name.split(separator: "/")
        if let last = parts.popLast() { parts.append(last.prefix { $0 != ":" }) }
        if parts.count > 1, let last = parts.last, variants.contains(String(last)) { parts.removeLast() }
        guard let last = parts.last.map(String.init) else { return nil }
        if name.contains("kaniko") { return last.hasSuffix("warmer") ? "warmer" : "executor" }
        return entryPoints.contains(last) ? last : nil
    }
}
