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
