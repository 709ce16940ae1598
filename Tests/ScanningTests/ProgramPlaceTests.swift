// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Places of programs that name images.
@Suite struct ProgramPlaceTests {
    @Test func `an object called images has them open where a version is put behind the name`() {
        let text = """
            { values+:: { images: {
              a: 'quay.io/acme/a:v' + $.versions.a,
              b: 'quay.io/acme/b:' + version,
              c: 'quay.io/acme/c:%s' % $.versions.c,
              d: 'quay.io/acme/d:1',
              e: $._config.e,
              f: 'text ' + $.g,
            } }, image: 'acme/h:' + $.h }

            """
        #expect(
            references(text, as: "m.libsonnet") == [
                "?$.versions.a", "?version", "?$.versions.c", "quay.io/acme/d:1", "?$._config.e", "?$.h",
            ])
        #expect(references("{ images: { image:", as: "m.libsonnet") == [])
    }

    @Test func `jsonnet's images without a tag are open beside a version, and those that another object sets are none`()
    {
        let text = """
            { a: { image: 'quay.io/a/a', version: '1' }, b: { 'image': 'quay.io/a/b:1', version: '2' },
              c: { image: 'quay.io/a/c', inner: { version: '3' } }, d: { tag:: $.x, image: 'quay.io/a/d' },
              e: { image: error 'must provide image' }, f: { image: if x then 'quay.io/a/f:1' else error 'none' } }

            """
        #expect(
            references(text, as: "m.jsonnet") == ["?version", "quay.io/a/b:1", "quay.io/a/c", "?tag", "quay.io/a/f:1"])
    }

    @Test func `what a test builds on, and what a container of its own is made of, are images`() {
        let text = """
            import org.testcontainers.images.builder.ImageFromDockerfile;
            class T {
              Object d = new ImageFromDockerfile().withDockerfileFromBuilder(b -> b.from("quay.io/acme/b:1").build());
              static class R extends GenericContainer<R> { R() { super("quay.io/acme/ryuk:0.14.0"); } }
              static class E extends RuntimeException { E() { super("acme/none:1"); } }
              void camel() { route.from("direct:start"); }
            }

            """
        #expect(references(text, as: "T.java") == ["quay.io/acme/b:1", "quay.io/acme/ryuk:0.14.0"])
        let kotlin = """
            import org.testcontainers.images.builder.ImageFromDockerfile
            val d = ImageFromDockerfile().withDockerfileFromBuilder { b -> b.from("acme/k:1").run("x") }

            """
        #expect(references(kotlin, as: "T.kt") == ["acme/k:1"])
    }

    @Test(arguments: [
        "lambda:InvokeFunction", "s3:GetObject", "sts:AssumeRole", "user:alice", "tcp:443", "example.com/finalizer",
        "nginx.ingress.kubernetes.io/rewrite-target",
    ])
    func `what Pulumi's Go wraps is an image behind a key for one alone`(text: String) {
        let program = """
            package main
            import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
            const tag = pulumi.String("1")
            func main() {
              x(&P{Action: pulumi.String("\(text)"), Image: pulumi.String("quay.io/a/x:1")})
              x(&P{Name: pulumi.StringPtr("\(text)")})
              x(&P{Image: pulumi.StringPtr("quay.io/a/y:" + "1"), Kind: pulumi.String("\(text)")})
              x(&P{Image: pulumi.Sprintf("quay.io/a/z:%s", v), Other: pulumi.Sprintf("\(text)")})
              docker.NewRemoteImage(ctx, "n", &docker.RemoteImageArgs{Name: pulumi.String("cache:7")})
            }

            """
        #expect(
            references(program, as: "main.go") == [
                "quay.io/a/x:1", "quay.io/a/y:1", "?pulumi.Sprintf(…)", "cache:7",
            ])
    }

    @Test(arguments: [
        "docker { image 'maven:3'\n registryUrl 'https://reg.example.com' }",
        "docker { registryUrl('https://reg.example.com/v2/')\n image 'maven:3' }",
    ])
    func `the image of Jenkins' agent is that of the registry beside it, in either order`(agent: String) {
        #expect(references("pipeline { agent { \(agent) } }\n", as: "Jenkinsfile") == ["reg.example.com/maven:3"])
    }

    private static let java = "import org.testcontainers.*;\nclass A { X x = %; }\n"
    private static let python = "from testcontainers.postgres import PostgresContainer\n%\n"
    private static let typescript = "import { GenericContainer } from \"testcontainers\";\n%\n"
    private static let pulumi = "import * as pulumi from \"@pulumi/pulumi\";\nnew x({image: %});\n"
    private static let bicep = "resource a 'x' = {\n  image: %\n  'name': 'b'\n}\n"

    @Test(arguments: [
        ("a.bicep", bicep, "!empty(n) ? n : 'q.io/a:1'", ["?n", "q.io/a:1"]),
        ("a.bicep", bicep, "(empty(n)\n    ? 'q.io/a:1'\n    : b ? 'q.io/b:1' : n)", ["q.io/a:1", "q.io/b:1", "?n"]),
        ("a.bicep", bicep, "empty(n)\n    ? 'q.io/a:1'\n    : 'q.io/b:1'", ["q.io/a:1", "q.io/b:1"]),
        ("a.bicep", bicep, "n.?image ?? 'q.io/a:1'", ["q.io/a:1"]),
        ("a.bicep", bicep, "format('{0}/a:1', registry)", ["?format(…)"]),
        ("a.bicep", "var i = toLower(n)\n" + bicep, "i", ["?i"]),
        ("a.py", python, "PostgresContainer(os.environ.get(\"X\", \"q.io/a:1\"))", ["q.io/a:1"]),
        ("a.py", python, "PostgresContainer(os.getenv(\"X\", default=\"q.io/a:1\"))", ["q.io/a:1"]),
        ("a.py", python, "PostgresContainer(\n  os.getenv(\"X\")\n  or \"q.io/a:1\"\n)", ["q.io/a:1"]),
        (
            "a.py", python, "PostgresContainer(\n  \"q.io/a:1\"\n  if z\n  else \"q.io/b:1\"\n)",
            ["q.io/a:1", "q.io/b:1"]
        ),
        ("a.py", python, "X = os.getenv(\"X\", \"q.io/a:1\")\nDockerContainer(X)", ["q.io/a:1"]),
        ("a.ts", typescript, "new PostgreSqlContainer(process.env.X || \"q.io/a:1\")", ["q.io/a:1"]),
        ("a.ts", typescript, "new RedisContainer(old ? \"q.io/a:1\" : \"q.io/b:1\")", ["q.io/a:1", "q.io/b:1"]),
        ("a.ts", typescript, "new GenericContainer(old?.x ? `q.io/a:${v}` : y.z)", ["?v", "?y.z"]),
        ("a.ts", typescript, "new GenericContainer(x || process.env.Y)", ["?x"]),
        (
            "a.ts", typescript, "const i = x\n  ? \"q.io/a:1\"\n  : \"q.io/b:1\"\nnew RedisContainer(i)",
            ["q.io/a:1", "q.io/b:1"]
        ),
        ("a.ts", typescript, "const i = x ? \"q.io/a:1\" : y\nnew GenericContainer(i)", ["q.io/a:1", "?i"]),
        ("A.java", java, "new KafkaContainer(Optional.ofNullable(e).orElse(\"q.io/a:1\"))", ["q.io/a:1"]),
        ("A.java", java, "new KafkaContainer(!f ? \"q.io/a:1\" : \"q.io/b:1\")", ["q.io/a:1", "q.io/b:1"]),
        ("A.java", java, "new GenericContainer<>(f ? a() : \"q.io/b:1\")", ["?a(…)", "q.io/b:1"]),
        ("A.kt", java, "GenericContainer(System.getenv(\"X\") ?: \"q.io/a:1\")", ["q.io/a:1"]),
        (
            "A.kt", java, "GenericContainer(if (a) \"q.io/a:1\" else if (b) { \"q.io/b:1\" } else \"q.io/c:1\")",
            ["q.io/a:1", "q.io/b:1", "q.io/c:1"]
        ),
        ("a.ts", pulumi, "cfg.get(\"i\") || \"q.io/a:1\"", ["q.io/a:1"]),
        ("a.ts", pulumi, "prod ? \"q.io/a:1\" : \"q.io/b:1\"", ["q.io/a:1", "q.io/b:1"]),
        ("a.ts", pulumi, "prod ? ami.id : \"debian-cloud/debian-11\"", []),
        (
            "a.jsonnet", "{ image: %, b: 1 }\n", "if a then 'q.io/a:1' else if b then 'q.io/b:1' else $.c.d",
            ["q.io/a:1", "q.io/b:1", "?$.c.d"]
        ),
        ("a.jsonnet", "{ image: %, b: 1 }\n", "$._config.repo + '/x:1'", ["?$._config.repo"]),
        ("a.jsonnet", "{ image: %, b: 1, _images:: { c: 'q.io/c:1' } }\n", "$._images.c", ["q.io/c:1"]),
        (
            "a.jsonnet", "{ image: %, b: 1, _images:: { c: 'acme/c', d: 'text' } }\n", "$._images.d",
            ["?$._images.d", "acme/c"]
        ),
        ("a.jsonnet", "{ _images+:: { c:: 'q.io/c:1' }, image: %, b: 1 }\n", "self._images.c", ["q.io/c:1"]),
        (
            "a.jsonnet", "{ _images+:: { c: 'q.io/c:1' }, image: %, b: 1 }\n", "$._images.d",
            ["q.io/c:1", "?$._images.d"]
        ),
        ("a.jsonnet", "{ image: %, b: 1 }\n", "std.format('q.io/a:%s', v)", ["?std.format(…)"]),
        ("Jenkinsfile", "node { % }\n", "docker.image(params.X ?: 'q.io/a:1').inside { }", ["q.io/a:1"]),
        ("Jenkinsfile", "node { % }\n", "image = docker.build('acme/own:1')", []),
        ("Vagrantfile", "%\n", "d.image = ENV['X'] || 'q.io/a:1'", ["q.io/a:1"]),
    ])
    func
        `each text of a choice is an image, a default stands alone, the rest is open at a certain place`(
            file: String, program: String, expression: String, expected: [String]
        )
    {
        #expect(references(program.replacing("%", with: expression, maxReplacements: 1), as: file) == expected)
    }

    @Test(arguments: [
        "c.vm.provision \"shell\", inline: <<-SHELL\n  docker pull q.io/a:1\n  SHELL\nd.image = 'q.io/b:1'\n",
        "c.vm.provision 'shell', inline: <<~'END', privileged: true\n  docker pull q.io/a:1\nEND\nd.image = 'q.io/b:1'\n",
        "$script = <<SCRIPT\ndocker pull q.io/a:1\nSCRIPT\nc.vm.provision 'shell', inline: $script\nd.image = 'q.io/b:1'\n",
        "c(<<-A, inline: <<-B)\nimage: x\nA\ndocker pull q.io/a:1\nB\nd.image = 'q.io/b:1'\n",
        "c inline: <<~A\n  cat <<B\n  image: q.io/c:1\n  B\n  docker pull q.io/a:1\nA\nd.image = 'q.io/b:1'\n",
    ]) func `a text on the lines behind the one that names its end is one text`(program: String) {
        #expect(references(program, as: "Vagrantfile") == ["q.io/a:1", "q.io/b:1"])
    }

    @Test(arguments: ["x = 1 <<2\n", "x <<-y\n", "class << self\n", "x <<A\n", "<<", "<<-", "<<~''", "<<~'A'", "<<A"])
    func `what has no end is no such text`(program: String) {
        #expect(references(program + "\nd.image = 'q.io/b:1'\n", as: "Vagrantfile") == ["q.io/b:1"])
        _ = references(program, as: "Vagrantfile")
    }

    @Test func `conditions without end are read to the end`() {
        let deep = String(repeating: "(a ? ", count: 5000)
        let wide = String(repeating: "a || b ? c : d ?? ", count: 5000)
        for expression in [deep, wide, "?", "? :", "a ?", "x.get(", "if", "if (", "or", "a ? : b", "(", "()"] {
            for (file, program) in [("a.ts", Self.typescript), ("a.bicep", Self.bicep), ("a.py", Self.python)] {
                _ = references(program.replacing("%", with: "x = \(expression)"), as: file)
                _ = references(program.replacing("%", with: "new GenericContainer(\(expression)"), as: file)
            }
        }
    }

    @Test func `a text that Pulumi's TypeScript interpolates is read as any other`() {
        let program = """
            import * as pulumi from "@pulumi/pulumi";
            const v = "1";
            new x({ image: pulumi.interpolate`quay.io/a/x:${v}`, policy: pulumi.interpolate`s3:${v}` });
            new x({ image: pulumi.interpolate`quay.io/a/y:${tag}` });

            """
        #expect(references(program, as: "index.ts") == ["quay.io/a/x:1", "?tag"])
    }

    @Test func `a field of jsonnet that is a function is no image`() {
        let text =
            "{ image: function(x) x, b: { image(x):: x, image: 'quay.io/a/1:1' }, c: { image:: function(x) 'a' + x } }\n"
        #expect(references(text, as: "m.jsonnet") == ["quay.io/a/1:1"])
    }

    @Test(arguments: [
        (
            "a.ts",
            "import * as ecs from 'aws-cdk-lib/aws-ecs';\nx({ image: ecs.ContainerImage.fromRegistry('nginx:1.25') });\n"
        ),
        ("a.js", "const { DockerImage } = require('aws-cdk-lib');\nx(DockerImage.fromRegistry('nginx:1.25'));\n"),
        ("a.py", "from aws_cdk import aws_ecs as ecs\nx(image=ecs.ContainerImage.from_registry(\"nginx:1.25\"))\n"),
        (
            "a.go",
            "import \"github.com/aws/aws-cdk-go/awscdk/v2/awsecs\"\n"
                + "var x = awsecs.ContainerImage_FromRegistry(jsii.String(\"nginx:1.25\"), nil)\n"
        ),
        (
            "A.java",
            "import software.amazon.awscdk.services.ecs.*;\nclass A { Object x = ContainerImage.fromRegistry(\"nginx:1.25\"); }\n"
        ),
        ("A.cs", "using Amazon.CDK.AWS.ECS;\nvar x = ContainerImage.FromRegistry(\"nginx:1.25\");\n"),
    ]) func `what Amazon's development kit takes from a registry is an image`(file: String, text: String) {
        #expect(references(text, as: file) == ["nginx:1.25"])
        #expect(scanned(text, as: file).findings.map(\.kind) == [.aws])
    }

    @Test func `a test in Go may say the name and the tag apart`() {
        let text = """
            package a
            import "github.com/ory/dockertest/v3"
            func f() {
              pool.Run("postgres", "16", []string{"A=B"})
              pool.Run("redis", tag, nil)
              t.Run("case", func(t *testing.T) {})
              cmd.Run("echo", "1", nil)
              pool.RunWithOptions(&dockertest.RunOptions{
                Repository: "quay.io/a/x", Tag: "1", Env: []string{"X=Y"},
              })
              pool.RunWithOptions(&dockertest.RunOptions{Repository: "mysql", Cmd: []string{"a"}})
            }

            """
        #expect(references(text, as: "a_test.go") == ["postgres:16", "?tag", "quay.io/a/x:1", "mysql"])
    }

    @Test(arguments: [
        ("A.java", "import org.testcontainers.containers.PostgreSQLContainer;", "new PostgreSQLContainer<>(%)"),
        ("A.java", "import org.testcontainers.containers.*;", "new PostgreSQLContainer<>(%)"),
        ("A.kt", "import org.testcontainers.containers.PostgreSQLContainer\n", "PostgreSQLContainer<Nothing>(%)"),
        ("A.scala", "import com.dimafeng.testcontainers.{A, PostgreSQLContainer}\n", "PostgreSQLContainer(%)"),
        ("a.py", "from testcontainers.postgres import (\n  A,\n  PostgresContainer,\n)\n", "PostgresContainer(%)"),
        (
            "a.ts", "import {\n  PostgreSqlContainer,\n} from \"@testcontainers/postgresql\"\n",
            "new PostgreSqlContainer(%)"
        ),
    ]) func `an imported container gets an image, whatever says which`(file: String, head: String, call: String) {
        for (argument, expected) in [
            ("Other.CONSTANT", ["?Other.CONSTANT"]), ("image", ["?image"]), ("x.get(\"a\")", ["?x.get(…)"]),
            ("\"postgres\"", ["postgres"]), ("String image", []), ("image: String", []), ("Network.SHARED + x", []),
            ("", []),
        ] {
            let program = "\(head)\nclass A { X x = \(call.replacing("%", with: argument)); }\n"
            #expect(references(program, as: file) == expected, "\(program)")
        }
    }

    @Test func `a module that is given a version names its image itself`() {
        func found(_ call: String) -> [String] {
            references("import org.testcontainers.containers.*;\nclass A { X x = \(call); }\n", as: "A.java")
        }
        #expect(found("new KafkaContainer(\"7.7.0\")") == ["confluentinc/cp-kafka:7.7.0"])
        #expect(found("new OtherContainer<>(\"2.10.1-alpine\")") == ["?OtherContainer(…)"])
        #expect(found("new KafkaContainer(\"acme/kafka:7.7.0\")") == ["acme/kafka:7.7.0"])
        #expect(found("new GenericContainer<>(\"7zip\")") == ["7zip"])
    }

    @Test(arguments: [
        ("A.java", "import org.testcontainers.containers.PostgreSQLContainer;\n", "new PanelContainer(image)"),
        ("A.java", "import org.testcontainers.containers.*;\n", "stopContainer(image)"),
        ("A.java", "import org.testcontainers.containers.*;\n", "new DockerComposeContainer<>(file)"),
        (
            "a.ts", "import { GenericContainer } from \"testcontainers\"\nimport { Container } from \"./x\"\n",
            "new Container(a)"
        ),
        ("a.go", "import \"github.com/testcontainers/testcontainers-go\"\n", "postgres.Run(ctx)"),
        ("a.go", "import \"github.com/testcontainers/testcontainers-go\"\n", "postgres.Run(ctx"),
    ]) func `other containers get something else`(file: String, head: String, call: String) {
        #expect(references("\(head)class A { X x = \(call); }\n", as: file) == [])
    }

    @Test(arguments: [
        ("jdbc:tc:postgresql:16-alpine:///app", "postgres:16-alpine"),
        ("jdbc:tc:mysql:8.4://host/app?x=y", "mysql:8.4"),
        ("jdbc:tc:timescaledb:2.1.0-pg11:///a", "timescale/timescaledb:2.1.0-pg11"),
        ("jdbc:tc:postgresql:///app", "?jdbc:tc:postgresql"), ("jdbc:tc:postgresql:${V}:///app", "?V"),
    ]) func `a database's address names the image that Testcontainers starts`(address: String, expected: String) {
        #expect(references("spring.datasource.url=\(address)\n", as: "a.properties") == [expected])
        #expect(references("spring:\n  url: \(address) # jdbc:tc:mysql:1:///a\n", as: "application.yml") == [expected])
        #expect(
            references("class A {\n  // jdbc:tc:mysql:1:///a\n  String a = \"\(address)\";\n}\n", as: "A.java") == [
                expected
            ])
        #expect(scanned("url=\(address)\n", as: "a.properties").findings.map(\.parts) == [[]])
    }

    @Test(arguments: ["jdbc:postgresql://h/a", "jdbc:tc:unknown:1:///a", "# jdbc:tc:mysql:8:///a", "jdbc:tc:mysql:8"])
    func `other addresses name none`(line: String) {
        #expect(references("\(line)\n", as: "a.properties") == [])
    }
}
