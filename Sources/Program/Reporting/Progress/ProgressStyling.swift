// SPDX-License-Identifier: Apache-2.0

import OCI

/// Formats progress with the glyphs and colours that a terminal has.
struct ProgressStyling: Sendable {
    private let traits: TerminalTraits

    init(_ traits: TerminalTraits) { self.traits = traits }

    var atLeast: String { traits.isUnicode ? "≥ " : ">= " }
    var ellipsis: String { traits.isUnicode ? "…" : "..." }

    func bar(_ share: Double, _ width: Int) -> String {
        let inner = width - 2
        let filled = max(0, min(inner, Int(share * Double(inner))))
        let (full, empty) = traits.isUnicode ? ("█", "░") : ("#", ".")
        return "[" + String(repeating: full, count: filled) + String(repeating: empty, count: inner - filled) + "]"
    }

    /// `1.2 of ≥ 3.4 GiB`
    func bytes(_ bytes: ProgressFacts.Bytes) -> String {
        "\(Quantity.bytes(bytes.done)) of \(bytes.isGrowing ? atLeast : "")\(Quantity.bytes(bytes.known))"
    }

    /// `27 s left`, with `about` in front if much of what has to be sent may still be unknown.
    func timeLeft(_ seconds: Double, isGuess: Bool) -> String {
        (isGuess ? "about " : "") + Quantity.timeToGo(seconds) + " left"
    }

    func warning(_ text: String) -> String { coloured(text, 33) }
    func failure(_ text: String) -> String { coloured(text, 31) }

    private func coloured(_ text: String, _ code: Int) -> String {
        traits.hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// The text cut to as many whole words as fit, with an ellipsis if some are omitted.
    func shortened(to width: Int, ellipsis: String) -> String {
        if count <= width { return self }
        var text = ""
        for word in split(separator: " ") {
            guard text.count + 1 + word.count + 1 + ellipsis.count <= width else { break }
            text += (text.isEmpty ? "" : " ") + word
        }
        return text.isEmpty ? ellipsis : text + " " + ellipsis
    }

    /// The end of a host name in whole labels, if the whole name does not fit.
    func shortenedHost(to width: Int) -> String {
        guard count > width else { return self }
        var rest = self[...]
        while rest.count + 2 > width, let dot = rest.firstIndex(of: ".") { rest = rest[rest.index(after: dot)...] }
        return "*." + rest
    }
}

extension Quantity {
    /// A time without fractions of seconds: `42 s`, `3m12s`, `4h10m`.
    static func roughTime(_ seconds: Double) -> String {
        seconds < 59.5 ? "\(Int(saturating: seconds.rounded())) s" : time(seconds.rounded())
    }

    /// The same for something that is not over yet: never 0 seconds.
    static func timeToGo(_ seconds: Double) -> String { roughTime(max(1, seconds)) }
}
