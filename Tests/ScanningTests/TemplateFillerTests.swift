// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Images whose text is put together from several fields, of which a template action fills in one.
@Suite struct TemplateFillerTests {
    private static let application = """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: a}
        spec:
          source:
            helm:
              parameters:
              - name: image.repository
                value: NAME
              - name: image.tag
                value: TAG

        """

    private static func application(_ name: String, _ tag: String) -> String {
        application.replacing("NAME", with: name).replacing("TAG", with: tag)
    }

    @Test(arguments: [
        (application("{{ .Values.img }}", "v1"), "?.Values.img"),
        (application("{{ .Values.img }}", "{{ .Values.tag }}"), "?.Values.img"),
        (application("ghcr.io/a/b", "'pr-{{head_sha}}'"), "?head_sha"),
        ("kind: Kustomization\nimages:\n- {name: web, newName: '{{ registry }}/a/web', newTag: v2}\n", "?registry"),
        ("kind: Kustomization\nimages:\n- {name: web, newName: a/web, newTag: '{{ tag }}'}\n", "?tag"),
        (
            "apiVersion: upgrade.cattle.io/v1\nkind: Plan\nspec: {upgrade: {image: '{{ reg }}/up'}, version: v1}\n",
            "?reg"
        ),
        (
            "apiVersion: upgrade.cattle.io/v1\nkind: Plan\nspec: {upgrade: {image: rancher/up}, version: '{{ ver }}'}\n",
            "?ver"
        ),
        (
            "kind: OCIRepository\napiVersion: source.toolkit.fluxcd.io/v1\n"
                + "spec: {url: 'oci://ghcr.io/a/m', ref: {tag: '{{ .tag }}'}}\n", "?.tag"
        ),
    ]) func `are open, and name the variable`(text: String, found: String) {
        let findings = scanned(text, as: text.contains("images:") ? "kustomization.yaml" : "a.yaml").findings
        #expect(findings.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [found])
        #expect(findings.allSatisfy { !$0.text.contains("xxxxx") }, "\(findings.map(\.text))")
    }

    @Test func `keep a plain name that can move`() {
        let findings = scanned(Self.application("ghcr.io/a/b", "'pr-{{head_sha}}'")).findings
        #expect(findings.map { $0.named?.reference?.asTyped } == ["ghcr.io/a/b"])
        #expect(scanned(Self.application("'{{repo}}'", "v1")).findings.map(\.named) == [nil])
    }

    @Test func `are found where the file itself has such letters`() {
        let text = Self.application("ghcr.io/a/xxxxxxxxxxxx", "v1") + "# {{ of_12_ }}\n"
        #expect(references(text) == ["ghcr.io/a/xxxxxxxxxxxx:v1"])
    }
}
