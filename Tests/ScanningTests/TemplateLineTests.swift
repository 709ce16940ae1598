// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Templates that are no YAML even without their actions.
@Suite struct TemplateLineTests {
    private static let broken = """
        steps:
        {{- range $test := .Tests }}
          - label: "{{ $test.Name }}"
            commands:
              - make -C .buildkite ci
                  image: "family/core-ubuntu-2204"
                {{- end }}
              image: docker.elastic.co/acme/agent:1
            agents:
              provider: gcp

        """

    @Test(arguments: [".buildkite/e2e/pipeline.tpl.yaml", "x/pipeline.yaml"])
    func `have images where the text is one by its looks, of the kind that the folder says`(path: String) {
        let result = scanned(Self.broken, as: path)
        #expect(result.findings.map { $0.reference?.asTyped } == ["docker.elastic.co/acme/agent:1"])
        #expect(result.findings.map(\.kind) == [path.hasPrefix(".") ? .buildkite : .kubernetes])
        #expect(result.problems.count == 1)
    }

    @Test func `of resources have any image`() {
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  a:\n  - make\n      image: acme/a\n  {{ end }}\n"
        #expect(references(text, as: "templates/p.yaml") == ["acme/a"])
    }

    @Test func `define a container where its name is beside an image, and nothing else has one without a tag`() {
        let partial = """
            {{- define "a.containers" -}}
            - name: exporter
              image: prom/statsd-exporter
            - name: picture
                image: pictures/deep
            {{- with .Values.more }}
            image: pictures/sky
            {{- end }}
            {{- end -}}

            """
        #expect(references(partial, as: "templates/_parts.yaml") == ["prom/statsd-exporter"])
        #expect(references(partial.replacing("define", with: "block"), as: "templates/_parts.yaml") == [])
    }
}
