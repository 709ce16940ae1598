// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Azure's pipelines are made of templates (learn.microsoft.com, "Templates").
@Suite struct AzureTemplateTests {
    private static let template = """
        parameters:
        - {name: base, default: "quay.io/a/base:1"}
        - {name: tool, type: string}
        jobs:
        - job: x
          container: ${{ parameters.base }}
          steps:
          - script: docker run ${{ parameters.tool }}
        """

    private func found(_ given: [String: String]) -> [String] {
        let result = FileScanner().scan(
            Array(Self.template.utf8), kind: .yaml, followed: .azureTemplate(parameters: given))
        return result.findings.map { "\($0.text) \($0.reference?.asTyped ?? "?")" }
    }

    @Test(arguments: [
        "steps:\n- task: DockerInstaller@0\n%", "steps:\n%", "jobs:\n- job: a\n  steps:\n  %",
        "stages:\n- stage: a\n  jobs:\n  - job: b\n    steps:\n    %",
        "jobs:\n- deployment: a\n  strategy:\n    runOnce:\n      deploy:\n        steps:\n        %",
    ]) func `a pipeline and a template of one are known by their steps`(form: String) {
        for step in ["- bash: docker run quay.io/a/b:1\n", "- {script: docker run quay.io/a/b:1, displayName: x}\n"] {
            let findings = scanned(form.replacing("%", with: step), as: "build/linux.yml").findings
            #expect(findings.map(\.kind) == [.azurePipelines] && findings.map(\.text) == ["quay.io/a/b:1"])
        }
    }

    @Test func `steps that have names are no pipeline's`() {
        let text = "steps:\n  bash: {image: 'quay.io/a/b:1', commands: [docker run quay.io/a/c:1]}\n"
        #expect(scanned(text, as: "build/linux.yml").findings.allSatisfy { $0.kind != .azurePipelines })
    }

    @Test func `a pipeline is known by its machine, which is no image`() {
        let text =
            "pool: {vmImage: ubuntu-22.04}\nresources: {containers: [{container: a, image: 'quay.io/a/b:1'}]}\nsteps: []\n"
        let findings = scanned(text, as: "ci/nightly.yml").findings
        #expect(findings.map(\.kind) == [.azurePipelines] && findings.map(\.text) == ["quay.io/a/b:1"])
    }

    @Test(arguments: [
        ("registry: acme, repository: a/b, tags: ['1', '2']", ["acme.azurecr.io/a/b:1"]),
        ("registry: acme.azurecr.io, repository: a/b, tag: $(tag)", ["acme.azurecr.io/a/b:3"]),
        ("registry: acme, repository: a/b", ["acme.azurecr.io/a/b"]), ("registry: acme", []),
    ]) func `a container of Azure's own registry has its image in fields`(fields: String, image: [String]) {
        let text = """
            variables: {tag: "3"}
            resources: {containers: [{container: a, type: ACR, azureSubscription: s, \(fields)}]}
            pool: {vmImage: ubuntu-22.04}
            steps: []

            """
        #expect(references(text, as: "azure-pipelines.yml") == image)
    }

    @Test func `a template's parameters are what its caller gives, else their defaults`() {
        #expect(
            found(["tool": "quay.io/a/tool:2"]) == [
                "quay.io/a/base:1 quay.io/a/base:1", "${{ parameters.tool }} quay.io/a/tool:2",
            ])
        #expect(
            found(["base": "quay.io/a/other:3"]) == [
                "${{ parameters.base }} quay.io/a/other:3", "${{ parameters.tool }} ?",
            ])
    }

    /// What a pipeline calls `linux` is no image where jobs of its templates name their container.
    @Test func `a container's name is no image in the templates of its pipeline`() {
        let pipeline =
            "resources: {containers: [{container: linux, image: 'quay.io/a/b:1'}, {container: node, image: node}]}\n"
        let template = """
            parameters: [{name: c, default: linux}, {name: d, default: "redis:6"}]
            jobs:
            - job: a
              container: linux
              steps:
              - script: docker run node
            - job: b
              container: ${{ parameters.c }}
              services: {db: "${{ parameters.d }}"}
            - job: c
              container: node:18
              services: {db: node, cache: redis}
            """
        var made = MadeImages()
        let called = FileScanner().scan(
            Array(template.utf8), kind: .yaml, followed: .azureTemplate(parameters: ["c": "linux", "d": "redis:7"]))
        let results = [
            ("a/ci/azure-pipelines.yml", scanned(pipeline, as: "azure-pipelines.yml")), ("a/ci/t/jobs.yml", called),
            ("b/jobs.yml", scanned(template, as: "jobs.yml")),
        ]
        for (file, result) in results { made.add(result, of: file) }
        let pulled = results.map { file, result in
            result.findings.filter { !made.holds($0, in: file) }.map(\.text)
        }
        #expect(pulled[0] == ["quay.io/a/b:1", "node"])
        #expect(pulled[1] == ["node", "${{ parameters.d }}", "node:18", "redis"])
        #expect(
            pulled[2] == [
                "linux", "redis:6", "linux", "node", "node:18", "node", "redis",
            ])
    }

    @Test func `templates of this project are followed, with what the call gives`() throws {
        let text = """
            extends: {template: /pipelines/main.yml, parameters: {a: "1", b: "${{ parameters.x }}", c: $(unknown)}}
            steps:
            - template: steps/run.yml
            - template: other.yml@templates
            - template: ${{ variables.name }}.yml
            variables:
            - template: vars.yml
            parameters: {x: "2"}
            """
        let followUps = scanned(text, as: "azure-pipelines.yml").followUps
        #expect(followUps.map(\.path) == ["pipelines/main.yml", "steps/run.yml", "vars.yml"])
        #expect(followUps.map(\.start) == [.above, .folder, .folder])
        #expect(followUps.first?.kind == .azureTemplate(parameters: ["a": "1", "b": "2"]))
    }
}
