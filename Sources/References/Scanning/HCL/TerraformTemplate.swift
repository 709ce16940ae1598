// SPDX-License-Identifier: Apache-2.0

/// A template that Terraform fills in (developer.hashicorp.com/terraform, "templatefile Function"), with the values that its
/// caller gives to names.
package struct TerraformTemplate: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// The container definitions of an Amazon ECS task.
        case containers
        /// What a machine runs when it starts.
        case script
    }

    let content: Content
    /// The known values.
    var values: [String: String] = [:]
    /// All names with a value. Those that are a whole image are found in the Terraform file.
    var given: Set<String> = []

    func scan(_ bytes: [UInt8]) -> ScanResult {
        switch content {
        case .containers: containers(bytes)
        case .script: script(bytes)
        }
    }

    private func script(_ bytes: [UInt8]) -> ScanResult {
        var shell = ShellScanner(.shell)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            shell.variables.assign(name, TracedText(untraced: value))
        }
        shell.read(SourceText(bytes))
        return shell.finished(in: bytes).withoutProblems
    }

    private func containers(_ bytes: [UInt8]) -> ScanResult {
        let text = EmbeddedDocument.withoutSubstitutions(TracedText(Self.withoutDirectives(bytes), origin: 0))
        var variables = Variables()
        variables.assign(values.mapValues { TracedText(untraced: $0) }, from: [:])
        var result = ScanResult()
        result.findings = bytes.withUnsafeBufferPointer { file in
            EmbeddedDocument.findings(in: text, of: file, .keys, kind: .aws)
        }.compactMap { finding in
            guard let name = finding.unresolved, given.contains(name) else { return finding }
            // The whole image is found in the Terraform file, if its name there says that it is one.
            guard finding.text != "${\(name)}" || !ImageText.mayHoldImage(name) else { return nil }
            return filled(finding, of: bytes, with: variables)
        }
        return result
    }

    /// The bytes with blanks in the place of `%{ if … }` and `%{ for … }` (developer.hashicorp.com/terraform, "Directives").
    private static func withoutDirectives(_ bytes: [UInt8]) -> [UInt8] {
        var (plain, index) = (bytes, 0)
        while index + 1 < bytes.count {
            guard bytes[index] == UInt8(ascii: "%"), bytes[index + 1] == UInt8(ascii: "{"),
                let end = bytes[index...].firstIndex(of: UInt8(ascii: "}"))
            else {
                index += 1
                continue
            }
            for place in index...end where bytes[place] != 10 { plain[place] = 32 }
            index = end + 1
        }
        return plain
    }

    private func filled(_ finding: Finding, of bytes: [UInt8], with variables: Variables) -> Finding {
        let text = TracedText(bytes[finding.range], origin: finding.range.lowerBound)
        let filled = variables.fill(text)
        guard filled.missing == nil, let reference = ImageName.reference(filled.text.string) else { return finding }
        var known = finding
        known.meaning = .reference(reference)
        known.parts = ReferencePart.parts(of: filled.text)
        return known
    }
}
