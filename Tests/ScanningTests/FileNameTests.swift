// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Files that are copied or filled in before they are used.
@Suite struct FileNameTests {
    @Test(arguments: [
        ("docker-compose.yml.example", FileKind.compose), ("deployment.yaml.template", .yaml), ("a.yaml.in", .yaml),
        ("a.json.dist", .json), ("app.env.example", .text(.dotenv)), ("env.example", .text(.dotenv)),
        ("d/env.sample", .text(.dotenv)), ("env.template", .template(.dotenv)), ("run.sh.in", .template(.shell)),
        ("run.sh.sample", .text(.shell)), ("a.service.in", .template(.systemd)), ("Makefile.in", .text(.makefile)),
        ("Dockerfile.template", .dockerfile), (".env.example", .text(.dotenv)), ("main.tf.example", .text(.terraform)),
        (".gitlab-ci.yml.dist", .pipeline(.gitlabCI)), ("values.yaml.templ", .helmValues),
    ])
    func `are what their names say without the last part`(path: String, kind: FileKind) {
        #expect(FileKind(path: path) == kind)
    }

    @Test(arguments: [
        "page.html.tmpl", "main.go.in", "config.h.in", "README.md.example", "pre-commit.sample", "x.exe.manifest",
        "env", "a.txt", "phpunit.xml.dist", "a.tpl", "a.j2", "Doxyfile.in",
    ])
    func `are nothing where the rest says nothing`(path: String) {
        #expect(FileKind(path: path) == nil)
    }

    @Test(arguments: ["a.tmpl", "deploy/a.template", "a.manifest"])
    func `are read for resources where nothing else is in the name`(path: String) {
        let text = pod("\"quay.io/a/b:{{ .Tag }}\"") + "  - image: quay.io/a/c:1\n"
        #expect(references(text, as: path) == ["?.Tag", "quay.io/a/c:1"])
        for other in ["<p>{{ image }}\n", "image: quay.io/a/c:1\n", "> kind: Pod\n> apiVersion: v1\n> image: a:1\n"] {
            let result = scanned(other, as: path)
            #expect(result.findings.isEmpty && result.problems.isEmpty)
        }
    }
}
