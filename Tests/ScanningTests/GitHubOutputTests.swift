// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What GitHub's steps and jobs hand out to those behind them.
@Suite struct GitHubOutputTests {
    private func found(_ first: String, _ behind: String, in job: String = "") -> [String] {
        let text = """
            jobs:
              a:
                outputs: {image: "${{ steps.s.outputs.image }}"}
                steps:
                - id: s
                  run: |
                    \(first)
                \(behind)
              b:
                needs: a
                \(job)
            """
        return scanned(text, as: ".github/workflows/a.yml").findings.filter { !$0.isBuilt }
            .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
    }

    private static let use = "- run: docker run ${{ steps.s.outputs.image }}"

    @Test(arguments: [
        #"X=q.io/a:1; echo "image=$X" >> "$GITHUB_OUTPUT""#, "echo image=q.io/a:1 >> $GITHUB_OUTPUT",
        #"echo "::set-output name=image::q.io/a:1""#, #"printf 'image=%s\n' q.io/a:1 >> "$GITHUB_OUTPUT""#,
        #"{ echo "v=1"; echo "image=q.io/a:1"; } >> "$GITHUB_OUTPUT""#,
        #"echo "image=q.io/a:1" | tee -a "$GITHUB_OUTPUT""#,
    ])
    func `a step's output is what the step prints`(_ text: String) {
        #expect(found(text, Self.use) == ["q.io/a:1"])
        #expect(found(text, "- run: docker build -t ${{ steps.s.outputs.image }} .", in: "container: q.io/a:1").isEmpty)
    }

    @Test(arguments: [
        #"echo "image=q.io/a:1""#, #"echo "image=$(a)" >> "$GITHUB_OUTPUT""#,
        #"if a; then echo image=q.io/a:1 >> $GITHUB_OUTPUT; else echo "image=$1" >> $GITHUB_OUTPUT; fi"#,
    ])
    func `an output without a known value is open`(_ text: String) {
        #expect(found(text, Self.use) == ["?steps.s.outputs.image"])
    }

    @Test func `a step's output counts in its own job, and the job's output in others`() {
        let first = "echo image=q.io/a:1 >> $GITHUB_OUTPUT"
        #expect(found(first, "", in: "container: ${{ needs.a.outputs.image }}") == ["q.io/a:1"])
        #expect(found(first, "", in: "steps: [{run: 'docker run ${{ needs.a.outputs.image }}'}]") == ["q.io/a:1"])
        #expect(
            found(first, "", in: "steps: [{run: 'docker run ${{ steps.s.outputs.image }}'}]")
                == ["?steps.s.outputs.image"])
    }

    @Test func `what a step builds under the name in an output is made for all that use the output`() {
        let first = #"I=q.io/a:$GITHUB_SHA; echo "image=$I" >> "$GITHUB_OUTPUT""#
        let build = "- {uses: docker/build-push-action@v5, with: {tags: '${{ steps.s.outputs.image }}'}}"
        #expect(found(first, build + "\n    " + Self.use, in: "container: ${{ needs.a.outputs.image }}").isEmpty)
    }

    @Test func `a variable for later steps has its value in them`() {
        #expect(found("echo I=q.io/a:1 >> $GITHUB_ENV", "- run: docker run $I") == ["q.io/a:1"])
    }

    @Test func `a variable of which a step makes something unknown is open`() {
        let text =
            "env: {I: 'q.io/a:1'}\njobs: {a: {steps: [{run: 'echo I=$(x) >> $GITHUB_ENV'}, {run: docker run $I}]}}\n"
        #expect(references(text, as: ".github/workflows/a.yml").contains("?I"))
    }

    @Test func `a job's variable may be the output of another job`() {
        let job = "env: {I: '${{ needs.a.outputs.image }}'}\n    steps: [{run: docker run $I}]"
        #expect(found("echo image=q.io/a:1 >> $GITHUB_OUTPUT", "", in: job) == ["q.io/a:1"])
    }

    private func called(_ outputs: String, _ steps: String = "[]") -> String {
        "on: {workflow_call: {inputs: {v: {type: string}}, outputs: {image: {value: \(outputs)}}}}\n"
            + "jobs: {x: {outputs: {i: '${{ steps.s.outputs.i }}'}, steps: \(steps)}}\n"
    }

    @Test func `the output of a workflow that a job calls is what that workflow hands out`() {
        let text = """
            jobs:
              a: {uses: ./.github/workflows/b.yml, with: {v: "2"}}
              b: {needs: a, container: "${{ needs.a.outputs.image }}"}
              c: {needs: a, steps: [{run: "docker run ${{ needs.a.outputs.image }}"}]}

            """
        func found(_ other: String) -> [Finding] {
            let files = NearbyFiles(read: { $0 == "../../.github/workflows/b.yml" ? Array(other.utf8) : nil })
            return FileScanner().scan(Array(text.utf8), kind: .pipeline(.githubActions), in: files).findings
        }
        func images(_ other: String) -> [String] {
            found(other).map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
        }
        let printed = "[{id: s, run: 'echo i=q.io/a:${{ inputs.v }} >> $GITHUB_OUTPUT'}]"
        #expect(images(called("'${{ jobs.x.outputs.i }}'", printed)) == ["q.io/a:2", "q.io/a:2"])
        #expect(images(called("q.io/a:1")) == ["q.io/a:1", "q.io/a:1"])
        let open = ["?needs.a.outputs.image", "?needs.a.outputs.image"]
        #expect(images(called("'${{ jobs.x.outputs.i }}'")) == open && images("on: push\n") == open)
        let finding = found(called("q.io/a:1")).first
        #expect(finding?.parts == [] && finding?.deciders.map(\.file) == ["./.github/workflows/b.yml"])
    }

    @Test func `workflows that call each other end`() {
        let text = called("'${{ needs.x.outputs.image }}'").replacing(
            "steps: []", with: "uses: ./.github/workflows/b.yml, needs: x")
        let files = NearbyFiles(read: { _ in Array(text.utf8) })
        #expect(FileScanner().scan(Array(text.utf8), kind: .pipeline(.githubActions), in: files).findings.isEmpty)
    }
}

