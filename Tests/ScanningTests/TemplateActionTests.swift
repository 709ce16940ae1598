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

    @Test func `a chart's tokens are the actions outside of comments`() {
        let text = #"{{- /* {{ include "a" . }} */ -}}b: {{ "}}" }}{{ .c }}"#
        #expect(ChartTokens.actions(in: text).map { text[bytes: $0] }.dropFirst() == [#" "}}" "#, " .c "])
        #expect(Chart.definitions(in: Array((#"{{/* {{ define "a" }} */}}"# + "x").utf8)).isEmpty)
    }

    @Test func `shell text of Ansible keeps what stands behind braces in a literal`() {
        let text = "- hosts: all\n  tasks:\n  - shell: docker ps -f '{{ \"{{\" }}.ID{{ '}}' }}' && docker run a/b:1\n"
        #expect(references(text, as: "play.yml") == ["a/b:1"])
    }

    @Test func `lines of a comment are not read in a template that is no YAML`() {
        let text = """
            apiVersion: v1
            kind: Pod
            {{/*
            usage: {{ include "x" . }}
            image: quay.io/a/no:1
            */}}
            spec:
              a:
              - make
                  image: quay.io/a/b:1
              {{ end }}

            """
        #expect(references(text, as: "templates/p.yaml") == ["quay.io/a/b:1"])
    }

    @Test func `many actions without an end cost no more than their number`() {
        let text = String(repeating: #"{{ "}}" {{/* "#, count: 20_000) + "image: a/b:1\n"
        #expect(references(text, as: "values.yaml.gotmpl").count <= 1)
    }
}
