// SPDX-License-Identifier: Apache-2.0

import Rewriting
import Testing

/// Names whose tags a program fills in.
@Suite struct OpenTagTests {
    private let desk: Desk

    init() throws { desk = try Desk(to: "p.example/m") }

    @Test(arguments: [
        ("m.jsonnet", "{ image: 'quay.io/a/b:v' + $.versions.app }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b:' + f(x) }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b:v%s' % $.versions.app }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b:%(x)s' % self }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b:%s-%s' % [x, y] }\n"),
        ("m.jsonnet", "{ images: { a: 'quay.io/a/b:%s' % $.x } }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b', version: '1' }\n"),
        ("m.jsonnet", "local r = 'quay.io/a/b';\n{ image: r + ':' + $.v }\n"),
        ("a.py", "import testcontainers\nDockerContainer(\"quay.io/a/b:\" + v)\n"),
        ("a.py", "import testcontainers\nDockerContainer(\"quay.io/a/b:{}\".format(v))\n"),
        ("a.py", "import testcontainers\nDockerContainer(f\"quay.io/a/b:{v}\")\n"),
        ("a.ts", "import \"testcontainers\";\nnew GenericContainer(\"quay.io/a/b:v\" + f(v));\n"),
        ("A.kt", "import org.testcontainers.x\nval c = DockerImageName.parse(\"quay.io/a/b\").withTag(v)\n"),
        ("A.kt", "import org.testcontainers.x\nval c = GenericContainer(\"quay.io/a/b:\" + v)\n"),
        ("A.cs", "using Testcontainers;\nvar a = x.WithImage(\"quay.io/a/b:\" + v);\n"),
        (
            "a_test.go",
            "import \"github.com/testcontainers/testcontainers-go\"\nvar a = R{Image: \"quay.io/a/b:\" + v}\n"
        ),
    ]) func `a name moves where a program puts a tag behind it`(file: String, text: String) {
        let moved = text.replacing("quay.io/a/b", with: "p.example/m/quay.io/a/b")
        #expect(desk.text(file, text) == moved)
        #expect(desk.text(file, moved) == moved)
        #expect(desk.rewrite(file, Array(text.utf8)).renamed.count == 1)
    }

    @Test(arguments: [
        ("m.jsonnet", "{ image: 'localhost:' + port + '/a:1' }\n"),
        ("m.jsonnet", "{ image: 'quay.io/a/b' + suffix }\n"),
        ("m.jsonnet", "{ image: 'quay.io/%s/b:1' % $.org }\n"),
        ("a.py", "import testcontainers\nDockerContainer(f\"localhost:{port}\" + \"/a:1\")\n"),
        ("Jenkinsfile", "docker.withRegistry(url) { docker.image(\"acme/a\" + x).inside {} }\n"),
        ("Jenkinsfile", "docker.withRegistry('https://quay.io') { docker.image(\"quay.io/acme/\" + x).inside {} }\n"),
    ]) func `a name stays where a program puts something else behind it`(file: String, text: String) {
        #expect(desk.text(file, text) == text)
        #expect(desk.refused(file, text).count == 1)
    }

    @Test(arguments: [
        ("Dockerfile", "ARG REG=quay.io/a\nARG V\nFROM $REG/b:1\nFROM $REG/c:$V\n"),
        ("b.sh", "REG=quay.io/a\ndocker pull $REG/b:1\ndocker pull $REG/c:$TAG\n"),
    ]) func `a registry in a variable moves with images that have it, also where a tag is open`(
        file: String, text: String
    ) {
        let rewritten = desk.rewrite(file, Array(text.utf8))
        #expect(
            String(decoding: rewritten.bytes, as: UTF8.self)
                == text.replacing("quay.io/a", with: "p.example/m/quay.io/a"))
        #expect(rewritten.refused.isEmpty && rewritten.replaced.count == 2 && rewritten.renamed.count == 1)
    }

    @Test(arguments: [
        ("Dockerfile", "ARG REG=quay.io/a\nARG N\nFROM $REG/b:1\nFROM $REG/$N:1\n"),
        ("b.sh", "REG=quay.io/a\ndocker pull $REG/b:1\ndocker pull $REG/$NAME:1\n"),
        (
            "main.tf",
            """
            variable "reg" { default = "quay.io/a" }
            resource "docker_image" "a" { name = "${var.reg}/b:1" }
            resource "docker_image" "c" { name = "${var.reg}/c:${var.t}" }

            """
        ),
        (
            "docker-bake.hcl",
            """
            variable "REG" { default = "quay.io/a" }
            variable "V" {}
            target "app" {
              contexts = { a = "docker-image://${REG}/b:1", b = "docker-image://${REG}/c:${V}" }
            }

            """
        ),
        (
            "main.tf",
            """
            variable "reg" { default = "quay.io/a" }
            resource "kubernetes_manifest" "a" { manifest = { image = "${var.reg}/b:1" } }
            resource "aws_ecs_task_definition" "c" {
              container_definitions = <<EOT
            [{"name": "c", "image": "${var.reg}/c:${var.t}"}]
            EOT
            }

            """
        ),
        (
            "a.bicep",
            "param tag string\nvar reg = 'quay.io/a'\nresource a 'x@1' = { image: '${reg}/b:1' }\n"
                + "resource c 'x@1' = { image: '${reg}/c:${tag}' }\n"
        ),
        (
            "a.jsonnet",
            "local reg = 'quay.io/a';\n{ a: { image: reg + '/b:1' }, c: { image: reg + '/c:' + $.tag } }\n"
        ),
        (
            "a.test.ts",
            "import { GenericContainer } from 'testcontainers'\nconst reg = 'quay.io/a'\n"
                + "new GenericContainer(`${reg}/b:1`)\nnew GenericContainer(`${reg}/c:${tag}`)\n"
        ),
    ]) func `a registry in a variable stays where a name that has it is open, and both are told`(
        file: String, text: String
    ) {
        #expect(desk.text(file, text) == text)
        #expect(desk.refused(file, text).count == 2)
    }

    @Test(arguments: [
        ("Dockerfile", "ARG REG=quay.io/a\nARG V\nFROM $REG/b:1\nFROM $REG/c:$V\n"),
        ("b.sh", "REG=quay.io/a\ndocker pull $REG/b:1\ndocker pull $REG/c:$TAG\n"),
    ]) func `a registry in a variable stays where a map does not name the image with the open tag`(
        file: String, text: String
    ) throws {
        let desk = try Desk(["quay.io/a/b:1": "p.example/m/b:1"])
        #expect(desk.text(file, text) == text)
        #expect(desk.refused(file, text) == ["$REG/b:1"])
    }

    @Test(arguments: [
        "tags = tag(\"app\")", "tags = [for v in [\"1\", \"2\"] : \"${REG}/app:${v}\"]",
        "output = [\"type=image,name=${REG}/x,push=true\"]",
    ]) func `a registry that a function or an output of Bake pushes to stays`(attribute: String) {
        let text = """
            variable "REG" { default = "quay.io/a" }
            function "tag" {
              params = [n]
              result = ["${REG}/${n}:latest"]
            }
            target "app" {
              \(attribute)
              contexts = { base = "docker-image://${REG}/base:1" }
            }

            """
        #expect(desk.text("docker-bake.hcl", text) == text)
        #expect(desk.refused("docker-bake.hcl", text) == ["${REG}/base:1"])
    }
}
