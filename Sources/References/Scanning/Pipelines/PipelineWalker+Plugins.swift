// SPDX-License-Identifier: Apache-2.0

/// Plugins of Drone, Woodpecker and Vela that build images (plugins.drone.io, "Docker"; woodpecker-ci.org/plugins, "Docker
/// Buildx"; go-vela.github.io/docs/plugins, "Docker" and "Kaniko").
extension PipelineWalker {
    private static let builders = ["docker", "kaniko", "buildx", "buildah", "ecr", "gcr", "gar", "acr"]

    /// Reads the settings that a step gives to its plugin.
    mutating func plugin(_ settings: Index, of step: Index) {
        guard let image = document.value("image", in: step).flatMap(document.string),
            Self.isBuilder(image), document.kind(settings) == .mapping
        else { return }
        var build = BuildCommand(start: .above)
        build.file = texts("dockerfile", in: settings).first
        build.context = texts("context", in: settings).first
        build.arguments = arguments(of: settings)
        for argument in build.arguments { shell.add(argument: argument) }
        shell.note(build)
        products(of: settings)
    }

    private static func isBuilder(_ image: String) -> Bool {
        let name = image.split(separator: "/").last?.prefix { $0 != ":" } ?? ""
        return builders.contains { name.contains($0) } && image.contains("/")
    }

    /// `NAME=value` in a list or in a text with commas, or as a mapping.
    private func arguments(of settings: Index) -> [TracedText] {
        let named = ["build_args", "build-args"].compactMap { document.value($0, in: settings) }
        return named.flatMap(document.entries).compactMap { key, value in
            text(value).map { TracedText(untraced: (document.string(key) ?? "") + "=") + $0 }
        } + texts("build_args", in: settings) + texts("build-args", in: settings)
    }

    /// Adds the images that are pushed, with the registry before the repository if that does not begin with it.
    private mutating func products(of settings: Index) {
        let tags = texts("tags", in: settings) + texts("tag", in: settings)
        let registry = texts("registry", in: settings).first
        for repository in texts("repo", in: settings) {
            let whole = registry.map { $0.without(prefix: "https://") + TracedText(untraced: "/") + repository }
            for name in [repository, whole].compactMap(\.self) { product(name, tags, isTagged: hasOtherTags(settings)) }
        }
    }

    private mutating func product(_ name: TracedText, _ tags: [TracedText], isTagged: Bool) {
        if isTagged { return shell.add(tagged: name) }
        for tag in tags.isEmpty ? [TracedText(untraced: "latest")] : tags {
            shell.add(products: name + TracedText(untraced: ":") + tag)
        }
    }

    /// Whether the plugin makes tags of what it builds for: a tag of git, or a file.
    private func hasOtherTags(_ settings: Index) -> Bool {
        ["auto_tag", "tags_file", "expand_tag"].contains { key in
            document.value(key, in: settings).flatMap(document.string).map { $0 != "false" } ?? false
        }
    }

    /// The texts of a list, or those between the commas of a text.
    private func texts(_ key: String, in settings: Index) -> [TracedText] {
        guard let value = document.value(key, in: settings) else { return [] }
        let items = document.kind(value) == .sequence ? document.items(value) : [value]
        return items.compactMap { text($0) }.flatMap(\.commaSeparatedFields).map(\.trimmed).filter { !$0.isEmpty }
    }
}
