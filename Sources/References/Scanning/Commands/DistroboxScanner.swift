// SPDX-License-Identifier: Apache-2.0

/// Finds the images of `distrobox assemble` (distrobox.it, "distrobox-assemble"): `image=` in each section; `clone=` names a box.
enum DistroboxScanner {
    static func scan(_ bytes: [UInt8]) -> ScanResult {
        let source = SourceText(bytes)
        var found = FoundImages(.distrobox)
        var position = 0
        while position < source.count {
            let end = source.endOfLine(from: position)
            if let (name, value) = source.text(position..<end).cut(at: UInt8(ascii: "=")),
                name.trimmed.string == "image"
            {
                found.add(ShellVariables.unquoted(value.trimmed))
            }
            position = end + 1
        }
        var result = ScanResult()
        result.findings = found.findings
        return result
    }
}
