// SPDX-License-Identifier: Apache-2.0

/// Settings whose images are at keys that a table lists.
extension PipelineScanner {
    mutating func settings() {
        guard let places = ImagePlaces.of(kind), isOfContainers(places.drivers) else { return }
        readVariables(places.variables)
        // Containerlab expands variables as envsubst does (containerlab.dev, "Environment variables").
        variables.takesAssignments = kind == .containerlab
        for index in places.products.flatMap({ $0.values(in: document) }) { product(index) }
        // In Garden, `image` is the name of the image that is built from the Dockerfile beside the file.
        if hasDockerfile, kind == .garden, let image = document.value("image", in: view.root) { product(image) }
        for index in places.images.flatMap({ $0.values(in: document) }) where isMeant(index) { add(index) }
        for build in places.builds { follow(build) }
    }

    /// Whether the settings describe containers. Virtual machines have images, too.
    private func isOfContainers(_ drivers: Set<String>) -> Bool {
        guard !drivers.isEmpty else { return true }
        let names = ["driver.name", "platforms.driver.name"].flatMap { ($0 as KeyPattern).values(in: document) }
        return names.contains { document.string($0).map(drivers.contains) ?? false }
            || (names.isEmpty && drivers.contains("default"))
    }

    private mutating func readVariables(_ patterns: [KeyPattern]) {
        let all = patterns.flatMap { $0.values(in: document) }.flatMap { document.entries($0) }
        let named = Dictionary(grouping: all) { document.string($0.key) ?? "" }
        for (name, entries) in named where entries.count == 1 { variables.values[name] = view.text(entries[0].value) }
    }

    private mutating func product(_ index: Index) {
        guard let text = view.text(index), !text.isEmpty else { return }
        result.products.append(BuildProduct(text.string))
    }

    /// Whether a text is an image, or contains a variable or a template action.
    private func isMeant(_ index: Index) -> Bool {
        guard document.kind(index) == .scalar, let text = view.text(index) else { return false }
        return ImageName.reference(text.string) != nil || text.bytes.contains(UInt8(ascii: "$"))
            || view.isFilledIn(index)
    }

    private mutating func follow(_ build: ImagePlaces.Build) {
        for index in build.file.values(in: document) {
            guard let path = view.text(index)?.string, !path.contains("$"), !path.contains("{"), !path.contains("://")
            else { continue }
            let holder = KeyPattern(build.file.steps.dropLast()).values(in: document).first {
                document.entries($0).contains { document.resolved($0.value) == document.resolved(index) }
            }
            let context = holder.flatMap { document.value(build.context, in: $0) }.flatMap(document.string) ?? ""
            let folder = build.base + (context.isEmpty ? "" : context + "/")
            let arguments = holder.map { self.arguments(of: build, in: $0) } ?? BuildArguments()
            result.followUps.append(FollowUp(path: folder + path, kind: .dockerfile(arguments)))
        }
    }

    private func arguments(of build: ImagePlaces.Build, in holder: Index) -> BuildArguments {
        let options = build.options.isEmpty ? nil : document.value(build.options, in: holder)
        var command = BuildCommand(options: (options.map(document.items) ?? []).compactMap(view.written))
        for (key, value) in entries(build.arguments, in: holder) {
            if let name = document.string(key), let text = view.written(value) { command.give(name, text) }
        }
        return command.arguments { [$0.string] }
    }
}
