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
                "?$.versions.a", "?version", "?quay.io/acme/c:%s", "quay.io/acme/d:1", "?$.h",
            ])
        #expect(references("{ images: { image:", as: "m.libsonnet") == [])
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

    @Test func `a text that Pulumi's TypeScript interpolates is read as any other`() {
        let program = """
            import * as pulumi from "@pulumi/pulumi";
            const v = "1";
            new x({ image: pulumi.interpolate`quay.io/a/x:${v}`, policy: pulumi.interpolate`s3:${v}` });
            new x({ image: pulumi.interpolate`quay.io/a/y:${tag}` });

            """
        #expect(references(program, as: "index.ts") == ["quay.io/a/x:1", "?tag"])
    }
}
