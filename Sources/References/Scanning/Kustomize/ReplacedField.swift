// SPDX-License-Identifier: Apache-2.0

/// A field that a replacement names: `spec.containers.[name=a].image`, `spec.containers.[name=a].env.[name=B].value`.
struct ReplacedField {
    private let steps: [Substring]

    init(_ path: String) { steps = path.split(separator: ".") }

    var isImage: Bool { steps.last == "image" }

    /// Whether the field is an image, or a variable whose name says that it is one.
    var holdsImage: Bool { isImage || variable.map(ImageText.isImageName) == true }

    /// Whether the field is that of a container, or a variable of one.
    var isInContainer: Bool {
        guard let list = front.dropLast().last else { return false }
        return ["containers", "initContainers"].contains(list)
    }

    /// Whether the field is that of all containers.
    var isOfAll: Bool { front.last == "*" }

    /// The container's name, with that of the variable behind it: as in `Finding.container`. nil if the field does not
    /// have them.
    var container: String? {
        guard let name = Self.name(front.last) else { return nil }
        return isImage ? name : variable.map { Finding.container(name, variable: $0) }
    }

    private var variable: String? {
        guard steps.last == "value", steps.dropLast(2).last == "env" else { return nil }
        return Self.name(steps.dropLast().last)
    }

    /// The steps to the container.
    private var front: ArraySlice<Substring> { isImage ? steps.dropLast() : steps.dropLast(3) }

    private static func name(_ step: Substring?) -> String? {
        guard let step, step.hasPrefix("[name="), step.hasSuffix("]") else { return nil }
        return String(step.dropFirst("[name=".count).dropLast())
    }
}

extension Finding {
    /// The place of an image in a container's variable.
    static func container(_ name: String, variable: String) -> String { name + "/" + variable }
}
