// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Inputs of GitHub's workflows and actions.
@Suite struct GitHubInputTests {
    @Test func `that have a default are it in an action's commands, others are open`() {
        let action = """
            name: x
            inputs:
              base-image: {default: "q.io/a:1"}
              tag: {default: "2"}
              none: {required: true}
              empty: {default: ""}
              sha: {default: "${{ github.sha }}"}
              with-dash: {default: "q.io/x:1"}
              with_dash: {required: true}
            runs:
              using: composite
              steps:
              - {shell: bash, run: "docker run ${{ inputs.base-image }}; docker run q.io/b:${{ inputs.tag }}"}
              - {shell: bash, run: "docker run ${{ inputs.none }}"}
              - {shell: bash, run: "docker run q.io/c:${{ inputs.sha }} && docker run q.io/d:${{ inputs.empty }}"}
              - {shell: bash, run: "docker run ${{ inputs.with_dash }}"}
              - {shell: bash, run: "docker run $IMG", env: {IMG: "q.io/e:${{ inputs.tag }}"}}

            """
        #expect(
            references(action, as: "action.yml") == [
                "q.io/a:1", "q.io/b:2", "?inputs.none", "?inputs.sha", "?inputs.empty", "?inputs.with_dash", "q.io/e:2",
            ])
    }

    @Test(arguments: [
        ("appleboy/ssh-action@v1", "script", "docker run -d acme/a:$T", ["acme/a:4"]),
        ("nick-fields/retry@v3", "command", "docker pull acme/a:${{ env.T }}", ["acme/a:4"]),
        ("azure/CLI@v2", "inlineScript", "docker pull acme/a:1", ["acme/a:1"]),
        ("azure/powershell@v2", "inlineScript", "$i = 'acme/a:1'\n  docker pull $i", ["acme/a:1"]),
        ("nick-fields/retry@v3", "command", "docker pull acme/a:$NONE", ["?NONE"]),
        ("actions/github-script@v7", "script", "exec(`docker pull acme/a:1`)", []),
        ("acme/x@v1", "note", "docker pull acme/a:1", []),
    ])
    func `that are shell text are read as such`(action: String, input: String, text: String, expected: [String]) {
        let workflow = """
            on: push
            jobs:
              a:
                env: {T: "4"}
                steps:
                - uses: \(action)
                  with:
                    \(input): |
                      \(text.replacing("\n  ", with: "\n          "))

            """
        #expect(references(workflow, as: ".github/workflows/a.yml") == expected)
    }

    private static let called = """
        on:
          workflow_call:
            inputs:
              version: {type: string, required: true}
              image: {type: string, default: "q.io/a:1"}
        jobs:
          j:
            runs-on: x
            container: q.io/c:${{ inputs.version }}
            steps:
            - run: docker run ${{ inputs.image }} && docker run q.io/r:${{ inputs.version }}

        """

    @Test func `that a caller gives are it in a workflow and in an action`() {
        func found(_ inputs: [String: String]) -> [String] {
            let followed = FollowUp.Kind.githubWorkflow(inputs: inputs)
            return FileScanner().scan(Array(Self.called.utf8), kind: .yaml, followed: followed).findings.map {
                $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "")
            }.sorted()
        }
        #expect(found([:]) == ["?inputs.version", "?inputs.version", "q.io/a:1"])
        #expect(found(["version": "3"]) == ["q.io/a:1", "q.io/c:3", "q.io/r:3"])
        #expect(found(["version": "3", "image": "q.io/b:2"]) == ["q.io/b:2", "q.io/c:3", "q.io/r:3"])
    }

    @Test func `calls in the same project are followed with what they give`() {
        let text = """
            env: {V: "4"}
            jobs:
              a:
                uses: ./.github/workflows/w.yml
                with: {version: "3", own: "${{ env.V }}", open: "${{ github.sha }}"}
              b: {uses: ./.github/workflows/plain.yml}
              c: {uses: acme/other/.github/workflows/w.yml@v1, with: {version: "3"}}
              d:
                runs-on: x
                steps:
                - {uses: ./.github/actions/run, with: {version: "5"}}

            """
        let followUps = scanned(text, as: ".github/workflows/a.yml").followUps
        #expect(followUps.map(\.path) == [".github/workflows/w.yml", ".github/actions/run/action.yml"])
        #expect(followUps.map(\.alternatives) == [[], [".github/actions/run/action.yaml"]])
        #expect(followUps.allSatisfy { $0.start == .above })
        #expect(
            followUps.map(\.kind) == [
                .githubWorkflow(inputs: ["version": "3", "own": "4"]), .githubWorkflow(inputs: ["version": "5"]),
            ])
    }

    @Test func `of a workflow are those of each way to start it`() {
        let workflow = """
            on:
              workflow_call:
                inputs:
                  image: {type: string, default: "q.io/a:1"}
                  some: {type: string, required: true}
              workflow_dispatch:
                inputs:
                  image: {default: "q.io/b:1"}
                  some: {default: "q.io/c:1"}
                  own: {default: "q.io/own:1"}
            jobs:
              j:
                runs-on: x
                steps:
                - run: docker run ${{ inputs.image }}
                - run: docker run ${{ inputs.some }}
                - run: docker build -t ${{ github.event.inputs.own }} . && docker push ${{ inputs.own }}

            """
        #expect(references(workflow, as: ".github/workflows/a.yml") == ["q.io/a:1", "q.io/b:1", "?inputs.some"])
    }

    @Test(arguments: [
        ("./.github/actions/build/setup", true), ("acme/build/setup@v1", true), ("acme/setup@build", true),
        ("docker/build-push-action@v6", false), ("./ci/publish", false),
    ])
    func `the last part of an action's name tells whether it makes images`(_ action: String, _ isPulled: Bool) {
        let text = "jobs: {a: {steps: [{uses: \(action), with: {node_image: 'quay.io/a/x:1'}}]}}\n"
        #expect(references(text, as: ".github/workflows/a.yml") == (isPulled ? ["quay.io/a/x:1"] : []))
    }
}
