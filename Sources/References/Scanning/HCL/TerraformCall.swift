// SPDX-License-Identifier: Apache-2.0

/// A block by which a configuration calls a module in a folder (developer.hashicorp.com/terraform, "Module block").
struct TerraformCall {
    /// The module's folder, relative to the caller's, with a slash at its end.
    let folder: String
    let inputs: [String: HCLValue]

    private static let settings: Set<String> = ["source", "version", "count", "for_each", "providers", "depends_on"]
    /// Words in the names of inputs that may be part of an image.
    private static let telling = [
        "image", "img", "tag", "version", "repo", "registry", "hub", "container", "digest", "docker",
    ]

    /// - Returns: nil for a module that is not in a local folder.
    init?(_ body: HCLBody, _ resolver: HCLResolver) {
        guard case .text(let source)? = body.value("source") else { return nil }
        let path = source.written.string
        guard path.hasPrefix("./") || path.hasPrefix("../"), !path.contains("*"), !path.contains("$") else {
            return nil
        }
        folder = path.hasSuffix("/") ? path : path + "/"
        inputs = body.attributes.filter { !Self.settings.contains($0.name) }.reduce(into: [:]) { inputs, entry in
            inputs[entry.name] = resolver.closed(entry.value)
        }
    }

    /// The texts that the call gives to its inputs.
    var texts: [FilledText] { inputs.values.flatMap { TerraformGate.literals(in: $0) } }

    /// The module's files, with the given values. nil: no image can be made of these values.
    var followUp: FollowUp? {
        var given: [String: String] = [:]
        for (name, value) in inputs {
            if case .text(let text) = value, !text.isBlock { given[name] = text.written.string }
        }
        guard given.keys.contains(where: { name in Self.telling.contains { name.lowercased().contains($0) } }) else {
            return nil
        }
        return FollowUp(path: folder + "*.tf", kind: .terraformModule(inputs: given))
    }
}

extension HCLResolver {
    /// A value with all names in it filled in. Parts without a value become empty.
    func closed(_ value: HCLValue, depth: Int = 0) -> HCLValue {
        guard depth < 16 else { return .other([]) }
        switch value {
        case .object(let entries):
            return .object(entries.map { HCLEntry(name: $0.name, value: closed($0.value, depth: depth + 1)) })
        case .list(let values): return .list(values.map { closed($0, depth: depth + 1) })
        default:
            let texts = resolve(value).compactMap { resolved -> HCLValue? in
                guard case .text(let text, _) = resolved else { return nil }
                return .text(FilledText(literal: text))
            }
            return texts.count == 1 ? texts[0] : texts.isEmpty ? .other([]) : .choice(texts)
        }
    }
}
