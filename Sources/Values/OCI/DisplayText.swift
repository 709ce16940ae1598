// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// This text, shortened to a limited length, with everything escaped that could move a cursor, hide text or reorder it.
    ///
    /// Every string that came from a registry or a file goes through here before a terminal or a log sees it.
    package var displayable: String { displayable(limit: 512) }

    /// As `displayable`, but not shortened and with its line ends. It is the last protection of a terminal, for texts that
    /// were composed of several.
    package var displayableLines: String {
        let text = String(self)
        if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 || $0 == 0x0A || $0 == 0x09 }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            let isKept = scalar == "\n" || scalar == "\t" || scalar.isSafeToDisplay
            if isKept { result.unicodeScalars.append(scalar) } else { result += scalar.escapedForDisplay }
        }
        return result
    }

    /// As `displayable`, with the number of characters (Unicode scalars) after which the text is cut and `…` added.
    package func displayable(limit: Int) -> String {
        let text = String(self)
        if text.isPlainASCII, text.utf8.count <= limit { return text }
        var result = ""
        for (position, scalar) in unicodeScalars.enumerated() {
            if position == limit { return result + "…" }
            if scalar.isSafeToDisplay {
                result.unicodeScalars.append(scalar)
            } else {
                result += scalar.escapedForDisplay
            }
        }
        return result
    }
}

extension String {
    /// Whether the text is only printable ASCII, as most texts are, so that no lookup is needed.
    fileprivate var isPlainASCII: Bool { utf8.allSatisfy { 0x20...0x7E ~= $0 } }
}

extension Unicode.Scalar {
    fileprivate var escapedForDisplay: String { "\\u{" + String(value, radix: 16) + "}" }

    /// Neither a control character, a line or paragraph separator, nor a format character (bidirectional overrides).
    var isSafeToDisplay: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        // Invisible fillers and joiners are not safe. Variation selectors, which decide how an emoji is drawn, are.
        default: !properties.isDefaultIgnorableCodePoint || (0xFE00...0xFE0F).contains(value)
        }
    }
}
