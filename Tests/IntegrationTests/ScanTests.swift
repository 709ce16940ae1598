// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The command as a user runs it.
@Suite struct ScanTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func tree(_ files: [String: String]) throws {
        for (name, text) in files {
            let folder = URL(filePath: "\(scratch.path)/\(name)").deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            _ = try scratch.write(name, text)
        }
    }

    @Test func `the guide's files give the guide's lines, without the registries it leaves out`() async throws {
        try tree([
            "code/build/baseimage/Dockerfile": "FROM debian:stretch\n",
            "code/build/jupyter/Dockerfile": "FROM jupyter/tensorflow-notebook\n",
            "code/deploy/k8s/own.yaml":
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: eu.gcr.io/p/own:1\n",
            "code/deploy/k8s/master.yaml":
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: kubernetes/redis:v1\n",
        ])
        let run = try await Tool.transship("scan", scratch.path, "--exclude", "docker.pkg.dev", "--exclude", "gcr.io")
        #expect(run.status == 0, "\(run)")
        #expect(
            run.lines.map { $0.dropFirst(scratch.path.count) } == [
                "/code/build/baseimage/Dockerfile:1:FROM debian:stretch",
                "/code/build/jupyter/Dockerfile:1:FROM jupyter/tensorflow-notebook",
                "/code/deploy/k8s/master.yaml:5:- image: kubernetes/redis:v1",
            ])
    }

    @Test func `asks kubectl for a cluster's workloads, in the context given`() async throws {
        let hex = String(repeating: "ab", count: 32)
        try await scratch.writeProgram(
            "kubectl",
            """
            [ "$1 $2 $3" = "--context prod get" ] || { echo "no such context" >&2; exit 3; }
            echo '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod",'
            echo '"metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[{"name":"c","image":"nginx:1"}]},'
            echo '"status":{"containerStatuses":[{"name":"c","image":"docker.io/library/nginx:1","imageID":"nginx@sha256:\(hex)"}]}}]}'
            """)
        let path = ["PATH": scratch.path + ":/usr/bin:/bin"]
        let found = try await Tool.transship(
            "scan", "--cluster", "--context", "prod", "--format", "json", environment: path)
        #expect(
            found.output.contains(
                #""owner":{"namespace":"shop","kind":"Pod","name":"web"},"running":"sha256:\#(hex)""#), "\(found)")
        let list = try await Tool.transship(
            "scan", "--cluster", "--context", "prod", "--format", "list", "--pin", environment: path)
        #expect(list.lines == ["nginx:1@sha256:\(hex)"], "\(list)")
        let refused = try await Tool.transship("scan", "--cluster", environment: path)
        #expect(refused.status == 2 && refused.errors.contains("no such context"), "\(refused)")
    }

    @Test func `a file that another one names is named like those that were met`() async throws {
        try tree([
            "base/kustomization.yaml": "resources: [widget.yaml]\n",
            "base/widget.yaml": "apiVersion: x.example/v1\nkind: Widget\nspec: {worker: {img: \"quay.io/w/w:1\"}}\n",
            "over/kustomization.yaml": "resources: [../base]\nconfigurations: [images.yaml]\n",
            "over/images.yaml": "images:\n- {path: spec/worker/img, kind: Widget}\n",
        ])
        let run = try await Tool.run(
            "sh",
            ["-c", #"cd "$0" && exec "$1" scan ."#, scratch.path, Tool.products.appending(path: "transship").path])
        #expect(run.lines == [#"./base/widget.yaml:3:spec: {worker: {img: "quay.io/w/w:1"}}"#], "\(run)")
    }

    @Test func `follows what files name: Dockerfiles of other names, bases elsewhere, kinds a kustomization explains`()
        async throws
    {
        try tree([
            "app/compose.yaml": "services: {a: {build: {context: ., dockerfile: prod.df, args: {V: '2'}}}}\n",
            "app/prod.df": "ARG V=1\nFROM alpine:$V\n",
            "overlay/kustomization.yaml": "resources: [../base, widget.yaml]\nconfigurations: [kinds.yaml]\n",
            "overlay/kinds.yaml": "images:\n- {path: spec/img, kind: Widget}\n",
            "overlay/widget.yaml": "apiVersion: x.io/v1\nkind: Widget\nspec: {img: quay.io/w/x:1}\n",
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: redis:7}]}\n",
        ])
        let app = try await Tool.transship("scan", scratch.path + "/app", "--format", "list")
        #expect(app.lines == ["alpine:2"], "\(app)")
        let overlay = try await Tool.transship("scan", scratch.path + "/overlay", "--format", "list")
        #expect(Set(overlay.lines) == ["redis:7", "quay.io/w/x:1"], "\(overlay)")
    }

    @Test func `what cannot be read is named, and counts only when asked to`() async throws {
        try tree(["a.yaml": "image: x\nspec: [\n", "Dockerfile": "FROM alpine\n"])
        let lenient = try await Tool.transship("scan", scratch.path, "--format", "list")
        #expect(
            lenient.status == 0 && lenient.errors.contains("a.yaml:2:7: not YAML: a bracket is not closed"),
            "\(lenient)")
        let strict = try await Tool.transship("scan", scratch.path, "--format", "list", "--strict")
        #expect(strict.status == 1 && strict.lines == ["alpine"], "\(strict)")
        let missing = try await Tool.transship("scan", scratch.path + "/none")
        #expect(missing.status == 2, "\(missing)")
    }

    @Test func `reads standard input as what it is`() async throws {
        let docker = try await Tool.transship("scan", "-", "--format", "list", input: "ARG V=3\nFROM alpine:$V\n")
        #expect(docker.lines == ["alpine:3"], "\(docker)")
        let chart = try await Tool.transship(
            "scan", "-", input: "---\n# Source: a\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a:1\n")
        #expect(chart.lines == ["-:7:- image: a:1"], "\(chart)")
    }

    // MARK: - What is not pulled, and what was not seen

    private static func pod(_ image: String) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: \"\(image)\"}]}\n"
    }

    @Test func `what is built here is marked in JSON, and in no list, no text and no rewriting`() async throws {
        try tree([
            "k8s/pod.yaml": Self.pod("front"), "k8s/cache.yaml": Self.pod("redis:7"),
            "skaffold.yaml":
                "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: front}]}\n",
        ])
        let json = try await Tool.transship("scan", scratch.path, "--format", "json")
        #expect(json.lines.count == 2 && json.lines.filter { $0.hasSuffix("\"built\":true}") }.count == 1, "\(json)")
        for format in ["text", "list"] {
            let run = try await Tool.transship("scan", scratch.path, "--format", format)
            #expect(run.lines.count == 1 && run.lines[0].contains("redis:7"), "\(run)")
            #expect(run.errors.contains("1 reference; besides: 1 built here"), "\(run)")
        }
        let rewritten = try await Tool.transship("rewrite", scratch.path, "--to", "r.example/m")
        #expect(!rewritten.output.contains("front") && rewritten.output.contains("r.example/m/redis:7"), "\(rewritten)")
    }

    @Test func `the last line counts what was not seen, and strict ends with 1 for it`() async throws {
        try tree(["Dockerfile": "ARG V\nFROM a:$V\nFROM b:1\n", "x.yaml": "image: [\n"])
        let run = try await Tool.transship("scan", scratch.path)
        #expect(
            run.errors.split(separator: "\n").last
                == "1 reference; besides: 1 unreadable, 1 open; --format json names the variables", "\(run)")
        #expect(run.status == 0)
        try FileManager.default.removeItem(atPath: scratch.path + "/x.yaml")
        #expect(try await Tool.transship("scan", scratch.path, "--strict").status == 1)
        #expect(try await Tool.transship("scan", scratch.path, "--strict", "--allow-open").status == 0)
    }

    @Test func `check passes only where all images are known to be on the registries expected`() async throws {
        try tree(["a.yaml": Self.pod("eu.gcr.io/a/b:1"), "b.yaml": Self.pod("redis:7")])
        func check(_ path: String, _ more: String...) async throws -> Finished {
            try await Tool.run(
                Tool.products.appending(path: "transship").path,
                ["scan", scratch.path + path, "--check", "--expect-registry", "gcr.io"] + more)
        }
        let all = try await check("")
        #expect(all.status == 1 && all.lines.count == 1 && all.lines[0].contains("redis:7"), "\(all)")
        #expect(try await check("", "--format", "list").lines == ["redis:7"])
        #expect(try await check("/a.yaml").status == 0)
        try tree(["open.yaml": Self.pod("$(IMAGE)"), "none.yaml": "a: b\n"])
        #expect(try await check("/open.yaml").status == 1)
        #expect(try await check("/open.yaml", "--allow-open").status == 0)
        #expect(try await check("/none.yaml").status == 1)
        #expect(try await check("/none.yaml", "--allow-empty").status == 0)
        let github = try await check("", "--format", "github")
        #expect(github.output.contains("b.yaml,line=4,col=30,title="), "\(github)")
        #expect(github.output.contains("::uses the image docker.io/library/redis:7"), "\(github)")
        let junit = try await check("", "--format", "junit")
        #expect(junit.output.contains("tests=\"3\" failures=\"2\" errors=\"0\""), "\(junit)")
    }

    @Test func `a document that is one line of JSON is shown as the resource`() async throws {
        let pod =
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"},"spec":{"containers":["#
            + #"{"name":"a","image":"nginx:1"},{"name":"b","image":"redis:7"}]}}"#
        let run = try await Tool.transship("scan", "-", input: pod + "\n")
        #expect(run.lines == ["-:1:Pod shop/web: nginx:1", "-:1:Pod shop/web: redis:7"], "\(run)")
    }

    @Test func `parts of Compose files and pipelines are read with what those say of them`() async throws {
        try tree([
            "compose.yaml":
                "include: [{path: [part/a.yaml], env_file: part/vars}]\n"
                + "services: {b: {extends: {file: part/b.yaml, service: s}}}\n",
            ".env": "TOP=2\n", "part/vars": "V=5\n", "part/a.yaml": "services: {a: {image: \"inc/a:$V\"}}\n",
            "part/b.yaml": "services: {s: {image: \"inc/b:$TOP\"}}\n",
            ".circleci/config.yml":
                "setup: true\njobs: {j: {docker: [{image: \"cimg/base:1\"}],"
                + " steps: [{continuation/continue: {configuration_path: ci/more.yml}}]}}\n",
            "ci/more.yml": "jobs: {k: {docker: [{image: \"cimg/more:1\"}]}}\n",
            ".gitlab-ci.yml": "include: [{local: 'ci/*.gitlab.yml'}]\n", "ci/a.gitlab.yml": "x: {image: \"lab/a:1\"}\n",
        ])
        let run = try await Tool.transship("scan", scratch.path, "--format", "list")
        #expect(Set(run.lines) == ["inc/a:5", "inc/b:2", "cimg/base:1", "cimg/more:1", "lab/a:1"], "\(run)")
        #expect(!run.errors.contains("open"), "\(run)")
    }

    @Test func `what decides an image elsewhere is named`() async throws {
        try tree([
            "compose.yaml":
                "services: {a: {image: \"${HUB}/x/y:1\"}, b: {build: {context: app, args: {BASE: \"c\"}}}}\n",
            ".env": "HUB=quay.io\n", "app/Dockerfile": "ARG BASE\nFROM $BASE\n",
        ])
        let run = try await Tool.transship("rewrite", scratch.path, "--to", "r.example/m")
        #expect(
            run.errors.contains("no bytes of this file alone decide the image's name: it is made of HUB (.env)"),
            "\(run)")
        #expect(run.errors.contains("it is made of BASE (\(scratch.path)/compose.yaml)"), "\(run)")
    }

    @Test func `a chart's values decide what its templates take from them, and are found where they stand`()
        async throws
    {
        let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
        try tree([
            "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: \"2.5\"\n",
            "shop/values.yaml":
                "web: {repository: quay.io/acme/web, tag: \"3\"}\nworker: ghcr.io/acme/worker:9\n"
                + "late: {image: {repository: acme/late, tag: \"\"}}\nhub: docker.io/acme\n",
            "shop/templates/_helpers.tpl":
                "{{- define \"web\" -}}{{ .Values.web.repository }}:{{ .Values.web.tag }}{{- end -}}\n",
            "shop/templates/pods/pod.yaml": pod + "  - image: {{ include \"web\" . }}\n"
                + "  - image: {{ .Values.worker | quote }}\n"
                + "  - image: \"{{ .Values.late.image.repository }}:{{ .Values.late.image.tag | default .Chart.AppVersion }}\"\n"
                + "  - image: {{ .Values.hub }}/cron:{{ .Chart.Version }}\n  - image: {{ .Values.none }}\n",
        ])
        let run = try await Tool.transship("scan", scratch.path, "--format", "list")
        #expect(
            Set(run.lines) == [
                "quay.io/acme/web:3", "ghcr.io/acme/worker:9", "acme/late:2.5", "docker.io/acme/cron:1.0.0",
            ], "\(run)")
        #expect(run.errors.contains("4 references; besides: 1 open"), "\(run)")
        let rewritten = try await Tool.transship("rewrite", scratch.path, "--to", "r.example/m", "--write")
        let values = try String(contentsOfFile: "\(scratch.path)/shop/values.yaml", encoding: .utf8)
        #expect(values.contains("worker: r.example/m/ghcr.io/acme/worker:9"), "\(rewritten) \(values)")
        #expect(
            values.contains("web: {repository: r.example/m/quay.io/acme/web, tag: \"3\"}"), "\(rewritten) \(values)")
    }

    /// Charts of Istio's kind take an image with a slash as it is, and put the hub before any other.
    @Test(arguments: [
        ("agent", "registry.example/release/agent:1.2"), ("quay.io/acme/agent:3", "quay.io/acme/agent:3"),
    ])
    func `of branches that the form of a value decides only the taken one counts`(image: String, found: String)
        async throws
    {
        try tree([
            "mesh/Chart.yaml": "apiVersion: v2\nname: mesh\nversion: 1.0.0\n",
            "mesh/values.yaml": "hub: registry.example/release\ntag: \"1.2\"\nimage: \(image)\n",
            "mesh/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n"
                + "{{- if contains \"/\" .Values.image }}\n    image: \"{{ .Values.image }}\"\n{{- else }}\n"
                + "    image: \"{{ .Values.hub }}/{{ .Values.image }}:{{ .Values.tag }}\"\n{{- end }}\n",
        ])
        let run = try await Tool.transship("scan", scratch.path, "--format", "list")
        #expect(run.lines == [found], "\(run)")
    }

    @Test func `a Terraform module is given values by its files and by whoever calls it`() async throws {
        try tree([
            "main.tf":
                "module \"api\" {\n  source = \"./api\"\n  container = \"ghcr.io/acme/api:5\"\n  tag = var.tag\n}\n",
            "variables.tf": "variable \"tag\" { default = \"1\" }\n", "prod.tfvars": "tag = \"2\"\n",
            "api/variables.tf": "variable \"container\" {}\nvariable \"tag\" {}\nlocals { hub = \"quay.io/acme\" }\n",
            "api/main.tf":
                "resource \"docker_container\" \"a\" { image = var.container }\n"
                + "resource \"docker_container\" \"b\" { image = \"${local.hub}/side:${var.tag}\" }\n",
        ])
        let run = try await Tool.transship("scan", scratch.path, "--format", "list")
        #expect(Set(run.lines) == ["ghcr.io/acme/api:5", "quay.io/acme/side:1", "quay.io/acme/side:2"], "\(run)")
        #expect(!run.errors.contains("open"), "\(run)")
        _ = try await Tool.transship("rewrite", scratch.path, "--to", "r.example/m", "--write")
        let main = try String(contentsOfFile: "\(scratch.path)/main.tf", encoding: .utf8)
        #expect(main.contains("container = \"r.example/m/ghcr.io/acme/api:5\""), "\(main)")
    }
}
