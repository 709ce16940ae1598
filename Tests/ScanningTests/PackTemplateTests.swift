// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Jobs of Nomad that templates make.
@Suite struct PackTemplateTests {
    private static let job = """
        job [[ template "job_name" . ]] {
          [[ template "region" . ]]
          datacenters = [[ var "datacenters" . | toStringList ]]
          [[ if var "constraints" . ]][[ range $index, $constraint := var "constraints" . ]]
          constraint {
            attribute = [[ $constraint.attribute | quote ]]
            [[- if $constraint.operator ]]
            operator  = [[ $constraint.operator | quote ]]
            [[- end ]]
          }
          [[ end ]][[ end ]]
          group "g" {
            task "t" {
              driver = "docker"
              config {
                image = "docker.io/busybox:1.35"
                args  = ["[[ .pack.args ]]"]
              }
            }
            task "u" {
              config { image = "grafana/grafana:[[ var "version_tag" . ]]" }
            }
            task "v" {
              config { image = [[ .pack.image | quote ]] }
            }
            [[/* image = "quay.io/acme/none:1" */]]
          }
        }

        """

    @Test func `of Nomad Pack have images where they are literal, and open ones`() {
        let result = scanned(Self.job, as: "packs/p/templates/p.nomad.tpl")
        #expect(
            result.findings.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [
                "docker.io/busybox:1.35", "?version_tag", "?pack.image",
            ])
        #expect(result.findings.map(\.text)[1] == #"grafana/grafana:[[ var "version_tag" . ]]"#)
        #expect(result.problems == [])
        // The name before the open tag can move.
        #expect(result.findings[1].parts.map(\.value) == ["grafana/grafana"])
    }

    @Test func `of Jinja are read, too, and what is no HCL is told`() {
        let text = "{% if x %}\njob \"a\" {\n{% endif %}\n  config { image = \"{{ registry }}/a:1\" }\n}\n"
        #expect(references(text, as: "a.nomad.j2") == ["?registry"])
        #expect(scanned("image = \"a:1\"\n= 3\n", as: "a.nomad.j2").problems.count == 1)
    }
}
