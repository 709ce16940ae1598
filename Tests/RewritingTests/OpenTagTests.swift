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
}
