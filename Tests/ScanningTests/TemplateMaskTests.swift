// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Templates and texts with actions that are YAML once those are blanked out in the right way, or as they stand.
@Suite struct TemplateMaskTests {
    private static let defaults = """
        endpoint: |-
          {% if tls %}
              https://{{ host }}
          {% else %}
          http://{{ host }}
          {% endif %}
        app_image: quay.io/a/b:1

        """

    @Test(arguments: ["roles/r/defaults/main.yml", "values.yaml"])
    func `a statement in a text keeps the text's indentation`(path: String) {
        let result = scanned(Self.defaults, as: path)
        #expect(result.findings.map { $0.reference?.asTyped } == ["quay.io/a/b:1"])
        #expect(result.problems.isEmpty)
    }

    private static func deployment(_ container: String) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        spec:
          template:
            spec:
              containers:
              - image: quay.io/a/b:1
                \(container)
                env:
                - {name: RELATED_IMAGE_X, value: "quay.io/a/x:1"}

        """
    }

    @Test(arguments: [
        #"command: ["/f"{% if i %}, "--i={{ i }}"{% endif %}]"#, #"command: [ "a"{{ if .X }}, "y"{{ end }} ]"#,
        #"command: [{{ if .X }}"a", {{ else }}"b", {{ end }}"c"]"#, #"{{with .X}}workingDir: "{{.}}"{{end}}"#,
        #"{%- if x %}workingDir: '{{ x }}'{% endif %}"#, #"command: [ "a"%{ if x }, "y"%{ endif } ]"#,
    ])
    func `a statement in the middle of a line leaves YAML`(line: String) {
        let result = scanned(Self.deployment(line), as: "x.yml.j2")
        #expect(result.findings.map { $0.reference?.asTyped } == ["quay.io/a/b:1", "quay.io/a/x:1"])
        #expect(result.problems.isEmpty)
    }

    @Test func `an image that a statement chooses stays what it is where others stand in a list`() {
        let text = Self.deployment(#"command: [ "a"{{ if .X }}, "y"{{ end }} ]"#).replacing(
            "quay.io/a/b:1", with: "{{ if .Y }}quay.io/a/c:1{{ else }}quay.io/a/d:1{{ end }}")
        #expect(references(text) == ["quay.io/a/c:1", "quay.io/a/d:1", "quay.io/a/x:1"])
    }

    @Test func `a line that is one statement about an image is not passed over in silence`() {
        let result = scanned(Self.deployment(#"{{ if .X }}image: "{{ .X }}"{{ end }}"#))
        #expect(result.findings.count == 1 && result.problems.count == 1)
    }

    @Test func `many statements cost no more than their number`() {
        let items = String(repeating: #"{{ if .X }}, "y"{{ end }}"#, count: 20_000)
        #expect(references(Self.deployment("command: [ \"a\"\(items) ] ]")).count == 1)
    }
}
