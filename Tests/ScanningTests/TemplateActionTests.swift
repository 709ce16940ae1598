// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Where a template's actions end.
@Suite struct TemplateActionTests {
    @Test(arguments: [
        #"msg: "job {{ "{{" }} .name {{ "}}" }} down""#, #"msg: "{{ default \"}}\" .x }} down: {{ .y }}""#,
        #"msg: {{ default "}}" .x }}"#, "msg: {{ default `}}\"` .x }}", "msg: \"{{ '{{' }} .ID {{ '}}' }}\"",
        #"msg: {{ f "\"}}" }}"#, "msg: {{/* {{ f }} */}}", "{{- /* {{ f }}\nx: {{ g }}\n*/ -}}",
    ]) func `braces in a literal or a comment end no action`(line: String) {
        let result = scanned(line + "\nA_IMAGE: quay.io/a/b:1\n", as: "values.yaml.gotmpl")
        #expect(result.findings.map(\.text) == ["quay.io/a/b:1"])
        #expect(result.problems.isEmpty)
    }

    @Test func `a quote without another one on its line begins no literal`() {
        let result = scanned("msg: {{ .it's }}\nA_IMAGE: 'quay.io/a/b:1' # it's {{ x }}\n", as: "values.yaml.gotmpl")
        #expect(result.findings.map(\.text) == ["quay.io/a/b:1"])
    }

    @Test func `shell text of Ansible keeps what stands behind braces in a literal`() {
        let text = "- hosts: all\n  tasks:\n  - shell: docker ps -f '{{ \"{{\" }}.ID{{ '}}' }}' && docker run a/b:1\n"
        #expect(references(text, as: "play.yml") == ["a/b:1"])
    }

    @Test func `many actions without an end cost no more than their number`() {
        let text = String(repeating: #"{{ "}}" {{/* "#, count: 20_000) + "image: a/b:1\n"
        #expect(references(text, as: "values.yaml.gotmpl").count <= 1)
    }
}
