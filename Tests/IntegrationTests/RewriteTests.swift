// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The command as a user runs it.
@Suite struct RewriteTests {
    let scratch: Scratch

    private static let files = [
        "code/build/Dockerfile": "ARG V=stretch\r\nFROM debian:${V}\r\nFROM quay.io/a/b:1 AS b",
        "code/a name/pod.yaml":
            "# keep\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: 'redis:7' # why\n  - image: eu.gcr.io/p/o:1\n",
        "chart/values.yaml": "image:\n    registry: docker.io\n    repository: bitnami/redis\n    tag: \"7\"\n",
        "k/kustomization.yaml": "images:\n- name: nginx\n  newTag: '2'\n",
        "plain.txt": "debian:stretch\n",
    ]

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures").path

    init() throws { scratch = try Scratch() }

    private func tree(_ folder: String, _ files: [String: String] = Self.files) throws -> String {
        for (name, text) in files {
            let parent = URL(filePath: "\(scratch.path)/\(folder)/\(name)").deletingLastPathComponent()
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            _ = try scratch.write("\(folder)/\(name)", text)
        }
        return "\(scratch.path)/\(folder)"
    }

    private func contents(_ folder: String, _ names: some Sequence<String> = Self.files.keys) throws -> [String: String]
    {
        try Dictionary(uniqueKeysWithValues: names.map { ($0, try scratch.read("\(folder)/\($0)")) })
    }

