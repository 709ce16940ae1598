// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Files and texts that other files name.
@Suite struct NamedFileTests {
    private func paths(_ text: String, as file: String) -> [String] {
        scanned(text, as: file).followUps.flatMap { [$0.path] + $0.alternatives }
    }

    @Test func `Taskfiles include others by file and by folder`() {
        let text =
            "version: '3'\nincludes:\n  a: ./tasks/A.yml\n  b: {taskfile: ./sub}\n  c: 'https://x.example/T.yml'\n"
        #expect(
            paths(text, as: "Taskfile.yml") == [
                "tasks/A.yml", "sub/Taskfile.yml", "sub/Taskfile.yaml", "sub/Taskfile.dist.yml",
                "sub/Taskfile.dist.yaml",
            ])
    }

    @Test func `makefiles include others with any name`() {
        let text = "D := lib\ninclude $(D)/lib.Makefile ../x.inc\n-include *.d /usr/share/x.mk $(UNKNOWN)\n"
        #expect(paths(text, as: "Makefile") == ["lib/lib.Makefile", "../x.inc"])
    }

    @Test func `templates of Azure are also named as files of the same repository`() {
        let text = "pool: {vmImage: x}\nsteps:\n- template: /eng/a.yml@self\n- template: b.yml@other\n"
        #expect(paths(text, as: "azure-pipelines.yml") == ["eng/a.yml"])
    }

    @Test(arguments: [
        "user_data = local.script", "user_data = base64encode(local.script)",
        "user_data = <<EOT\n#cloud-config\nruncmd: [docker pull q.io/a:1]\nEOT",
    ]) func `scripts of machines are read in local values and as cloud-init's settings`(attribute: String) {
        let script = "locals {\n  script = <<EOT\n#!/bin/sh\ndocker pull q.io/a:1\nEOT\n}\n"
        let text = "resource \"aws_instance\" \"a\" {\n  \(attribute)\n}\n"
        #expect(references(attribute.contains("local") ? script + text : text, as: "main.tf") == ["q.io/a:1"])
    }

    @Test(arguments: [
        "command: [runner.sh], args: [bash, -c, 'docker pull q.io/b:1']",
        "command: [/x/runner.sh, sh, -ec, 'docker pull q.io/b:1']",
    ]) func `shell text behind a program that is not known is read`(command: String) {
        let text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'q.io/a:1', \(command)}]}\n"
        #expect(references(text) == ["q.io/a:1", "q.io/b:1"])
    }

    @Test func `a default in an object's type is a default`() {
        let text = "variable \"x\" {\n  type = list(object({ image = optional(string, \"q.io/a:1\") }))\n}\n"
        #expect(references(text, as: "main.tf") == ["q.io/a:1"])
    }

    @Test func `comments of Jinja are no YAML`() {
        let text = "{# managed #}\napiVersion: v1\nkind: Pod\nspec:\n  {# one #}\n  containers: [{image: 'q.io/a:1'}]\n"
        #expect(references(text, as: "a.yaml.j2") == ["q.io/a:1"])
    }

    @Test func `a Compose file is one whatever follows in its name`() {
        let text = "services: {a: {image: 'q.io/a:1'}}\n"
        #expect(scanned(text, as: "docker-compose-cloudbuild.yaml").findings.map(\.kind) == [.compose])
    }
}
