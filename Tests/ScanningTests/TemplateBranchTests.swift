// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Templates that choose between images: each branch counts.
@Suite struct TemplateBranchTests {
    private static let pod = """
        apiVersion: v1
        kind: Pod
        spec:
          containers:
          - name: a
            {{- if .x }}
            image: quay.io/a/one:1
            {{- else }}
            image: quay.io/a/two:1
            {{- end }}
            env:
            - name: JOB_IMAGE
              {{- if .x }}
              value: quay.io/a/three:1
              {{- else }}
              value: quay.io/a/four:1
              {{- end }}

        """
    private static let images = ["one", "two", "three", "four"].map { "quay.io/a/\($0):1" }

    private static func indented(_ text: String, by count: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: count) + $0 + "\n" }.joined()
    }

    @Test(arguments: [
        "%", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  pod.yaml: |\n%",
        "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: a}\nspec:\n  x.yaml: |\n%",
    ]) func `an image and a variable count in a resource and in a text in one`(form: String) {
        let text = form.replacing("%", with: Self.indented(Self.pod, by: form == "%" ? 0 : 4))
        #expect(references(text, as: "templates/p.yaml").sorted() == Self.images.sorted())
    }

    @Test func `an image counts in a file that a machine writes`() {
        let pod = Self.indented(Self.pod.components(separated: "    env:"), by: 4)
        let text = "#cloud-config\nwrite_files:\n- path: /etc/kubernetes/pod.yaml\n  content: |\n" + pod
        #expect(references(text, as: "user-data.yaml.tpl") == Array(Self.images.prefix(2)))
    }

    // MARK: - Values

    private func found(_ fields: String, as path: String = "values.yaml.gotmpl") -> [String] {
        references("image:\n" + Self.indented(fields, by: 2), as: path)
    }

    @Test func `a name of a branch has the tag of the same branch`() {
        let branches = """
            {{- if eq .Environment.Name "prod" }}
            repository: quay.io/a/prod
            tag: v1
            {{- else if .y }}
            repository: quay.io/a/test
            tag: v2
            {{- else }}
            repository: quay.io/a/dev
            tag: v3
            {{- end }}
            """
        let images = ["quay.io/a/prod:v1", "quay.io/a/test:v2", "quay.io/a/dev:v3"]
        #expect(found(branches) == images)
        #expect(found(branches.replacing("repository:", with: "image:")) == images)
        #expect(found("pullPolicy: Always\n" + branches + "\npullPolicy: Never\n") == images)
    }

    @Test func `a name of a branch has the tag around the branches`() {
        let name = "{{- if .x }}\nrepository: a/b\n{{- else }}\nrepository: a/c\n{{- end }}\n"
        #expect(found(name + "tag: v1\n") == ["a/b:v1", "a/c:v1"])
    }

    @Test func `the same condition chooses the same branch elsewhere`() {
        let names = "{{- if .x }}\nrepository: a/b\n{{- else }}\nrepository: a/c\n{{- end }}\n"
        let tags = "{{- if .x }}\ntag: v1\n{{- else }}\ntag: v2\n{{- end }}\n"
        #expect(found(names + tags) == ["a/b:v1", "a/c:v2"])
    }

    @Test func `statements of Jinja are branches, too`() {
        let text =
            "{% if x %}\nrepository: a/b\ntag: v1\n{% elif y %}\nrepository: a/c\ntag: v2\n{% else %}\nrepository: a/d\ntag: v3\n{% endif %}\n"
        #expect(found(text, as: "values.yaml.j2") == ["a/b:v1", "a/c:v2", "a/d:v3"])
    }

    @Test func `of a key that plain values have twice, the last one counts`() {
        #expect(found("repository: a/b\ntag: v1\nrepository: a/c\n", as: "values.yaml") == ["a/c:v1"])
    }

    @Test func `many branches cost no more than their number`() {
        let branches = String(repeating: "{{ if .x }}\nrepository: a/b\n{{ else }}\nrepository: a/c\n", count: 5_000)
        #expect(found(branches).count <= 16)
    }
}

extension String {
    /// The text before a word.
    fileprivate func components(separated word: String) -> String {
        firstRange(of: word).map { String(self[..<$0.lowerBound]) } ?? self
    }
}
