// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Images with which a file also compares something.
@Suite struct ComparedTextsTests {
    private func advice(_ text: String, as file: String) -> [String?] {
        var result = scanned(text, as: file)
        result.keepCompared(in: Array(text.utf8))
        return result.findings.map(\.advice)
    }

    @Test(arguments: [
        ("a.sh", "X=nginx:1\nif [ \"$X\" = \"nginx:1\" ]; then true; fi\ndocker pull $X\n", 2),
        ("a.sh", "X=nginx:1\ncase $X in\n  redis:7|nginx:1) true ;;\nesac\ndocker pull $X\n", 3),
        ("Makefile", "X = nginx:1\nifeq ($(X),nginx:1)\nY = 1\nendif\na:\n\tdocker pull $(X)\n", 2),
        ("Makefile", "X = nginx:1\nY = $(filter nginx:1,$(X))\na:\n\tdocker pull $(X)\n", 2),
        ("a.ps1", "$x = 'nginx:1'\nif ($x -eq 'nginx:1') { exit }\ndocker pull $x\n", 2),
        ("a.ps1", "$x = 'nginx:1'\nswitch ($x) {\n  'nginx:1' { exit }\n}\ndocker pull $x\n", 3),
        ("a.ps1", "param([ValidateSet('nginx:1', 'nginx:2')][string]$x = 'nginx:1')\ndocker pull $x\n", 1),
        (
            "a.bicep",
            "@allowed([\n  'nginx:1'\n])\nparam image string = 'nginx:1'\nresource c 'x' = { image: image }\n", 2
        ),
        (
            "azure-pipelines.yml",
            "variables: {x: nginx:1}\nsteps:\n- {script: docker run $(x), condition: \"eq(variables.x, 'nginx:1')\"}\n",
            3
        ),
    ])
    func `an image stays if the file compares something with it`(file: String, text: String, line: Int) {
        #expect(advice(text, as: file) == ["line \(line) compares something with this text: change both"])
    }

    @Test(arguments: [
        ("a.sh", "X=ubuntu:22.04\ncase $X in\n  ubuntu:*) true ;;\nesac\ndocker pull $X\n", 3),
        ("a.sh", "IMAGE=ubuntu:22.04\n[[ $IMAGE == ubuntu* ]] && true\ndocker pull $IMAGE\n", 2),
        ("a.sh", "I=ubuntu:22.04\ncase $I in debian:*) x ;; ubuntu:*) y ;; esac\ndocker pull $I\n", 2),
        ("a.sh", "IMAGE=ubuntu:22.04\n[ \"${IMAGE%%:*}\" = ubuntu ] && true\ndocker pull $IMAGE\n", 2),
        ("Dockerfile", "ARG BASE=debian:12\nFROM $BASE\nRUN case \"$BASE\" in debian:*) x ;; esac\n", 3),
        (
            "Jenkinsfile",
            "def img = 'a/b:1'\nnode {\n  if (img.startsWith('a/')) { x }\n  docker.image(img).inside { x }\n}\n", 3
        ),
        ("a.sh", "IMAGE=ubuntu:22.04\n[[ $IMAGE =~ ^ubuntu ]] && true\ndocker pull $IMAGE\n", 2),
        ("Makefile", "IMAGE = ubuntu:1\nX = $(filter ubuntu%,$(IMAGE))\na:\n\tdocker pull $(IMAGE)\n", 2),
    ])
    func `an image stays if the file compares the beginning of something with it`(
        file: String, text: String, line: Int
    ) {
        #expect(advice(text, as: file) == ["line \(line) compares something with this text: change both"])
    }

    @Test(arguments: [
        ("a.sh", "X=nginx:1\nif [ \"$Y\" = \"nginx:2\" ]; then true; fi\ndocker pull $X\n"),
        ("a.sh", "X=nginx:1\n# case nginx:1\necho nginx:1\ndocker pull $X\n"),
        ("a.sh", "X=nginx\n[ \"$Y\" = nginx ] && true\ndocker pull $X\n"),
        ("a.sh", "[ \"$X\" = \"\" ] && X=nginx:1\ndocker pull $X\n"),
        ("a.sh", "X=nginx:1\nif [ \"$(docker images -q nginx:1)\" = \"\" ]; then docker pull nginx:1; fi\n"),
        ("a.sh", "echo '{\"base\": \"node:20\"}'\ndocker run node:20\n"),
        ("a.sh", "case $1 in\n  redis*) docker run redis:7 ;;\nesac\n"),
        ("Makefile", "ifeq ($(shell docker images -q nginx:1),)\nendif\na:\n\tdocker pull nginx:1\n"),
        (".gitlab-ci.yml", "a:\n  variables: {FOO: \"ruby:3.2\"}\n  image: ruby:3.2\n  script: [x]\n"),
        ("compose.yaml", "services:\n  a:\n    labels: {base: \"redis:7\"}\n    image: redis:7\n"),
        ("main.tf", "locals { x = \"a/b:1\" }\nresource \"docker_container\" \"a\" {\n  image = \"a/b:1\"\n}\n"),
        ("a.sh", "f nginx:1)\nX=nginx:1\ndocker pull $X\n"),
        ("a.py", "x = f('redis:7')\n" + "import testcontainers\nGenericContainer('redis:7')\n"),
        ("Makefile", "X = nginx:1\nifeq ($(Y),)\na:\n\tdocker pull $(X)\nendif\n"),
    ])
    func `an image changes if the file compares with something else`(file: String, text: String) {
        #expect(!advice(text, as: file).isEmpty && advice(text, as: file).allSatisfy { $0 == nil })
    }
}
