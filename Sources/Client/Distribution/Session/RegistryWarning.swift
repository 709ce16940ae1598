// SPDX-License-Identifier: Apache-2.0

/// Warnings of registries to users: `Warning: 299 - "text"` (distribution-spec, "Warnings").
enum RegistryWarning {
    static func text(_ header: String) -> String? {
        guard header.hasPrefix("299 - \""), header.hasSuffix("\""), header.utf8.count <= 4096 else { return nil }
        var (text, isEscaped) = ("", false)
        for character in header.dropFirst(7).dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text.isEmpty ? nil : text
    }
}
