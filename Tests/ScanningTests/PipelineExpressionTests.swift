// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What a runner fills into shell text is a part of one word, whatever it contains.
@Suite struct PipelineExpressionTests {
    /// A pipeline with one line of shell text, and the file's name.
    private func pipeline(_ line: String, for tool: String) -> (text: String, name: String) {
        switch tool {
        case "gitlab": ("b:\n  image: docker:27\n  script:\n  - |\n    \(line)\n", ".gitlab-ci.yml")
        case "task": ("version: '3'\ntasks:\n  b:\n    cmds:\n    - |\n      \(line)\n", "Taskfile.yml")
        case "circleci":
            (
                """
                version: 2.1
                parameters: {v: {type: string, default: "15"}, empty: {type: string, default: ""}}
                jobs:
                  b:
                    machine: true
                    steps:
                    - run: |
                        \(line)
                        docker pull q.io/last:1

                """, ".circleci/config.yml"
            )
        default: ("on: push\njobs: {b: {steps: [{run: |\n\(line)\n}]}}", ".github/workflows/a.yml")
        }
    }

    private func found(_ line: String, for tool: String) -> [String] {
        let (text, name) = pipeline(line, for: tool)
        return scanned(text, as: name).findings.map { $0.reference?.asTyped ?? "?\($0.unresolved ?? "") \($0.text)" }
            .filter { $0 != "docker:27" && $0 != "q.io/last:1" }
    }

    @Test(arguments: [
        ("docker run --name $[[ inputs.n ]] acme/y:2", ["acme/y:2"]),
        ("docker pull acme/x:$[[ inputs.tag ]]", ["?inputs.tag acme/x:$[[ inputs.tag ]]"]),
        (
            "docker pull \"acme/x:$[[ inputs.tag | expand_vars ]]\"",
            ["?inputs.tag | expand_vars acme/x:$[[ inputs.tag | expand_vars ]]"]
        ),
        ("[[ -n \"$[[ inputs.a ]]\" ]] && docker pull acme/z:1", ["acme/z:1"]),
    ]) func `GitLab's inputs`(line: String, expected: [String]) { #expect(found(line, for: "gitlab") == expected) }

    @Test(arguments: [
        ("docker pull redis:{{default \"7\" .R}}", ["?default \"7\" .R redis:{{default \"7\" .R}}"]),
        ("docker pull \"redis:{{.R | default \"7\"}}\"", ["?.R | default \"7\" redis:{{.R | default \"7\"}}"]),
        ("docker run -v {{.ROOT_DIR | replace \"a\" \"b\"}}:/w acme/a:1", ["acme/a:1"]),
        ("docker run -e X={{index .M \"k\"}} acme/b:2", ["acme/b:2"]),
        ("docker run {{if .X}}-it {{end}}acme/c:3", ["acme/c:3"]),
        ("{{if .X -}}\n      docker pull acme/d:4\n      {{- end}}", ["acme/d:4"]),
        ("docker pull acme/e{{if .X}}:1{{else}}:2{{end}}", ["?if .X acme/e{{if .X}}:1{{else}}:2{{end}}"]),
        ("docker run {{.CLI_ARGS}} acme/f:5", ["acme/f:5"]),
        ("docker pull acme/g:1 {{", ["acme/g:1"]),
    ]) func `Task's actions`(line: String, expected: [String]) { #expect(found(line, for: "task") == expected) }

    @Test(arguments: [
        ("echo << pipeline.id >>", []),
        ("docker run --name << parameters.n >> mysql:8", ["mysql:8"]),
        ("docker run << parameters.image >>", ["?parameters.image << parameters.image >>"]),
        ("docker run acme/z:<<pipeline.parameters.v>>", ["acme/z:15"]),
        ("docker run \"acme/y:<< pipeline.parameters.v >>\"", ["acme/y:15"]),
        (
            "docker run acme/y:<< pipeline.parameters.w >>",
            ["?pipeline.parameters.w acme/y:<< pipeline.parameters.w >>"]
        ),
        ("cat << EOF >> x\n        docker pull acme/no:1\n        EOF", []),
        ("cat \\<< EOF\n        docker pull acme/no:1\n        EOF", []),
    ]) func `CircleCI's values`(line: String, expected: [String]) {
        let (text, name) = pipeline(line, for: "circleci")
        #expect(found(line, for: "circleci") == expected)
        #expect(references(text, as: name).last == "q.io/last:1", "what comes behind them is read")
    }

    @Test(arguments: [
        "docker run --rm ${{ github.ref == 'x' && '-it' || '' }} acme/b:2",
        "docker run --rm ${{ inputs.push && '--push' }} acme/b:2",
    ]) func `GitHub's options`(line: String) {
        let text = "on: push\njobs:\n  b:\n    steps:\n    - run: \(line)\n"
        #expect(references(text, as: ".github/workflows/a.yml") == ["acme/b:2"])
    }

    @Test(arguments: [
        ("{steps: [{env: {V: '1'}, command: 'docker pull acme/x:$$V'}]}", ".buildkite/pipeline.yml"),
        ("{steps: [{env: {V: '1'}, command: 'docker pull acme/x:\\$V'}]}", ".buildkite/pipeline.yml"),
        (
            "{kind: pipeline, type: docker, steps: [{name: a, environment: {V: '1'}, commands: ['docker pull acme/x:$${V}']}]}",
            ".drone.yml"
        ),
        ("{steps: [{name: a, environment: {V: '1'}, commands: ['docker pull acme/x:$${V}']}]}", ".woodpecker.yml"),
        ("[Service]\nExecStart=/bin/sh -c 'V=1; docker pull acme/x:$$V'\n", "a.service"),
    ]) func `a dollar sign that a runner leaves to the shell`(text: String, name: String) {
        #expect(references(text, as: name) == ["acme/x:1"])
    }
}
