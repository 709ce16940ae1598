// SPDX-License-Identifier: Apache-2.0

import OCI

/// The differences between the platform in an image's config and in its index, in crane's words (go-containerregistry,
/// pkg/v1/validate/index.go).
struct PlatformMismatch {
    /// Documents that describe a platform in members of the same names.
    let config: JSON
    let wanted: JSON

    private static let texts = ["os", "architecture", "os.version", "variant"]
    /// The members of a config that are compared.
    static let keys = texts + ["os.features"]

    /// The differences, in lines; nil if there are none.
    var text: String? {
        if isSilent { return "config file missing platform fields" }
        let lines = textLines.isEmpty ? otherLines : textLines
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private var isSilent: Bool {
        Self.texts.allSatisfy { Self.text(config, $0).isEmpty } && Self.list(config, "os.features").isEmpty
    }

    /// Of a version twice, as crane says it.
    private var textLines: [String] {
        let version = line("OSVersion", "os.version")
        return [line("OS", "os"), line("Architecture", "architecture"), version, version].compactMap(\.self)
    }

    /// What is told where none of those differ.
    private var otherLines: [String] {
        // A config has no features of a processor.
        let features = lists(of: "features", in: .object([]))
        let systemFeatures = lists(of: "os.features", in: config)
        let variant = line("Variant", "variant")
        guard variant != nil || features.0 != features.1 || systemFeatures.0 != systemFeatures.1 else { return [] }
        let lines = [Self.line("Features", features), Self.line("OSFeatures", systemFeatures)].compactMap(\.self)
        // For a variant crane fails as well, and does not say why.
        return lines.isEmpty ? [variant].compactMap(\.self) : lines
    }

    // MARK: - Texts

    private func line(_ name: String, _ key: String) -> String? {
        let (got, want) = (Self.text(config, key), Self.text(wanted, key))
        return got == want ? nil : "mismatched \(name): \(got.displayable) != \(want.displayable)"
    }

    private static func text(_ document: JSON, _ key: String) -> String { document[key]?.string ?? "" }

    // MARK: - Lists

    /// Sorted if both documents have the list, because the order has no meaning.
    private func lists(of key: String, in document: JSON) -> ([String], [String]) {
        let (got, want) = (Self.list(document, key), Self.list(wanted, key))
        return document[key]?.array == nil || wanted[key]?.array == nil ? (got, want) : (got.sorted(), want.sorted())
    }

    private static func list(_ document: JSON, _ key: String) -> [String] {
        (document[key]?.array ?? []).compactMap(\.string)
    }

    private static func line(_ name: String, _ lists: ([String], [String])) -> String? {
        guard !lists.0.isEmpty || !lists.1.isEmpty else { return nil }
        let shown = [lists.0, lists.1].map { "[\($0.map(\.displayable).joined(separator: " "))]" }
        return "mismatched \(name): \(shown[0]), \(shown[1])"
    }
}
