// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Files that are found because another one names them, with what that one says of them.
@Suite struct FollowedFileTests {
    struct Tree: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: [String: String]
        /// `FILE:LINE REFERENCE` each.
        let found: [String]
        var absent: [String] = []

        init(_ name: String, _ files: [String: String], find found: [String], not absent: [String] = []) {
            (testDescription, self.files, self.found, self.absent) = (name, files, found, absent)
        }
    }

    private static let dockerfile = "ARG V=11\nFROM quay.io/a/df:$V\n"

    static let builds = [
        Tree(
            "a command in a folder below, which runs in the project's",
            ["hack/x.sh": "docker build -f ci/Df --build-arg V=12 .\n", "ci/Df": dockerfile],
            find: ["ci/Df:2 quay.io/a/df:12"]),
        Tree(
            "a command beside the file, where the project has another one",
            ["sub/x.sh": "docker build -f Df --build-arg V=12 .\n", "sub/Df": dockerfile, "Df": dockerfile],
            find: ["sub/Df:2 quay.io/a/df:12"], not: ["Df:2 quay.io/a/df:12"]),
        Tree(
            "podman's file in the folder that is built",
            ["x.sh": "podman build -f Df sub\n", "sub/Df": dockerfile], find: ["sub/Df:2 quay.io/a/df:11"]),
        Tree(
            "a workflow's action with a matrix",
            [
                ".github/workflows/a.yml":
                    "jobs:\n  a:\n    strategy: {matrix: {v: [12, 13]}}\n    steps:\n    - uses: docker/build-push-action@v5\n"
                    + "      with: {context: ci, build-args: \"V=${{ matrix.v }}\"}\n",
                "ci/Dockerfile": "ARG V\nFROM quay.io/a/df:$V\n",
            ], find: ["ci/Dockerfile:2 quay.io/a/df:12", "ci/Dockerfile:2 quay.io/a/df:13"]),
        Tree(
            "Bake in JSON",
            [
                "docker-bake.json": #"{"target": {"a": {"context": "b", "args": {"V": "13"}}}}"#,
                "b/Dockerfile": dockerfile,
            ], find: ["b/Dockerfile:2 quay.io/a/df:13"]),
    ]

    @Test(arguments: builds) func `a Dockerfile that is built is read with what it is given`(tree: Tree) async throws {
        try await Self.check(tree)
    }

    static let pipelines = [
        Tree(
            "GitLab's two stars",
            [
                ".gitlab-ci.yml": "include:\n- local: '/ci/**.yml'\n",
                "ci/a.yml": "h: {image: \"quay.io/a/h:1\", script: x}\n",
                "ci/q/b.yml": "i: {image: \"quay.io/a/i:1\", script: x}\n",
            ], find: ["ci/a.yml:1 quay.io/a/h:1", "ci/q/b.yml:1 quay.io/a/i:1"]),
        Tree(
            "Azure's templates, from the file's folder on and from the project's",
            [
                "azure-pipelines.yml":
                    "extends:\n  template: pipelines/main.yml\n  parameters: {base: quay.io/acme/p:1}\n",
                "pipelines/main.yml": """
                parameters:
                - {name: base, default: "quay.io/acme/p:0"}
                stages:
                - jobs:
                  - job: x
                    container: ${{ parameters.base }}
                    steps:
                    - template: steps/run.yml
                    - template: /shared/more.yml
                      parameters: {tool: "${{ parameters.base }}"}
                    - template: other.yml@templates

                """,
                "pipelines/steps/run.yml": "steps:\n- script: docker run --rm quay.io/acme/d:4\n",
                "shared/more.yml": "steps:\n- task: Bash@3\n  inputs: {script: 'docker pull ${{ parameters.tool }}'}\n"
                    + "parameters: {tool: x}\n",
                "pipelines/other.yml": "steps:\n- script: docker run --rm quay.io/acme/none:4\n",
            ],
            find: [
                "pipelines/main.yml:6 quay.io/acme/p:1", "pipelines/steps/run.yml:2 quay.io/acme/d:4",
                "shared/more.yml:3 quay.io/acme/p:1",
            ], not: ["pipelines/other.yml:2 quay.io/acme/none:4"]),
        Tree(
            "a template that calls itself with more and more",
            [
                "azure-pipelines.yml": "steps:\n- template: t.yml\n  parameters: {x: a}\n",
                "t.yml": "parameters: {x: b}\nsteps:\n- script: docker run quay.io/acme/r:1\n"
                    + ["a", "b"].map { "- template: t.yml\n  parameters: {x: '${{ parameters.x }}\($0)'}\n" }.joined(),
            ], find: ["t.yml:3 quay.io/acme/r:1"]),

    ]

    @Test(arguments: pipelines) func `parts of a pipeline are read wherever they stand`(tree: Tree) async throws {
        try await Self.check(tree)
    }

    static let values = [
        Tree(
            "Argo CD's, from the chart's folder on and from another source's",
            [
                "apps/app.yaml": """
                apiVersion: argoproj.io/v1alpha1
                kind: Application
                metadata: {name: x}
                spec:
                  sources:
                  - {path: charts/c, helm: {valueFiles: [prod.yaml, $values/env/x.yaml, "https://example.com/a.yaml"]}}

                """,
                "charts/c/prod.yaml": "image: quay.io/a/vf:1\n", "env/x.yaml": "image: quay.io/a/ref:1\n",
            ], find: ["charts/c/prod.yaml:1 quay.io/a/vf:1", "env/x.yaml:1 quay.io/a/ref:1"]),
        Tree(
            "Flux's, from the source's folder on",
            [
                "r.yaml": """
                apiVersion: helm.toolkit.fluxcd.io/v2
                kind: HelmRelease
                metadata: {name: x}
                spec: {chart: {spec: {chart: ./c, valuesFiles: [./c/prod.yaml]}}}

                """,
                "c/prod.yaml": "image: quay.io/a/vf:1\n",
            ], find: ["c/prod.yaml:1 quay.io/a/vf:1"]),
        Tree(
            "those of Helmfile, kustomize, a command, Terraform and Skaffold",
            [
                "helmfile.yaml": "releases:\n- name: x\n  chart: stable/x\n  values: [prod.yaml]\n",
                "prod.yaml": "image: quay.io/a/vf:1\n",
                "k/kustomization.yaml": "helmCharts:\n- name: x\n  valuesFile: p.yaml\n",
                "k/p.yaml": "image: quay.io/a/kf:1\n", "s/x.sh": "helm upgrade --install -f s.yaml x chart\n",
                "s.yaml": "image: quay.io/a/sf:1\n", "t.yaml": "image: quay.io/a/tf:1\n",
                "m.tf": "resource \"helm_release\" \"x\" {\n  values = [file(\"${path.module}/t.yaml\")]\n}\n",
                "skaffold.yaml":
                    "apiVersion: skaffold/v4beta6\nkind: Config\ndeploy: {helm: {releases: [{name: x, valuesFiles: [v.yaml]}]}}\n",
                "v.yaml": "image: quay.io/a/sk:1\n",
            ],
            find: [
                "prod.yaml:1 quay.io/a/vf:1", "k/p.yaml:1 quay.io/a/kf:1", "s.yaml:1 quay.io/a/sf:1",
                "t.yaml:1 quay.io/a/tf:1", "v.yaml:1 quay.io/a/sk:1",
            ]),
    ]

    @Test(arguments: values) func `a file that is given to a chart is read as values`(tree: Tree) async throws {
        try await Self.check(tree)
    }

    private static let service = "services:\n  db:\n    image: quay.io/a/db:1 # kept\n"

    static let named = [
        Tree(
            "a Compose file with a name that says nothing, below the project's folder",
            ["hack/x.sh": "docker compose -f infra/dev.txt up -d\n", "infra/dev.txt": service],
            find: ["infra/dev.txt:3 quay.io/a/db:1"]),
        Tree(
            "a Compose file whose services do not show what it is, with the variables beside it",
            [
                "Makefile": "up:\n\tdocker-compose -f infra/dev.yml up\n",
                "infra/dev.yml": "services:\n  a: {extends: {file: base.yml, service: a}}\ninclude: [other.txt]\n",
                "infra/other.txt": "services:\n  b: {image: \"quay.io/a/b:${TAG}\"}\n", "infra/.env": "TAG=3\n",
            ], find: ["infra/other.txt:2 quay.io/a/b:3"]),
        Tree(
            "a file for Bake",
            [
                "x.sh": "docker buildx bake -f ci/all.hcl\n",
                "ci/all.hcl": "target \"a\" {\n  contexts = { base = \"docker-image://quay.io/a/base:1\" }\n}\n",
            ], find: ["ci/all.hcl:2 quay.io/a/base:1"]),
        Tree(
            "manifests, and a folder with a kustomization",
            [
                ".gitignore": "gen/\n",
                ".github/workflows/a.yml":
                    "jobs: {a: {steps: [{run: kubectl apply -f k8s/pod.in}, {run: kubectl apply -k gen/prod}]}}\n",
                "k8s/pod.in": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: quay.io/a/pod:1\n",
                "k8s/other.in": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: quay.io/a/none:1\n",
                "gen/prod/kustomization.yaml": "images:\n- {name: x, newName: quay.io/a/k, newTag: '1'}\n",
            ], find: ["k8s/pod.in:5 quay.io/a/pod:1", "gen/prod/kustomization.yaml:2 quay.io/a/k:1"],
            not: ["k8s/other.in:5 quay.io/a/none:1"]),
    ]

    @Test(arguments: named) func `a file that a command names is read as what the command says`(tree: Tree) async throws
    {
        try await Self.check(tree)
    }

    @Test func `a rewriting changes the image of a file that a command names, and no other byte`() async throws {
        let scratch = try Scratch()
        _ = try scratch.write("x.sh", "docker compose -f dev.txt up\n")
        let file = try scratch.write("dev.txt", Self.service)
        _ = try await Tool.transship("rewrite", scratch.path, "--to", "r.example/m", "--write")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text == Self.service.replacing("quay.io/a/db", with: "r.example/m/quay.io/a/db"))
    }

    @Test func `containers of a task that Terraform reads from a file are found there`() async throws {
        try await Self.check(
            Tree(
                "a template and a file",
                [
                    "main.tf": """
                    resource "aws_ecs_task_definition" "t" {
                      container_definitions = templatefile("${path.module}/task.json", { tag_of = var.x })
                    }
                    resource "aws_ecs_task_definition" "u" {
                      container_definitions = file("plain.json")
                    }

                    """,
                    "task.json": #"[{"image":"${tag_of}","cpu":${cpu}},{"name":"b","image":"quay.io/a/sc:1"}]"#,
                    "plain.json": #"[{"name":"c","image":"quay.io/a/pl:1"}]"#,
                ], find: ["task.json:1 quay.io/a/sc:1", "task.json:1 ?", "plain.json:1 quay.io/a/pl:1"], not: []))
    }

    static func check(_ tree: Tree) async throws {
        let scratch = try Scratch()
        for (name, text) in tree.files {
            let folder = URL(filePath: "\(scratch.path)/\(name)").deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            _ = try scratch.write(name, text)
        }
        let run = try await Tool.transship("scan", scratch.path, "--format", "json")
        let lines = try run.lines.map { line in
            let found = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let file = (found["file"] as? String ?? "").dropFirst(scratch.path.count + 1)
            return "\(file):\(found["line"] as? Int ?? 0) \(found["reference"] as? String ?? "?")"
        }
        #expect(Set(tree.found).subtracting(lines) == [], "\(run)")
        #expect(Set(tree.absent).intersection(lines) == [], "\(run)")
    }
}
