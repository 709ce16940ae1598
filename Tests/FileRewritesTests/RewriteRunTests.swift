// SPDX-License-Identifier: Apache-2.0

import FileRewrites
import FileScans
import Foundation
import OCI
import Rewriting
import Scanning
import Testing

/// Which files a rewriting changes, and what it says of the others.
@Suite final class RewriteRunTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "rewrite-" + UUID().uuidString).path

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(filePath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    /// Rewrites `alpine:3` to `p.example/alpine:3` in a part of the folder.
    private func outcome(of part: String = "") async throws -> (outcome: RewriteOutcome, notes: [String]) {
        let mapping = RewriteMapping(
            images: ImageMapping(pairs: [
                (try Reference(parsing: "alpine:3"), try Reference(parsing: "p.example/alpine:3"))
            ]),
            filter: RegistryFilter(excluding: []))
        let scan = ScanRun(roots: [.folder(folder + part)], scanner: FileScanner(), workers: 2)
        var notes: [String] = []
        let outcome = await RewriteRun(scan: scan, mapping: mapping) { notes.append($0) }.outcome()
        return (outcome, notes.map { $0.replacing(folder + "/", with: "") })
    }

    private func texts(_ outcome: RewriteOutcome) -> [String] {
        outcome.changes.map { String(decoding: $0.rewritten.bytes, as: UTF8.self) }
    }

    @Test func `files change where they name a copied image, and no other file does`() async throws {
        try write(["a/Dockerfile": "FROM alpine:3\n", "b/Dockerfile": "FROM alpine:4\n"])
        let (outcome, notes) = try await outcome()
        #expect(texts(outcome) == ["FROM p.example/alpine:3\n"])
        #expect(notes.isEmpty, "\(notes)")
        let old = try String(contentsOfFile: folder + "/a/Dockerfile", encoding: .utf8)
        #expect(old == "FROM alpine:3\n", "nothing is written")
    }

    @Test func `a file by several names changes once`() async throws {
        try write(["Dockerfile": "FROM alpine:3\n"])
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/Dockerfile.dev", withDestinationPath: "Dockerfile")
        let (outcome, _) = try await outcome()
        #expect(outcome.changes.count == 1)
    }

    @Test func `a file outside of what was named is told, and stays`() async throws {
        try write([
            "own/compose.yaml": "services:\n  a: {build: {context: ../other}}\n  b: {image: 'alpine:3'}\n",
            "other/Dockerfile": "FROM alpine:3\n",
        ])
        let (outcome, notes) = try await outcome(of: "/own")
        #expect(texts(outcome).count == 1 && texts(outcome)[0].contains("p.example/alpine:3"))
        #expect(notes.count == 1 && notes[0].contains("the file is outside of the paths given"), "\(notes)")
        #expect(
            outcome.objections(allowsOpen: false, allowsEmpty: false).last == "error: not proven: 1 not to be changed")
    }

    @Test func `a check objects to what would change, is open, or cannot be read`() async throws {
        try write([
            "Dockerfile": "FROM alpine:3\n", "b/Dockerfile": "ARG IMAGE\nFROM $IMAGE\n",
            "c/values.yaml": "image: [\n",
        ])
        let (outcome, notes) = try await outcome()
        let objections = outcome.objections(allowsOpen: false, allowsEmpty: false)
        #expect(objections.count == 2 && objections[0].hasPrefix("would change: "), "\(objections)")
        #expect(objections.last == "error: not proven: 1 unreadable, 1 open", "\(notes)")
        #expect(
            outcome.objections(allowsOpen: true, allowsEmpty: false).last == "error: not proven: 1 unreadable")
    }

    @Test func `names in values are told if a chart that was not read may put a registry before them`() async throws {
        let values = "image: {repository: alpine, tag: '3'}\n"
        let chart = "name: c\nversion: 1.0.0\n"
        let template =
            "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - image: '{{ .Values.image.repository }}:3'\n"
        try write([
            "alone/values.yaml": values, "host/values.yaml": "image: {repository: docker.io/alpine, tag: '3'}\n",
            "registry/values.yaml": "image: {registry: docker.io, repository: alpine, tag: '3'}\n",
            "whole/values.yaml": "image: alpine:3\n",
            "chart/Chart.yaml": chart, "chart/values.yaml": values, "chart/values-prod.yaml": values,
            "chart/templates/pod.yaml": template,
            "parent/Chart.yaml": chart, "parent/values.yaml": "child: {\(values.dropLast())}\n",
        ])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 7)
        #expect(
            notes.map { String($0.prefix { $0 != "," }) }.sorted()
                == ["alone", "parent"].map {
                    "check: \($0)/values.yaml:1: alpine: its chart was not read; if a template puts a registry before this name"
                },
            "\(notes)")
    }

    @Test func `a registry of all images of a chart that was not read is told with each name`() async throws {
        let values = "global: {imageRegistry: docker.io}\nimage: {repository: library/alpine, tag: '3'}\n"
        try write(["values-a.yaml": values, "own.yaml": "image: {registry: docker.io, repository: alpine, tag: '3'}\n"])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 2)
        #expect(notes.map { $0.contains("values-a.yaml:2: library/alpine: its chart was not read; if no") } == [true])
    }

    @Test func `an image stays whose registry for all images other values of the chart replace`() async throws {
        let template =
            "kind: Pod\napiVersion: v1\nspec:\n  containers:\n"
            + "  - image: '{{ .Values.global.registry }}/{{ .Values.image.repository }}:3'\n"
        let chart = ["Chart.yaml": "name: c\nversion: 1.0.0\n", "templates/pod.yaml": template]
        for (name, text) in chart { try write(["a/\(name)": text, "b/\(name)": text]) }
        let values = "global: {registry: docker.io}\nimage: {repository: library/alpine}\n"
        try write([
            "a/values.yaml": values, "b/values.yaml": values, "b/values-prod.yaml": "global: {registry: quay.io}\n",
        ])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 1)
        #expect(
            notes.filter { $0.contains("b/values.yaml") && $0.contains("values-prod.yaml says a part") }.count == 1,
            "\(notes)")
    }

    @Test func `values of a chart's tests are of that chart`() async throws {
        let template =
            "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - image: '{{ .Values.image.repository }}:3'\n"
        try write([
            "chart/Chart.yaml": "name: c\nversion: 1.0.0\n", "chart/templates/pod.yaml": template,
            "chart/ci/a-values.yaml": "image: {repository: alpine, tag: '3'}\n",
        ])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 1 && notes.filter { $0.hasPrefix("check:") } == [], "\(notes)")
    }

    @Test func `an empty variable before a changed name is told`() async throws {
        try write([
            "compose.yaml": "services: {a: {image: \"${REG:-}alpine:3\"}, b: {image: \"${NAME:-alpine:3}\"}}\n",
            "Dockerfile": "ARG REG=\nFROM ${REG}alpine:3\n",
        ])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 2)
        let would = "would stand before the new name"
        #expect(
            notes.sorted() == [
                "check: Dockerfile:2: ${REG}alpine:3: a value of ${REG} \(would)",
                "check: compose.yaml:1: ${REG:-}alpine:3: a value of ${REG:-} \(would)",
            ], "\(notes)")
    }

    @Test func `what one of several builds says is not told to be open`() async throws {
        try write([
            "Dockerfile": "ARG V\nFROM alpine:$V\n",
            "build.sh": "docker build --build-arg V=3 .\n",
        ])
        let (_, notes) = try await outcome()
        #expect(!notes.contains { $0.contains("has no value here") }, "\(notes)")
    }

    @Test func `an image stays where a script searches for its name`() async throws {
        let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: alpine:3}]}\n"
        try write(["k8s/a.yaml": pod, "b.yaml": pod, "run.sh": "sed -i \"s#alpine:.*#alpine:$TAG#\" k8s/a.yaml\n"])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.map(\.shownPath).count == 1 && outcome.changes[0].path.hasSuffix("/b.yaml"))
        #expect(
            notes == ["not rewritten: k8s/a.yaml:3: alpine:3: a command searches the file for the image by this name"])
    }

    @Test(arguments: [
        (".env", "X_IMAGE=alpine:3\n", "compose.yaml", "services: {a: {image: '${X_IMAGE}'}}\n"),
        ("a/build.sh", "docker build --build-arg X_IMAGE=alpine:3 .\n", "a/Dockerfile", "ARG X_IMAGE\nFROM $X_IMAGE\n"),
        (
            "v.yml", "variables: {X_IMAGE: 'alpine:3'}\n", ".gitlab-ci.yml",
            "include: [v.yml]\nj: {image: $X_IMAGE, script: [a]}\n"
        ),
    ]) func `what another file decides is told only if it stays there`(
        _ decider: String, _ value: String, _ file: String, _ text: String
    ) async throws {
        try write([decider: value, file: text])
        let (changed, notes) = try await outcome()
        #expect(changed.changes.count == 1 && notes.isEmpty, "\(notes)")
        #expect(changed.objections(allowsOpen: false, allowsEmpty: false).count == 1)
        try write([decider: value.replacing("alpine:3", with: "alpine:4")])
        try write(["other/Dockerfile": "FROM alpine:3\n"])
        #expect(try await outcome().outcome.changes.map(\.path).map { $0.suffix(16) } == ["other/Dockerfile"])
    }

    @Test func `a name that another file decides in part is told`() async throws {
        try write([".env": "X=alpine\nX_IMAGE=alpine:3\n", "compose.yaml": "services: {a: {image: '${X}:3'}}\n"])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == 1 && notes.count == 1, "\(notes)")
    }

    @Test func `a manifest stays for a kustomization whose resources are not all there, and for no other one`()
        async throws
    {
        let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: alpine:3}]}\n"
        let images = "images: [{name: alpine, newTag: '4'}]\n"
        try write([
            "a/kustomization.yaml": "resources: [d.yaml, ../c]\n" + images, "a/d.yaml": pod, "b/d.yaml": pod,
            "c/kustomization.yaml": "resources: [d.yaml]\n", "c/d.yaml": pod,
        ])
        let whole = try await outcome()
        #expect(whole.outcome.changes.map(\.path).map { $0.suffix(8) } == ["b/d.yaml"] && whole.notes.isEmpty)
        try write(["a/kustomization.yaml": "resources: [copied/d.yaml]\n" + images])
        let copied = try await outcome()
        #expect(copied.outcome.changes.isEmpty && copied.notes.count == 3, "\(copied.notes)")
    }

    @Test(arguments: [
        ("app", "alpine=alpine:3", 1), ("app", "app=alpine:3", 2), ("alpine", "alpine=alpine:3", 2),
        ("app", "$NAME=alpine:3", 1), ("app", "x=alpine:3", 2), ("app", "$X_IMAGE", 0),
    ]) func `a command still finds what a kustomization calls an image`(
        _ name: String, _ image: String, _ changed: Int
    ) async throws {
        try write([
            "a/kustomization.yaml":
                "resources: [https://x.example/b]\nimages: [{name: \(name), newName: alpine, newTag: '3'}]\n",
            "x.sh": "NAME=alpine\nX_IMAGE=alpine:3\ncd a && kustomize edit set image \(image)\n",
        ])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.count == changed, "\(notes)")
    }

    @Test(arguments: [
        ("kustomize edit set image alpine:3\n", "kustomize edit set image alpine=p.example/alpine:3\n"),
        (
            "kustomize edit set image \\\n  'alpine:3' \\\n  b:1\n",
            "kustomize edit set image \\\n  'alpine=p.example/alpine:3' \\\n  b:1\n"
        ),
        ("kustomize edit set image a=alpine:3\n", "kustomize edit set image a=p.example/alpine:3\n"),
        ("V=3\nkustomize edit set image alpine:$V\n", "V=3\nkustomize edit set image alpine=p.example/alpine:$V\n"),
    ]) func `a command that sets a version gets a new name behind the one that it looks for`(
        _ text: String, _ expected: String
    ) async throws {
        try write(["x.sh": text])
        let (outcome, notes) = try await outcome()
        #expect(texts(outcome) == [expected], "\(notes)")
    }

    @Test(arguments: [
        "I=alpine:3\nkustomize edit set image $I\n", "L=(alpine:3)\nkustomize edit set image \"${L[@]}\"\n",
        "for i in alpine:3; do kustomize edit set image $i; docker pull $i; done\n",
    ]) func `a version stays, and is told, where its name is in a variable`(_ text: String) async throws {
        try write(["x.sh": text])
        let (outcome, notes) = try await outcome()
        #expect(outcome.changes.isEmpty && notes.contains { $0.contains("a kustomization") }, "\(notes)")
    }

    @Test(arguments: [("p.yaml", true), ("p.yaml", false), ("", true), ("", false)])
    func `what a patch compares changes together with the image`(_ file: String, _ isHere: Bool) async throws {
        let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: alpine:3}]}\n"
        let patch = "[{op: test, path: /spec/containers/0/image, value: alpine:3}]\n"
        let base = isHere ? "../base" : "https://x.example/base"
        let patches = file.isEmpty ? "patches: [{patch: '\(patch.dropLast())'}]\n" : "patches: [{path: \(file)}]\n"
        try write([
            "a/kustomization.yaml": "resources: [\(base)]\n\(patches)", "b/d.yaml": pod,
            "base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": pod,
        ])
        if !file.isEmpty { try write(["a/\(file)": patch]) }
        let changed = try await outcome()
        #expect(changed.outcome.changes.count == (isHere ? 3 : 2))
        #expect(changed.notes.count == (isHere ? 0 : 1), "\(changed.notes)")
        // Another kustomization holds the name.
        let images = "resources: [../base]\nimages: [{name: alpine, newTag: '4'}]\n"
        try write(["c/kustomization.yaml": images])
        let held = try await outcome()
        #expect(held.outcome.changes.map(\.path).map { $0.suffix(8) } == ["b/d.yaml"])
    }

    @Test func `an empty folder proves nothing, unless that is allowed`() async throws {
        try write(["notes.txt": "nothing\n"])
        let (outcome, _) = try await outcome()
        #expect(
            outcome.objections(allowsOpen: false, allowsEmpty: false)
                == ["error: no references in what was read: nothing is proven"])
        #expect(outcome.objections(allowsOpen: false, allowsEmpty: true).isEmpty)
    }
}
