// SPDX-License-Identifier: Apache-2.0

/// Variables of the user's machine in the settings of a dev container: `${localEnv:NAME:default}` (containers.dev,
/// "Variables in devcontainer.json").
enum LocalVariables {
    private static let opening = Array("${localEnv:".utf8)

    /// The text with the default of each variable that has one.
    static func filled(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var result = TracedText(capacity: text.count)
        var closings = NextPlace(of: "}".utf8)
        var index = 0
        while index < text.count {
            let inside = index + opening.count
            if text.bytes[index...].starts(with: opening), let end = closings.first(in: text.bytes, from: inside),
                let colon = text.bytes[inside..<end].firstIndex(of: UInt8(ascii: ":"))
            {
                result.append(text[colon + 1..<end])
                index = end + 1
            } else {
                result.append(at: index, of: text)
                index += 1
            }
        }
        return result
    }
}