    /// Runs transship in a folder, as patches are made from where one stands.
    private func run(in folder: String, _ arguments: [String]) async throws -> Finished {
        let program = Tool.products.appending(path: "transship").path
        return try await Tool.run("sh", ["-c", #"cd "$0" && exec "$@""#, folder, program, "rewrite"] + arguments)
    }

    @Test func `a caller that says what the file says changes together with it`() async throws {
        let folder = try tree(
            "caller",
            [
                "compose.yaml": "services: {s: {build: {context: ., args: {BASE_IMAGE: \"debian:12\"}}}}\n",
                "Dockerfile": "ARG BASE_IMAGE=debian:12\nFROM ${BASE_IMAGE}\n",
            ])
        let finished = try await run(in: folder, [".", "--to", "registry.example/m", "--write"])
        #expect(!finished.errors.contains("BASE_IMAGE"), "\(finished)")
        for text in try contents("caller", ["compose.yaml", "Dockerfile"]).values {
            #expect(text.contains("registry.example/m/debian:12"), "\(text)")
        }
    }

    /// A chart with one pod for each image.
    private func chart(_ folder: String, _ values: String, _ images: [String], _ more: [String: String] = [:]) throws
        -> String
    {
        var files = more
        files["Chart.yaml"] = "apiVersion: v2\nname: a\nversion: 1.0.0\nappVersion: \"9\"\n"
        files["values.yaml"] = values
        for (number, image) in images.enumerated() {
            files["templates/pods/\(number).yaml"] =
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: \"\(image)\"\n"
        }
        return try tree(folder, files)
    }

    @Test(arguments: [
        ("registry: quay.io\n", ["{{ .Values.registry }}/acme/app:1"], "registry: registry.example/m/quay.io\n"),
        (
            "hub: quay.io/acme/\n", ["{{ .Values.hub }}app:1", "{{ .Values.hub }}b:{{ .Chart.AppVersion }}"],
            "hub: registry.example/m/quay.io/acme/\n"
        ),
        (
            "at: quay.io\nteam: acme\nimage: {name: app}\n",
            ["{{ printf \"%s/%s/%s\" .Values.at .Values.team .Values.image.name }}:1"],
            "at: registry.example/m/quay.io\nteam: acme\nimage: {name: app}\n"
        ),
    ]) func `a value that a chart's templates put in front of names says where the copies are`(
        values: String, images: [String], after: String
    ) async throws {
        let folder = try chart("front", values, images)
        let run = try await run(in: folder, [".", "--to", "registry.example/m", "--write"])
        #expect(run.errors == "1 file changed\n" && run.status == 0, "\(run)")
        #expect(try scratch.read("front/values.yaml") == after)
        let again = try await self.run(in: folder, [".", "--to", "registry.example/m", "--write"])
        #expect(again.errors == "0 files changed\n", "\(again)")
    }

    @Test func `a value in front of names stays where something else is made of it, and the reason is told`()
        async throws
    {
        let values = "registry: quay.io\n"
        let app = "{{ .Values.registry }}/acme/app:1"
        let login = ["templates/login.yaml": "kind: Secret\nstringData:\n  server: {{ .Values.registry | quote }}\n"]
        let secret = try await run(
            in: try chart("secret", values, [app], login), [".", "--to", "registry.example/m", "--write"])
        #expect(secret.errors.contains("registry (templates use it for something else, too)"), "\(secret)")
        let open = [app, "{{ .Values.registry }}/{{ .Release.Name }}:1"]
        let unread = try await run(
            in: try chart("unread", values, open), [".", "--to", "registry.example/m", "--write"])
        #expect(
            unread.errors.contains("registry ({{ .Values.registry }}/{{ .Release.Name }}:1 uses it, too)"), "\(unread)")
        for name in ["secret", "unread"] { #expect(try scratch.read("\(name)/values.yaml") == values) }
        let question = ["templates/x.yaml": "{{- if .Values.registry }}\nkind: X\n{{- end }}\n"]
        _ = try await run(
            in: try chart("question", values, [app], question), [".", "--to", "registry.example/m", "--write"])
        #expect(try scratch.read("question/values.yaml") == "registry: registry.example/m/quay.io\n")
    }

    @Test func `the patch gives what --write gives, and --undo every byte back`() async throws {
        let (patched, written) = (try tree("patched"), try tree("written"))
        let target = ["--to", "registry.example/m", "--exclude", "gcr.io"]
        let patch = try await run(in: patched, ["."] + target)
        #expect(patch.status == 0 && patch.errors == "", "\(patch)")
        #expect(try contents("patched") == Self.files)
        let applied = try await Tool.run("git", ["-C", patched, "apply", "-"], input: patch.output)
        #expect(applied.status == 0, "\(applied)\n\(patch)")

        let undo = "\(scratch.path)/back.patch"
        let changed = try await run(in: written, [".", "--write", "--undo", undo] + target)
        #expect(changed.status == 0, "\(changed)")
        let expected = Self.files.mapValues {
            $0.replacing("debian:$", with: "registry.example/m/debian:$")
                .replacing("quay.io/", with: "registry.example/m/quay.io/")
                .replacing("'redis:", with: "'registry.example/m/redis:")
                .replacing("registry: docker.io", with: "registry: registry.example")
                .replacing("repository: ", with: "repository: m/docker.io/")
                .replacing("name: nginx\n", with: "name: nginx\n  newName: registry.example/m/nginx\n")
        }
        #expect(try contents("patched") == expected)
        #expect(try contents("written") == expected)

        let again = try await run(in: written, [".", "--write", "--undo", undo] + target)
        #expect(again.status == 0 && again.errors == "0 files changed\n", "\(again)")
        let back = try await Tool.run("git", ["-C", written, "apply", undo])
        #expect(back.status == 0, "\(back)")
        #expect(try contents("written") == Self.files)
    }

    @Test func `--check fails as long as something would change, and changes nothing`() async throws {
        let folder = try tree("tree")
        let target = ["--to", "registry.example/m"]
        let before = try await run(in: folder, [".", "--check"] + target)
        #expect(before.status == 1 && before.errors.contains("would change: code/build/Dockerfile"), "\(before)")
        #expect(before.output == "")
        #expect(try contents("tree") == Self.files)
        _ = try await run(in: folder, [".", "--write"] + target)
        let after = try await run(in: folder, [".", "--check"] + target)
        #expect(after.status == 0, "\(after)")
    }

    @Test func `--check does not pass what it could not judge`() async throws {
        func check(_ name: String, _ files: [String: String], _ options: String...) async throws -> Finished {
            try await run(in: try tree(name, files), [".", "--check", "--to", "registry.example/m"] + options)
        }
        let broken = try await check(
            "broken", ["compose.yaml": "a: [b\n", "Dockerfile": "FROM registry.example/m/a:1\n"])
        #expect(broken.status == 1 && broken.errors.contains("error: not proven: 1 unreadable\n"), "\(broken)")
        let open = ["Dockerfile": "ARG BASE\nFROM $BASE\n"]
        let unknown = try await check("open", open)
        #expect(unknown.status == 1 && unknown.errors.contains("error: not proven: 1 open\n"), "\(unknown)")
        #expect(try await check("known", open, "--allow-open").status == 0)
        let empty = try await check("empty", ["notes.txt": "nothing\n"])
        #expect(empty.status == 1 && empty.errors.contains("nothing is proven"), "\(empty)")
        #expect(try await check("none", ["notes.txt": "nothing\n"], "--allow-empty").status == 0)
    }

    @Test func `of a report only what arrived is named, with its digest where that is wanted`() async throws {
        let folder = try tree("tree", ["Dockerfile": "FROM debian:9\nFROM alpine:3\nFROM busybox\n"])
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let items = [("debian:9", "copied"), ("alpine:3", "failed"), ("busybox", "unchanged")].map {
            #"{"status":"\#($1)","source":"\#($0)","target":"r.example/m/\#($0)","digest":"\#(digest)"}"#
        }
        let report = try scratch.write(
            "run.json", #"{"format":"transship-report-1","items":[\#(items.joined(separator: ","))]}"#)
        let run = try await run(in: folder, [".", "--mapping", report, "--pin", "--write"])
        #expect(run.status == 0, "\(run)")
        #expect(
            try scratch.read("tree/Dockerfile")
                == "FROM r.example/m/debian:9@\(digest)\nFROM alpine:3\nFROM r.example/m/busybox@\(digest)\n")
        let list = try scratch.write("list.txt", "alpine:3 r.example/other:3\n")
        let refused = try await self.run(in: folder, [".", "--mapping", list, "--pin"])
        #expect(refused.status == 2, "\(refused)")
        let listed = try await self.run(in: folder, [".", "--mapping", list])
        #expect(listed.output.contains("+FROM r.example/other:3\n"), "\(listed)")
    }

    @Test func `what cannot be changed safely is listed and stays`() async throws {
        let folder = try tree(
            "tree",
            [
                "a/Dockerfile": "ARG TAG\nFROM alpine:${TAG}\n",
                "a/kustomization.yaml": "resources: [pod.yaml, ../../outside]\nimages: [{name: nginx, newTag: '2'}]\n",
                "a/pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx:1}]}\n",
                // Leaves the tag as it is.
                "b/kustomization.yaml": "resources: [../a/pod.yaml]\n",
                // None of those that lead to this manifest looks for the name.
                "c/kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: redis, newTag: '2'}]\n",
                "c/pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx:1}]}\n",
            ])
        _ = try tree(
            "outside",
            [
                "kustomization.yaml": "resources: [pod.yaml]\n",
                "pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: redis:1}]}\n",
            ])
        let run = try await run(in: folder, [".", "--to", "r.example/m", "--write"])
        #expect(run.errors.contains("a/Dockerfile:2: alpine:${TAG}: \"TAG\" has no value here"), "\(run)")
        #expect(run.errors.contains("a/pod.yaml:3: nginx:1: a kustomization replaces the image by this name"))
        #expect(run.errors.contains("pod.yaml:3: redis:1: the file is outside of the paths given"))
        #expect(try scratch.read("tree/a/pod.yaml").contains("image: nginx:1"))
        #expect(try scratch.read("tree/c/pod.yaml").contains("image: r.example/m/nginx:1"))
        #expect(try scratch.read("outside/pod.yaml").contains("image: redis:1"))
        #expect(try scratch.read("tree/a/kustomization.yaml").contains("{name: nginx, newName: r.example/m/nginx,"))
    }

    @Test func `registries.conf leads skopeo to the copy of an image that nothing else serves`() async throws {
        let mirror = try await Peer.embedded()
        try await Tool.seed(
            mirror.address, "--set", "guide", "--scale", "0.01", "--fixtures", Self.fixtures, "--prefix", "m")
        let folder = try tree("tree", ["Dockerfile": "FROM redis:buster\nFROM jupyter/tensorflow-notebook\n"])
        let emitted = try await run(in: folder, [".", "--to", "\(mirror.address)/m", "--emit", "registries.conf"])
        #expect(emitted.status == 0 && emitted.errors == "", "\(emitted)")
        let config = try scratch.write("registries.conf", emitted.output)
        for image in ["redis:buster", "jupyter/tensorflow-notebook:latest"] {
            let digest = try await Tool.transship("digest", "\(mirror.address)/m/\(image)")
            let found = try await Tool.run(
                "skopeo", ["--registries-conf", config, "inspect", "--raw", "docker://docker.io/\(image)"])
            let sum = try await Tool.run("sha256sum", ["-"], input: found.output)
            #expect("sha256:" + sum.output.prefix(64) == digest.lines.first, "\(found)")
        }
    }

    @Test func `--emit writes a folder of files, again over its own, and never over others`() async throws {
        let folder = try tree("tree", ["Dockerfile": "FROM quay.io/a/b:1\nFROM ghcr.io/c/d:1\n"])
        let arguments = [".", "--to", "r.example/m", "--emit", "containerd-hosts"]
        let refused = try await run(in: folder, arguments)
        #expect(refused.status == 2 && refused.errors.contains("hint: name a folder: --emit-dir FOLDER"), "\(refused)")
        for _ in 0..<2 {
            let written = try await run(in: folder, arguments + ["--emit-dir", "certs.d"])
            #expect(written.status == 0, "\(written)")
        }
        #expect(
            try scratch.read("tree/certs.d/quay.io/hosts.toml").contains(#"[host."https://r.example/v2/m/quay.io"]"#))
        _ = try scratch.write("tree/certs.d/ghcr.io/hosts.toml", "server = \"https://ours.example\"\n")
        let kept = try await run(in: folder, arguments + ["--emit-dir", "certs.d"])
        #expect(kept.status == 1 && kept.errors.contains("--emit has not made it; nothing was written"), "\(kept)")
        #expect(try scratch.read("tree/certs.d/ghcr.io/hosts.toml") == "server = \"https://ours.example\"\n")
    }

    @Test func `a chart's dependencies are overridden below their aliases`() async throws {
        let folder = try tree(
            "tree",
            [
                "Chart.yaml": "name: shop\ndependencies:\n- {name: redis, alias: cache}\n",
                "values.yaml": "image: {repository: quay.io/a/shop, tag: \"1\"}\n",
                "charts/redis/Chart.yaml": "name: redis\n",
                "charts/redis/values.yaml": "image: {registry: docker.io, repository: bitnami/redis, tag: \"7\"}\n",
            ])
        let emitted = try await run(in: folder, [".", "--to", "r.example/m", "--emit", "helm-values"])
        #expect(emitted.status == 0, "\(emitted)")
        #expect(
            emitted.lines.dropFirst() == [
                "image:", #"  repository: "r.example/m/quay.io/a/shop""#, "cache:", "  image:",
                #"    registry: "r.example""#,
                #"    repository: "m/docker.io/bitnami/redis""#,
            ], "\(emitted)")
    }

    /// Else its values would stand below keys that its chart may not know.
    @Test func `a dependency whose chart cannot be read is left out of --emit helm-values, and told`() async throws {
        let folder = try tree(
            "unread",
            [
                "Chart.yaml": "name: shop\ndependencies:\n- {name: redis, alias: cache}\n\u{0}",
                "values.yaml": "image: {repository: quay.io/a/shop, tag: \"1\"}\n",
                "charts/redis/Chart.yaml": "name: redis\n",
                "charts/redis/values.yaml": "image: {registry: docker.io, repository: bitnami/redis, tag: \"7\"}\n",
            ])
        let emitted = try await run(in: folder, [".", "--to", "r.example/m", "--emit", "helm-values"])
        #expect(emitted.lines.contains { $0.contains("quay.io/a/shop") }, "\(emitted)")
        #expect(!emitted.output.contains("bitnami/redis") && !emitted.output.contains("redis:"), "\(emitted)")
        #expect(emitted.errors.contains("charts/redis/values.yaml: left out: "), "\(emitted)")
        #expect(emitted.errors.contains("Chart.yaml cannot be read: a binary file"), "\(emitted)")
    }

    @Test func `--write keeps modes and links`() async throws {
        let folder = try tree("tree", ["Dockerfile": "FROM debian:9\n"])
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: folder + "/Dockerfile")
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/Containerfile", withDestinationPath: "Dockerfile")
        let run = try await run(in: folder, [".", "Containerfile", "--to", "r.example/m", "--write"])
        #expect(run.status == 0 && run.errors == "1 file changed\n", "\(run)")
        let facts = try FileManager.default.attributesOfItem(atPath: folder + "/Dockerfile")
        #expect(facts[.posixPermissions] as? Int == 0o750)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/Containerfile") == "Dockerfile")
        #expect(try scratch.read("tree/Dockerfile") == "FROM r.example/m/debian:9\n")
    }
}
