// SPDX-License-Identifier: Apache-2.0

extension TracedText {
    /// The lines of a text, without blanks at their ends; empty ones are left out.
    var lines: [TracedText] {
        bytes.indices.split { bytes[$0] == 10 }.compactMap { line in
            guard let first = line.first, let last = line.last else { return nil }
            let text = self[first..<last + 1].trimmed
            return text.isEmpty ? nil : text
        }
    }
}
