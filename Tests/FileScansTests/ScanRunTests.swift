// SPDX-License-Identifier: Apache-2.0

import FileScans
import Foundation
import OCI
import Scanning
import Testing

@Suite struct ScanRunTests {
    /// A folder that is gone when the test is over.
    private final class Folder {
        let path: String

        init(_ files: [String: String]) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "scan-" + UUID().uuidString).path
            for (name, text) in files {
                let file = URL(filePath: path + "/" + name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        /// `FILE TEXT` of each finding, in the order in which they were reported.
        func findings(in roots: [ScanRun.Root]? = nil, workers: Int = 2) async -> [String] {
            let run = ScanRun(roots: roots ?? [.folder(path)], scanner: FileScanner(), workers: workers)
            var found: [String] = []
            await run.execute { report in
                let name = report.file.hasPrefix(path) ? String(report.file.dropFirst(path.count + 1)) : report.file
                found += report.findings.map { name + " " + ($0.finding.reference?.asTyped ?? $0.finding.text) }
            }
            return found
        }

        /// The same without images that are made here.
        func pulled() async -> [String] {
            var (made, all): (MadeImages, [LocatedFinding]) = (MadeImages(), [])
            await ScanRun(roots: [.folder(path)], scanner: FileScanner(), workers: 2).execute { report in
                if let result = report.result { made.add(result, of: report.file) }
                all += report.findings
            }
            return all.filter { !made.holds($0.finding, in: $0.file) }.map {
                $0.file.dropFirst(path.count + 1) + " " + ($0.finding.reference?.asTyped ?? $0.finding.text)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test(arguments: [1, 3, 16])
    func `reports files in the order of the walk, however many are scanned at once`(workers: Int) async throws {
        let names = (100..<400).map { "\($0)/Dockerfile" }
        let folder = try Folder(Dictionary(uniqueKeysWithValues: names.map { ($0, "FROM redis:\($0.prefix(3))\n") }))
        #expect(await folder.findings(workers: workers) == names.map { "\($0) redis:\($0.prefix(3))" })
    }

    @Test func `scans a Dockerfile of any name that a Compose file builds, with its arguments`() async throws {
        let folder = try Folder([
            "compose.yaml": """
            services:
              web:
                build: {context: ., dockerfile: web.build, args: {VERSION: "7.2"}}
            """,
            "web.build": "ARG VERSION\nFROM redis:$VERSION\n",
        ])
        #expect(await folder.findings() == ["web.build redis:7.2"])
    }

    @Test(arguments: [
        ("b.sh", "docker buildx build --build-context tools=docker-image://alpine:3.20 --build-context base=sub/dir ."),
        ("x/b.sh", "podman build --build-context=tools=../t --build-context \"base=$X\" -f Dockerfile ."),
        ("Makefile", "b:\n\tdocker build --build-context tools=../t --build-context base=../b .\n"),
        (
            ".gitlab-ci.yml",
            "b: {image: 'docker:27', script: ['docker buildx build --build-context tools=x --build-context base=y .']}\n"
        ),
        (
            ".github/workflows/a.yml",
            """
            on: push
            jobs:
              t:
                runs-on: x
                steps:
                - uses: docker/build-push-action@v6
                  with:
                    build-contexts: |
                      tools=docker-image://alpine:3.20
                      base=sub/dir

            """
        ),
    ]) func `a context that a build names is no image in its Dockerfile, and may be one itself`(
        name: String, text: String
    ) async throws {
        let folder = try Folder([
            name: text, "Dockerfile": "FROM base\nCOPY --from=tools /a /b\nFROM debian:12\n",
            "other/Dockerfile": "FROM tools\n",
        ])
        let image =
            text.contains("alpine:3.20")
            ? ["\(name) alpine:3.20"] : name == ".gitlab-ci.yml" ? ["\(name) docker:27"] : []
        #expect(
            await folder.pulled().sorted() == (image + ["Dockerfile debian:12", "other/Dockerfile tools"]).sorted())
    }

    @Test func `a Compose file that is laid over one in another folder builds what is below that one`() async throws {
        let folder = try Folder([
            "docker-compose.yml": "services: {db: {image: 'postgres:15'}}\n",
            "over/five.yml":
                "services: {db: {build: {context: ., dockerfile: ./images/pg.build, args: {base: 'postgres:16'}}}}\n",
            "images/pg.build": "ARG base\nFROM $base\n",
        ])
        #expect(
            await folder.findings().sorted()
                == ["docker-compose.yml postgres:15", "images/pg.build postgres:16", "over/five.yml postgres:16"])
    }

    @Test func `ends where kustomizations name each other, and tells each finding once`() async throws {
        func kustomization(_ other: String) -> String {
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../\(other), pod.yaml]\n"
        }
        func pod(_ image: String) -> String {
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"\(image)\"}]}\n"
        }
        let folder = try Folder([
            "a/kustomization.yaml": kustomization("b"), "a/pod.yaml": pod("redis:7"),
            "b/kustomization.yaml": kustomization("a"), "b/pod.yaml": pod("nginx:1"),
        ])
        #expect(await folder.findings().sorted() == ["a/pod.yaml redis:7", "b/pod.yaml nginx:1"])
    }

    @Test func `scans scripts without a suffix by their first line, and no other file without one`() async throws {
        let run = "docker run quay.io/a/b:1\n"
        let folder = try Folder([
            "bin/dev": "#!/bin/sh -e\n" + run, ".githooks/pre-push": "#!/usr/bin/env bash\n" + run,
            ".run": "#! /usr/bin/env -S A=b zsh -f\n" + run, "bin/notes": run, "LICENSE": "image: redis:7\n",
            "bin/a.txt": "#!/bin/sh\n" + run, "bin/perl": "#!/usr/bin/perl\n" + run, "bin/empty": "",
        ])
        #expect(
            await folder.findings().sorted() == [".githooks/pre-push", ".run", "bin/dev"].map { $0 + " quay.io/a/b:1" })
    }

