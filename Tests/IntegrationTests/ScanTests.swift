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
        let kubectl = try scratch.write(
            "kubectl",
            """
            #!/bin/sh
            [ "$1 $2 $3" = "--context prod get" ] || { echo "no such context" >&2; exit 3; }
            echo '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod",'
            echo '"metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[{"name":"c","image":"nginx:1"}]},'
            echo '"status":{"containerStatuses":[{"name":"c","image":"docker.io/library/nginx:1","imageID":"nginx@sha256:\(hex)"}]}}]}'

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: kubectl)
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
}
