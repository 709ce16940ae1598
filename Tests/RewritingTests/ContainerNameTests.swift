// SPDX-License-Identifier: Apache-2.0

import Rewriting
import Scanning
import Testing

/// Names of images that Testcontainers' modules check (java.testcontainers.org, "Image name substitution").
@Suite struct ContainerNameTests {
    private let desk: Desk

    init() throws { desk = try Desk(to: "p.example/m") }

    private func program(_ body: String) -> String { "import org.testcontainers.containers.*;\n\(body)\n" }

    @Test(arguments: [
        ("A.java", "class A { Object x = new PostgreSQLContainer<>(\"acme/a:1\"); }"),
        ("A.java", "class A { Object x = new KafkaContainer(DockerImageName.parse(\"acme/a:1\")); }"),
        ("A.java", "class A { Object x = new KafkaContainer(DockerImageName.parse(\"acme/a\").withTag(\"1\")); }"),
        (
            "A.java",
            "class A { static final String I = \"acme/a:1\";\n static final DockerImageName N = DockerImageName.parse(A.I);\n"
                + " Object x = new PostgreSQLContainer<>(N); Object y = new GenericContainer<>(I); }"
        ),
        (
            "A.java",
            "class A { N i() { return DockerImageName.parse(\"acme/a:1\"); }\n Object x = new K3sContainer(i()); }"
        ),
        (
            "A.java",
            "class A { void run(DockerImageName image) throws X, Y { new K3sContainer(image); }\n"
                + " void test() { run(DockerImageName.parse(\"acme/a:1\")); } }"
        ),
        ("A.java", "class A extends MySQLContainer<A> { A() { super(\"acme/a:1\"); } }"),
        (
            "A.java",
            "class A<S extends A<S>> extends JdbcContainer<S> { static final N D = DockerImageName.parse(\"acme/a\");\n"
                + " A(N n) { super(n); n.assertCompatibleWith(D); } }"
        ),
        ("A.kt", "val x = VaultContainer<Nothing>(\"acme/a:1\")"),
        ("A.kt", "class X : PostgreSQLContainer<X>(\"acme/a:1\")"),
        ("A.kt", "fun i(): DockerImageName = DockerImageName.parse(\"acme/a:1\")\nval x = KafkaContainer(i())"),
        ("A.kt", "val x = KafkaContainer(\"acme/a:$version\")"),
        ("A.groovy", "class A { def x = new MongoDBContainer('acme/a:1') }"),
        ("A.scala", "object A { val x = PostgreSQLContainer.Def(DockerImageName.parse(\"acme/a:1\")) }"),
    ]) func `a name that a module checks stays, with what to do instead`(file: String, body: String) {
        let text = program(body)
        let rewritten = desk.rewrite(file, Array(text.utf8))
        #expect(rewritten.edits.isEmpty)
        let kept = rewritten.refused.filter { $0.finding.text.hasPrefix("acme/a") }
        #expect(kept.count == 1)
        let reason = kept.first?.reason ?? ""
        #expect(reason.contains(".asCompatibleSubstituteFor(\"acme/a\")"))
        #expect(reason.contains("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX"))
    }

    @Test(arguments: [
        ("A.java", "class A { Object x = new GenericContainer<>(\"acme/a:1\"); }"),
        (
            "A.java",
            "class A { Object x = new PostgreSQLContainer<>(DockerImageName.parse(\"acme/a:1\")\n"
                + "    .asCompatibleSubstituteFor(DockerImageName.parse(\"postgres\"))); }"
        ),
        (
            "A.java",
            "class A { N n = DockerImageName.parse(\"acme/a:1\").asCompatibleSubstituteFor(\"kafka\");\n"
                + " Object x = new KafkaContainer(n); }"
        ),
        (
            "A.java",
            "class A { static final String I = \"acme/a:1\";\n"
                + " Object x = new KafkaContainer(DockerImageName.parse(I).asCompatibleSubstituteFor(\"kafka\")); }"
        ),
        ("A.java", "class A { static final N D = DockerImageName.parse(\"acme/a:1\"); }"),
        (
            "A.java",
            "class ToolContainer<S extends ToolContainer<S>> extends GenericContainer<S> { ToolContainer(String i) { super(i); } }\n"
                + "class MyContainer extends ToolContainer<MyContainer> { MyContainer() { super(\"acme/a:1\"); } }"
        ),
        (
            "A.kt",
            "class ToolContainer(i: Int) : GenericContainer<ToolContainer>(\"acme/a:1\")\nval x = ToolContainer(\"acme/a:1\")"
        ),
        (
            "A.java",
            "class A { Object x = new ComposeContainer(DockerImageName.parse(\"acme/a:1\"), new File(\"x\")); }"
        ),
        ("a.py", "PostgresContainer(\"acme/a:1\")"),
        ("a.ts", "new PostgreSqlContainer(\"acme/a:1\");"),
    ]) func `a name that no module checks moves`(file: String, body: String) {
        let text = program(body)
        #expect(desk.text(file, text) == text.replacing("acme/a:", with: "p.example/m/acme/a:"))
        #expect(desk.refused(file, text) == [])
    }

    @Test func `only images of Docker Hub can move by a setting`() {
        let reasons = ["quay.io/a:1", "docker.io/acme/a:1"].map { name in
            desk.rewrite("A.java", Array(program("class A { X x = new KafkaContainer(\"\(name)\"); }").utf8)).refused[0]
                .reason
        }
        #expect(reasons[0].contains("asCompatibleSubstituteFor(\"quay.io/a\")"))
        #expect(reasons.allSatisfy { !$0.contains("PREFIX") })
        let address = desk.rewrite("a.properties", Array("url=jdbc:tc:postgresql:16:///a\n".utf8))
        #expect(address.refused.map(\.reason).first?.contains("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX") == true)
    }
}
