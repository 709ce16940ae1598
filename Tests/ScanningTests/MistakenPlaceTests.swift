// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Files that look like something else, and places that look like an image's.
@Suite struct MistakenPlaceTests {
    @Test(arguments: [
        "goreleaser.yaml", "render.yaml", "kitchen.yaml", "molecule.yml", "werf.yaml", "screwdriver.yaml",
        "buildspec.yml", "action.yaml", "cloudbuild.yaml", "taskfile.yaml", "compose.yaml", "docker-compose-x.yaml",
        "kustomization.yaml", "web.gitlab-ci.yml", "x.clab.yml", "group_vars/x.yaml", "k8s/defaults/main.yaml",
        ".circleci/x.yaml", "values.yaml", "devfile.yaml",
    ])
    func `a resource is read as one, whatever else has files of its name`(file: String) {
        #expect(references(pod("acme/m:1"), as: file) == ["acme/m:1"])
    }

    @Test func `a tool's own file stays one`() {
        let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        #expect(references(kustomization + "images: [{name: a, newTag: '1'}]\n", as: "kustomization.yaml") == ["a:1"])
        let skaffold = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: a, docker: {}}]}\n"
        #expect(references(skaffold, as: "skaffold.yaml") == [])
    }

    @Test(arguments: ["a.hcl", "a.nomad"]) func `a config at the top of HCL is no task's`(file: String) {
        #expect(references("config {\n  image = \"redis:7\"\n}\n", as: file) == [])
        let task = "task \"t\" {\n  config {\n    image = \"redis:7\"\n  }\n}\n"
        for job in [task, "job \"j\" {\n group \"g\" {\n\(task)}\n}\n"] {
            #expect(references(job, as: file) == ["redis:7"])
        }
    }

    @Test func `machines of Azure's pools and of Buildkite's agents are no images`() {
        let pool = "extends: {parameters: {pool: {name: P, image: windows-2022}}}\n"
        #expect(references(pool, as: "azure-pipelines.yml") == [])
        let container = "resources: {containers: [{container: c, image: 'acme/c:1'}]}\npool: {vmImage: ubuntu}\n"
        #expect(references(container, as: "azure-pipelines.yml") == ["acme/c:1"])
        let agents = "agents: {provider: gcp, image: family/core}\nsteps: [{agents: {provider: k8s, image: 'a/b:1'}}]\n"
        #expect(references(agents, as: ".buildkite/pipeline.yml") == ["a/b:1"])
    }

    @Test func `what a build in a Template or a List makes is no image, and what it takes is one`() {
        let template = """
            apiVersion: template.openshift.io/v1
            kind: Template
            parameters: [{name: TAG, value: "2"}]
            objects:
            - apiVersion: build.openshift.io/v1
              kind: BuildConfig
              spec:
                strategy: {sourceStrategy: {from: {kind: DockerImage, name: "quay.io/acme/in:${TAG}"}}}
                output: {to: {kind: DockerImage, name: "quay.io/acme/out:1"}}
            """
        #expect(references(template) == ["quay.io/acme/in:2"])
        let list = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: shipwright.io/v1beta1
              kind: Build
              spec: {strategy: {image: "quay.io/acme/in:1"}, output: {image: "quay.io/acme/out:1"}}
            """
        #expect(references(list) == ["quay.io/acme/in:1"])
    }
}

/// Templates of programs and settings.
@Suite struct TextTemplateTests {
    private func found(_ text: String, as path: String) -> [String] {
        FileScanner().scan(Array(text.utf8), kind: FileKind(path: path)).findings.map {
            $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") + " " + $0.text
        }
    }

    @Test func `are read as what they make, and open where something is filled in`() {
        let shell = "#!/bin/sh\n{# don't #}\ndocker pull acme/a:1\n{% if x %}\ndocker pull {{ img }}\n{% endif %}\n"
        #expect(found(shell, as: "x.sh.j2") == ["acme/a:1", "?img {{ img }}"])
        let unit = "[Service]\nExecStart=/usr/bin/docker run acme/s:1\nExecStart=/usr/bin/docker run {{ x_image }}\n"
        #expect(found(unit, as: "s.service.j2") == ["acme/s:1", "?x_image {{ x_image }}"])
        #expect(found("[Container]\nImage={{ c_image }}\n", as: "s.container.j2") == ["?c_image {{ c_image }}"])
        #expect(found("X_IMAGE=acme/e:1\nN=${#list}\n", as: "a.env.j2") == ["acme/e:1"])
        #expect(FileKind(path: "x.go.tmpl") == nil)
    }
}

/// Bake's files, as Bake reads them.
@Suite struct BakeTests {
    private func scanned(_ text: String) -> ScanResult {
        FileScanner().scan(Array(text.utf8), kind: FileKind(path: "docker-bake.hcl"))
    }

    /// What each Dockerfile that is followed is given.
    private func arguments(_ text: String) -> [[String: [String]]] {
        scanned(text).followUps.compactMap {
            if case .dockerfile(let arguments) = $0.kind { arguments.values } else { nil }
        }
    }

    @Test func `arguments are given to the Dockerfile that has no other name`() {
        let result = scanned("target \"a\" {\n  context = \"d\"\n  args = { V = \"12\" }\n}\n")
        #expect(result.followUps.map(\.path) == ["d/Dockerfile"])
    }

    @Test func `a target has what it inherits, later ones first, and a circle ends`() {
        let text = """
            target "x" { args = { V = "1", W = "1" } }
            target "y" {
              inherits = ["z"]
              args = { V = "2" }
            }
            target "z" { inherits = ["y", "z"] }
            target "a" {
              inherits = ["x", "y"]
              dockerfile = "A.Dockerfile"
              args = { U = "3" }
            }
            """
        #expect(arguments(text).last == ["U": ["3"], "V": ["2"], "W": ["1"]])
    }

    @Test func `each turn of a matrix is a build, and a function is what it makes`() {
        let text = """
            variable "T" { default = "1" }
            function "img" {
              params = [n]
              result = "quay.io/acme/${n}:${T}"
            }
            target "m" {
              matrix = { v = ["3.11", "3.12"] }
              dockerfile = "m.Dockerfile"
              args = { V = v }
              contexts = { b = "docker-image://alpine:${v}" }
            }
            target "f" {
              contexts = { b = "docker-image://${img("fn")}", c = "docker-image://a/b:${NONE}" }
            }
            """
        #expect(
            scanned(text).findings.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [
                "alpine:3.11", "alpine:3.12", "quay.io/acme/fn:1", "?NONE",
            ])
        #expect(arguments(text) == [["V": ["3.11"]], ["V": ["3.12"]]])
    }

    @Test func `functions that call each other end`() {
        let text =
            "function \"f\" {\n  params = [n]\n  result = \"${g(n)}${f(n)}\"\n}\n"
            + "function \"g\" {\n  params = [n]\n  result = \"${f(n)}${g(n)}\"\n}\n"
            + "target \"a\" { contexts = { b = \"docker-image://${f(\"x\")}\" } }\n"
        #expect(scanned(text).findings.allSatisfy { $0.reference == nil })
    }

    // MARK: - Public trees

    @Test(arguments: [
        (
            "azure-pipelines.yml",
            "jobs:\n- job: a\n  pool:\n    ${{ if eq(variables.x, 'y') }}:\n      name: p\n      image: windows.1\n  steps: []\n"
        ),
        (
            "azure-pipelines.yml",
            "steps:\n- template: sas.yml\n  parameters: {storageAccount: builds, container: internal}\n"
        ),
        ("Program.cs", "DistributedApplication.CreateBuilder(args);\ndb.AddContainer(\"entries\", \"id\");\n"),
        (
            "Program.cs",
            "var builder = DistributedApplication.CreateBuilder(args);\n"
                + "builder.AddContainer(\"a\", \"own\").WithDockerfileFactory(\"ctx\", c => c);\n"
        ), ("values.yaml", "image: \"null\"\n"),
    ]) func `is no image to pull`(file: String, text: String) {
        #expect(ScanningTests.scanned(text, as: file).findings == [])
    }

    @Test func `what steps of Cloud Build tag, and what Podman has built, is made here`() {
        let steps = """
            steps:
            - {name: gcr.io/cloud-builders/docker, args: [tag, 'gcr.io/acme/a:1', 'gcr.io/acme/a:local']}
            - {name: 'gcr.io/acme/a:local', args: [x]}
            - name: gcr.io/cloud-builders/docker
              args: [-c, 'docker pull gcr.io/acme/b:$$TAG && docker tag gcr.io/acme/b:$$TAG "gcr.io/acme/b:local"']
            - {name: 'gcr.io/acme/b:local', args: [x]}
            """
        let files = [
            ("cloudbuild.yaml", steps), ("Dockerfile", "FROM localhost/own:1\n"), ("d/Dockerfile", "FROM a/x:1\n"),
        ]
        var made = MadeImages()
        let results = files.map { ($0.0, ScanningTests.scanned($0.1, as: $0.0)) }
        for (file, result) in results { made.add(result, of: file) }
        let pulled = results.flatMap { file, result in result.findings.filter { !made.holds($0, in: file) } }
        #expect(!pulled.contains { $0.text.contains("local") })
        #expect(pulled.contains { $0.text == "gcr.io/acme/b:$$TAG" && $0.unresolved != nil })
        #expect(pulled.contains { $0.text == "a/x:1" })
    }

    @Test func `the name that a kustomization in a script looks for is no image to rewrite`() {
        let script = """
            image=ghcr.io/acme/testing
            cat > kustomization.yaml <<EOF
            resources: [https://example.com/manifest.yaml]
            images:
            - name: ${image}
              newTag: ${tag}
            EOF
            """
        let result = ScanningTests.scanned(script + "\n", as: "a.sh")
        #expect(result.shared.contains { shared in result.findings.contains { $0.range.overlaps(shared.range) } })
    }

    @Test(arguments: [
        ("compose.yaml", "services:\n  a: {image: null}\n  b: {image: ~}\n"),
        (
            "a.sh",
            "GCE_IMAGE=projects/debian-cloud/global/images/family/debian-11\ngcloud compute x --image=$GCE_IMAGE\n"
        ),
        ("a.env", "GCE_IMAGE=projects/debian-cloud/global/images/debian-11\n"),
    ]) func `no image and the disk of a machine are not found`(path: String, text: String) {
        #expect(references(text, as: path) == [])
    }
}