    @Test func `a link whose target says nothing of what it is is read by its own name`() async throws {
        let folder = try Folder(["files/base": "FROM redis:7\n", "bin/dev": "#!/bin/sh\ndocker pull redis:8\n"])
        for (name, target) in [("Dockerfile", "files/base"), ("tool", "bin/dev")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: folder.path + "/" + target)
        }
        #expect(await folder.findings().sorted() == ["Dockerfile redis:7", "bin/dev redis:8"])
    }

    @Test(arguments: [
        (
            [
                ".gitlab-ci.yml": "include:\n- local: vars.yml\nj:\n  image: $IMG\n  script: [docker pull $REG/x:1]\n",
                "vars.yml": "variables:\n  IMG: $REG/v:1\n  REG: quay.io/a\n",
            ], [".gitlab-ci.yml quay.io/a/v:1", ".gitlab-ci.yml quay.io/a/x:1"]
        ),
        (
            [
                ".gitlab-ci.yml": "include:\n- local: /ci/j.yml\nvariables:\n  V: \"3\"\n",
                "ci/j.yml": "variables:\n  V: \"2\"\nj:\n  image: quay.io/a/v:$V\n",
            ], ["ci/j.yml quay.io/a/v:3"]
        ),
        (
            [
                ".gitlab-ci.yml": "include: [/ci/a*.yml, /ci/b.yml]\n", "ci/ab.yml": "variables:\n  V: \"3\"\n",
                "ci/b.yml": "include: /ci/c.yml\n", "ci/c.yml": "j:\n  image: quay.io/a/v:$V\n",
            ], ["ci/c.yml quay.io/a/v:3"]
        ),
        (
            [
                ".gitlab-ci.yml": "include: ['/ci/**.yml', '/a*/x.yml']\n", "ci/a/b/v.yml": "variables:\n  V: \"3\"\n",
                "ab/x.yml": "variables:\n  W: \"4\"\n", "ab/y.yml": "variables:\n  W: \"5\"\n",
                "ci/j.yml": "j:\n  image: quay.io/a/v:$V\nk:\n  image: quay.io/a/w:$W\n",
            ], ["ci/j.yml quay.io/a/v:3", "ci/j.yml quay.io/a/w:4"]
        ),
    ])
    func `the files of a GitLab pipeline share its variables, those of a file that includes others first`(
        files: [String: String], expected: [String]
    ) async throws {
        let folder = try Folder(files)
        #expect(await folder.findings().filter { !$0.contains("$") }.sorted() == expected)
    }

    /// docs.gitlab.com, "extends" and "YAML optimization": jobs extend jobs of any file of the pipeline.
    @Test func `the files of a GitLab pipeline share its jobs`() async throws {
        let folder = try Folder([
            ".gitlab-ci.yml": """
            include: ci/base.yml
            a: {extends: .image, variables: {TAG: "2"}}
            b: {extends: .image, variables: {TAG: "3"}, image: "acme/b:1"}
            c: {extends: .python, parallel: {matrix: [{V: ["3.11", "3.12"]}]}}
            d: {extends: .variables, image: "acme/d:$OWN"}
            e: {extends: .script, variables: {S: "5"}}
            f: {extends: [.mid, .none], variables: {DEEP: "6"}}
            .mid: {extends: .deep, variables: {DEEP: "7"}}
            g: {extends: .service, trigger: x}
            h: {variables: {<<: {M: "8"}}, image: "acme/h:$M"}
            """,
            "ci/base.yml": """
            .image: {image: "acme/a:$TAG", variables: {TAG: "1"}}
            .python: {image: "python:$V"}
            .variables: {variables: {OWN: "4"}}
            .script: {script: ["docker pull acme/e:$S"], variables: {S: "1"}}
            .deep: {image: "acme/f:$DEEP"}
            .service: {services: ["acme/g:1"]}
            .unused: {image: "acme/u:$U", variables: {U: "9"}}
            """,
        ])
        #expect(
            await folder.findings().sorted() == [
                ".gitlab-ci.yml acme/b:1", ".gitlab-ci.yml acme/d:4", ".gitlab-ci.yml acme/h:8", "ci/base.yml acme/a:2",
                "ci/base.yml acme/e:5", "ci/base.yml acme/f:6", "ci/base.yml acme/g:1", "ci/base.yml acme/u:9",
                "ci/base.yml python:3.11", "ci/base.yml python:3.12",
            ])
    }

    @Test func `templates that Terraform fills in have the values that it gives`() async throws {
        let folder = try Folder([
            "main.tf": """
            variable "tag" { default = "5" }
            resource "aws_ecs_task_definition" "a" {
              container_definitions = templatefile("${path.module}/a.json.tpl", { tag = var.tag, image = var.none })
            }
            resource "aws_ecs_task_definition" "b" { container_definitions = data.template_file.b.rendered }
            data "template_file" "b" {
              template = file("b.json")
              vars = { tag = "7" }
            }
            resource "aws_ecs_task_definition" "c" {
              container_definitions = <<EOT
            [{"name": "c", "image": "acme/c:${var.tag}"}, {"name": "d", "image": "acme/d:${var.other}"}]
            EOT
            }
            resource "aws_instance" "d" {
              user_data = base64encode(templatefile("d.sh.tpl", { tag = var.tag }))
            }
            """,
            "a.json.tpl":
                "[{\"name\": \"a\", \"image\": \"acme/a:${tag}\"}, {\"name\": \"b\", \"image\": \"${image}\"}]\n",
            "b.json": "[{\"name\": \"a\", \"image\": \"acme/b:${tag}\"}]\n",
            "d.sh.tpl": "#!/bin/sh\ndocker run acme/e:${tag}\n",
        ])
        #expect(
            Set(await folder.findings()) == [
                "main.tf acme/c:5", "main.tf acme/d:${var.other}", "main.tf var.none", "a.json.tpl acme/a:5",
                "b.json acme/b:7", "d.sh.tpl acme/e:${tag}", "d.sh.tpl acme/e:5",
            ])
    }

    @Test func `a Compose file names what it builds by its variables, and merges arguments`() async throws {
        let folder = try Folder([
            "compose.yaml": """
            x-args: &args {BASE: "acme/base:3"}
            services:
              a:
                build: {context: "${DIR:-app}", dockerfile: "${FILE:-Dev}", args: {<<: *args}}
            """, "app/Dev": "ARG BASE\nFROM $BASE\n",
        ])
        #expect(await folder.findings() == ["compose.yaml acme/base:3", "app/Dev acme/base:3"])
    }

    @Test func `values given alone come to what their chart's templates make of them`() async throws {
        let folder = try Folder([
            "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "values.yaml": "image: {repository: acme/s, tag: \"1\"}\n",
            "templates/p.yaml": """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: quay.io/{{ .Values.image.repository }}:{{ .Values.image.tag }}
              - image: ghcr.io/acme/other:1
            """,
        ])
        let file = ScanRun.Root.file(folder.path + "/values.yaml")
        // The first one is taken back by the second.
        #expect(await folder.findings(in: [file]) == ["values.yaml acme/s:1", "values.yaml quay.io/acme/s:1"])
    }

    @Test(arguments: ["false", "true"])
    func `an image that nobody knows is open, whatever a branch that is not taken would make`(
        isSelected: String
    ) async throws {
        let helper = """
            {{- define "name" }}{{ if .Values.market.enabled }}{{ printf "%s/%s:%s" .Values.market.image.registry
            .Values.market.image.repository .Values.market.image.tag }}{{ else }}{{ splitList "/" .Values.x | first }}/app:1
            {{- end }}{{ end }}
            """
        let folder = try Folder([
            "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "values.yaml":
                "market: {enabled: \(isSelected), image: {registry: docker.io, repository: acme/m, tag: '1'}}\n",
            "templates/_h.tpl": helper,
            "templates/p.yaml":
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {{ include \"name\" . }}\n",
        ])
        let found = await folder.findings()
        #expect(found.contains("templates/p.yaml {{ include \"name\" . }}") == (isSelected == "false"), "\(found)")
        #expect(found.contains("values.yaml docker.io/acme/m:1"), "\(found)")
    }

    @Test func `what a pipeline gives to the image of a task in another file is found, whatever its name`() async throws
    {
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            metadata: {name: pytest}
            spec:
              params:
              - {name: python, default: "quay.io/a/py:1"}
              - {name: path, default: "quay.io/a/no:1"}
              steps:
              - {name: a, image: "$(params.python)"}

            """
        func pipeline(_ task: String) -> String {
            """
            apiVersion: tekton.dev/v1
            kind: Pipeline
            metadata: {name: p}
            spec:
              tasks:
              - name: a
                taskRef: {name: \(task)}
                params:
                - {name: python, value: "quay.io/a/py:2"}
                - {name: path, value: "quay.io/a/no:2"}
            """
        }
        let folder = try Folder(["a.yaml": pipeline("pytest"), "b.yaml": pipeline("other"), "task.yaml": task])
        #expect(await folder.findings() == ["task.yaml quay.io/a/py:1", "a.yaml quay.io/a/py:2"])
    }

    @Test func `names a text by the name it was given`() async throws {
        let folder = try Folder([:])
        let text = Array("FROM redis:7\n".utf8)
        #expect(await folder.findings(in: [.text(text, name: "-")]) == ["- redis:7"])
    }

    @Test func `tells of a file that cannot be read, and goes on`() async throws {
        let folder = try Folder(["Dockerfile": "FROM redis:7\n"])
        let roots = [ScanRun.Root.file(folder.path + "/none"), .file(folder.path + "/Dockerfile")]
        var problems: [String] = []
        await ScanRun(roots: roots, scanner: FileScanner()).execute { problems += $0.problems }
        #expect(problems.count == 1 && problems[0].hasPrefix(folder.path + "/none: "))
        #expect(await folder.findings(in: roots) == ["Dockerfile redis:7"])
    }

    // MARK: - What is named elsewhere

    @Test(arguments: [
        (".env", "COMPOSE_FILE=stack/base:stack/over\nTAG=3\n"),
        (".env", "COMPOSE_FILE='stack\\base;stack/over'\nTAG=3\n"),
        (".env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=stack/base,stack/over\nTAG=3\n"),
        (".env.example", "COMPOSE_FILE=stack/base:stack/over\nTAG=3\n"),
    ]) func `the files that COMPOSE_FILE names are Compose files, with the project's variables and builds`(
        name: String, text: String
    ) async throws {
        let folder = try Folder([
            name: text, "stack/base": "services: {a: {image: 'alpine:${TAG}'}, b: {image: 'x.example/b:1'}}\n",
            "stack/over": "services: {b: {build: ..}, c: {image: 'redis:${PORT_TAG:-7}'}}\n",
            "Dockerfile": "FROM busybox:1\n",
        ])
        #expect(
            await folder.pulled().sorted() == ["Dockerfile busybox:1", "stack/base alpine:3", "stack/over redis:7"])
    }

    @Test(arguments: [
        ("a.sh", "export COMPOSE_FILE=stack/base\ndocker compose up\n"),
        ("Makefile", "export COMPOSE_FILE = stack/base\n"),
        (
            ".github/workflows/a.yml",
            "env: {COMPOSE_FILE: stack/base}\njobs: {a: {steps: [{run: docker compose up}]}}\n"
        ),
        (".gitlab-ci.yml", "variables: {COMPOSE_FILE: stack/base}\na: {script: docker compose up}\n"),
        ("a.ps1", "$env:COMPOSE_FILE = 'stack/base'\n"), ("b.sh", "docker compose -f stack/base up\n"),
    ]) func `texts and pipelines name Compose files by the same variable, and by an option`(
        name: String, text: String
    ) async throws {
        let folder = try Folder([
            name: text, "stack/base": "services: {a: {image: 'alpine:${TAG}'}}\n", ".env": "TAG=3\n",
        ])
        #expect(await folder.findings() == ["stack/base alpine:3"])
    }

    @Test(arguments: [
        ("docker compose --env-file prod.env up", ["compose.yaml alpine:${TAG}", "compose.yaml alpine:2"]),
        ("docker-compose --env-file=conf/a.env --env-file conf/b.env -f stack/base up -d", ["stack/base alpine:5"]),
        ("docker compose --env-file none.env up", ["compose.yaml alpine:${TAG}"]),
    ]) func `a file that a command names holds the variables of Compose files, instead of .env`(
        command: String, expected: [String]
    ) async throws {
        let service = "services: {a: {image: 'alpine:${TAG}'}}\n"
        let folder = try Folder([
            "run.sh": command + "\n", (command.contains("base") ? "stack/base" : "compose.yaml"): service,
            "prod.env": "TAG=2\n", "conf/a.env": "TAG=4\n", "conf/b.env": "TAG=5\n",
        ])
        #expect(await folder.findings() == expected)
    }

    private static let release = """
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: r}
        spec:
          valuesFrom: [{kind: ConfigMap, name: settings, valuesKey: app.yaml}, {kind: Secret, name: keys, valuesKey: x}]

        """

    @Test func `what a release takes from a key of a ConfigMap or a Secret are a chart's values`() async throws {
        let values = "images: {app: 'quay.io/acme/app:2'}"
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  app.yaml: |-\n    \(values)\n"
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData:\n  x: |\n    \(values)\n"
        let folder = try Folder([
            "a/release.yaml": Self.release, "b/map.yaml": map, "b/secret.yaml": secret,
            "b/other.yaml": map.replacing("settings", with: "others"), "c/all.yaml": map + "---\n" + Self.release,
        ])
        #expect(
            await folder.findings().sorted()
                == ["b/map.yaml", "b/secret.yaml", "c/all.yaml"].map { $0 + " quay.io/acme/app:2" })
    }

    @Test(arguments: ["app.yaml=settings.txt", "settings/app.yaml"])
    func `a file from which a generator makes such a key holds a chart's values`(item: String) async throws {
        let path = item.split(separator: "=").last.map(String.init) ?? item
        let folder = try Folder([
            "release.yaml": Self.release, path: "app:\n  sidecarImage: quay.io/acme/app:2\n",
            "kustomization.yaml":
                "resources: [release.yaml]\nconfigMapGenerator: [{name: settings, files: [\(item)]}]\n",
            "other/kustomization.yaml": "configMapGenerator: [{name: others, files: [app.yaml=x.txt]}]\n",
            "other/x.txt": "image: {repository: quay.io/acme/other, tag: '2'}\n",
        ])
        #expect(await folder.findings() == [path + " quay.io/acme/app:2"])
    }
}
