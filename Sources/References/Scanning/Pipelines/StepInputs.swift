// SPDX-License-Identifier: Apache-2.0

/// The values that a step gives to the inputs of an action that is written by others.
struct StepInputs {
    /// Whether the action makes images. The images that it names are mostly not pulled.
    private let makesImages: Bool
    /// The language of the action's scripts, if their names do not say it.
    private let language: Language

    private enum Language { case shell, powershell, other }

    /// Words in the names of actions that make images.
    private static let makers = ["build", "push", "publish", "metadata", "bake"].map { SearchWord($0) }

    /// - Parameter action: as `uses` names it. Only its last part tells what it does: `./ci/build/setup-cluster`.
    init(of action: String) {
        let name = action.prefix { $0 != "@" }.split(separator: "/").last.map(String.init) ?? ""
        makesImages = Self.makers.contains { name.holds($0) }
        // github.com/actions/github-script, actions/jshell and the like; github.com/Azure/powershell.
        language =
            name == "powershell" ? .powershell : Self.otherLanguages.contains { name.holds($0) } ? .other : .shell
    }

    private static let otherLanguages = ["github-script", "python", "node", "ruby", "jshell"].map { SearchWord($0) }

    /// Inputs with shell text: `script` of appleboy/ssh-action, `command` of nick-fields/retry, `inlineScript` of
    /// azure/cli, `run` of addnab/docker-run-action, `runCmd` of devcontainers/ci.
    private static let scripts: Set<String> = [
        "script", "inlinescript", "run", "runcmd", "cmd", "command", "commands", "on_retry_command",
        "new_command_on_retry",
    ]

    /// How to read an input that is a script; nil for other inputs.
    ///
    /// - Parameter program: the shell that the step gives to the action.
    func script(_ name: String, _ text: TracedText, for program: String?) -> SourceText? {
        guard language != .other, Self.scripts.contains(name.lowercased()) else { return nil }
        let shell = language == .powershell ? .powershell : program.flatMap { OtherShell(program: $0) }
        return SourceText(shell?.asShell(text) ?? text)
    }

    /// - Parameter version: the value of the input beside this one that names the image's version.
    func add(_ name: String, _ text: TracedText, version: TracedText? = nil, to shell: inout ShellScanner) {
        // docs.docker.com, "Docker Scout GitHub action": an image in a registry.
        let text = text.without(prefix: "registry://")
        if let version, !makesImages, !ReferenceBounds(text.bytes).hasVersion {
            return shell.add(image: text + TracedText(untraced: ":") + version, written: text)
        }
        switch name {
        case "tags": shell.add(products: text)
        // github.com/docker/metadata-action: the names for which it makes tags.
        case "images": shell.add(tagged: text)
        case "build-args": for line in text.lines { shell.add(argument: line) }
        // github.com/docker/bake-action: values of targets, as `docker buildx bake --set` takes them.
        case "set" where makesImages:
            shell.read(
                words: ["docker", "buildx", "bake"].map { TracedText(untraced: $0) }
                    + text.lines.map { TracedText(untraced: "--set=") + $0.trimmed })
        case "build-contexts":
            for source in text.lines.compactMap(BuildValue.source) { shell.add(argument: source) }
        case "driver-opts": for image in Self.builders(in: text) { shell.add(image: image) }
        // `image-ref` is an input of aquasecurity/trivy-action.
        case "image" where !makesImages, "image-ref" where !makesImages: shell.add(image: text)
        case _ where !makesImages && ImageText.isImageName(name):
            // A setting without a value would be no image.
            if text.bytes.starts(with: "$".utf8) { shell.add(image: text) } else { shell.add(setting: name, text) }
        case _ where text.bytes.contains(UInt8(ascii: "$")): shell.add(other: text)
        default: return
        }
    }

    /// The inputs that may hold the version of the image in another one: `renovate-image` and `renovate-version`.
    static func versionNames(of name: String) -> [String] {
        guard ImageText.isImageName(name), let mark = name.dropLast("image".count).last, "-_".contains(mark) else {
            return []
        }
        let stem = name.dropLast("image".count)
        return ["version", "tag"].flatMap { [stem + $0, name + String(mark) + $0] }
    }

    /// The images in the driver options of docker/setup-buildx-action: `image=moby/buildkit:…` on a line of its own.
    private static func builders(in text: TracedText) -> [TracedText] {
        text.lines.flatMap(\.commaSeparatedFields).compactMap { field in
            guard let (name, value) = field.cut(at: UInt8(ascii: "=")), name.string == "image" else { return nil }
            return value
        }
    }
}
