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
}
