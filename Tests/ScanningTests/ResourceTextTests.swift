// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Texts and fields of resources and units that name images.
@Suite struct ResourceTextTests {
    @Test func `a script is read whether it is a block or one line, and so is a manifest`() {
        let workflow = """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            metadata: {generateName: x-}
            spec:
              podSpecPatch: |
                containers:
                - name: main
                  image: quay.io/acme/patch:1
              templates:
              - name: a
                podSpecPatch: '{"containers":[{"name":"main","image":"quay.io/acme/line:1"}]}'
              - name: b
                script:
                  image: quay.io/acme/s:1
                  command: [sh]
                  source: docker run quay.io/acme/source:1
              - name: c
                resource:
                  manifest: "apiVersion: v1\\nkind: Pod\\nspec: {containers: [{image: 'quay.io/acme/manifest:1'}]}\\n"

            """
        #expect(
            references(workflow) == [
                "quay.io/acme/patch:1", "quay.io/acme/line:1", "quay.io/acme/s:1", "quay.io/acme/source:1",
                "quay.io/acme/manifest:1",
            ])
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            spec:
              steps:
              - {image: "acme/step:1", script: "docker run quay.io/acme/script:1"}

            """
        #expect(references(task) == ["acme/step:1", "quay.io/acme/script:1"])
        #expect(scanned(task).findings.map(\.kind) == [.kubernetes, .kubernetesText])
    }
}