/// What Azure's steps and jobs hand out to those behind them.
@Suite struct AzureOutputTests {
    private func found(_ step: String, _ behind: String = "- script: docker run $(image)", in other: String = "")
        -> [String]
    {
        let text = """
            stages:
            - stage: S
              jobs:
              - job: A
                steps:
                - \(step)
                \(behind)
            \(other)
            """
        return scanned(text, as: "azure-pipelines.yml").findings.filter { !$0.isBuilt }
            .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
    }

    @Test(arguments: [
        ###"pwsh: 'Write-Host "##vso[task.setvariable variable=image]q.io/a:1"'"###,
        ###"powershell: 'Write-Output "##vso[task.setvariable variable=image;isSecret=false]q.io/a:1"'"###,
        ###"bash: 'echo "##vso[task.setvariable variable=image]q.io/a:1"'"###,
        ###"{task: PowerShell@2, inputs: {targetType: inline, script: 'Write-Host "##vso[task.setvariable variable=image]q.io/a:1"'}}"###,
    ]) func `a variable that a step sets has its value in the steps behind it`(step: String) {
        #expect(found(step) == ["q.io/a:1"])
    }

    @Test(arguments: [
        ###"pwsh: 'Write-Host "##vso[task.setvariable variable=image]$(x)"'"###,
        ###"bash: 'echo "##vso[task.setvariable variable=other]q.io/a:1"'"###,
        ###"bash: 'echo "##vso[task.setvariable variable=image;isOutput=true]q.io/a:1"'"###, "bash: 'true'",
    ]) func `a variable without a known value is open`(step: String) {
        #expect(found(step) == ["?image"])
    }

    @Test func `an output has its value in its own job, in others and in other stages`() {
        let step = ###"{bash: 'echo "##vso[task.setvariable variable=image;isOutput=true]q.io/a:1"', name: s}"###
        #expect(found(step, "- script: docker run $(s.image)") == ["q.io/a:1"])
        for path in ["dependencies.A.outputs['s.image']", "stageDependencies.S.A.outputs['s.image']"] {
            let job = "  - job: B\n    variables: {i: \"$[ \(path) ]\"}\n    steps: [{script: docker run $(i)}]"
            #expect(found(step, "", in: job) == ["q.io/a:1"])
            #expect(found("bash: 'true'", "", in: job).count == 1)
        }
    }
}
