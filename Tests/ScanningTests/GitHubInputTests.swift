// SPDX-License-Identifier: Apache-2.0

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
}
