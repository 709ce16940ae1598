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
}
