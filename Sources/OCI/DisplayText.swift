extension StringProtocol {
    /// This text with everything escaped that could move a cursor, hide text or reorder it, and cut to a bounded length.
    ///
    /// Every string that came from a registry or a file goes through here before a terminal or a log sees it.
    package var displayable: String { displayable(limit: 512) }

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
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
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
    /// Neither a control character, a line or paragraph separator, nor a format character (bidirectional overrides).
    fileprivate var isSafeToDisplay: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
