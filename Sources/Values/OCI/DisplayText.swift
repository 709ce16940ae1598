// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// This text with everything escaped that could move a cursor, hide text or reorder it, and cut to a bounded length.
    ///
    /// Every string that came from a registry or a file goes through here before a terminal or a log sees it.
    package var displayable: String { displayable(limit: 512) }

    /// As `displayable`, whole, and with its lines as they are: the last net before a terminal, for texts that were put
    /// together of several.
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
    /// Printable ASCII only, as most text is: nothing to look up.
    fileprivate var isPlainASCII: Bool { utf8.allSatisfy { 0x20...0x7E ~= $0 } }
}

extension Unicode.Scalar {
    fileprivate var escapedForDisplay: String { "\\u{" + String(value, radix: 16) + "}" }

    /// Neither a control character, a line or paragraph separator, nor a format character (bidirectional overrides).
    var isSafeToDisplay: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        // Fillers and joiners that take no room; how an emoji is drawn is said by such scalars, too.
        default: !properties.isDefaultIgnorableCodePoint || (0xFE00...0xFE0F).contains(value)
        }
    }
}
