// SPDX-License-Identifier: Apache-2.0

/// An image in an option whose value is a list of fields separated by commas.
struct ImageField: Hashable, Sendable {
    let names: Set<String>
    /// A field that the list must also contain.
    var companion: String?

    /// docs.docker.com, "docker container run --mount"; podman-run(1).
    static let mount = ImageField(names: ["source", "src"], companion: "type=image")

    /// docs.docker.com, "docker buildx create --driver-opt": the image that BuildKit runs from.
    static let builder = ImageField(names: ["image"])

    /// docs.docker.com, "docker container ls": containers of one image.
    static let ancestor = ImageField(names: ["ancestor"])

    func image(in text: TracedText) -> TracedText? {
        let fields = ShellVariables.unquoted(text).commaSeparatedFields
        guard companion.map({ needed in fields.contains { $0.string == needed } }) ?? true else { return nil }
        return fields.lazy.compactMap { $0.cut(at: UInt8(ascii: "=")) }.first { names.contains($0.before.string) }?
            .after
    }
}
