// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// A name is plain to see where only its tag is filled in.
@Suite struct OpenTagTests {
    @Test(arguments: ["", "v", "release-1."]) func `whatever letters its tag begins with`(start: String) {
        let text =
            "jobs: {a: {steps: [{uses: a/b@v1, with: {node_image: \"kindest/node:\(start)${{ inputs.k }}\"}}]}}\n"
        #expect(references(text, as: ".github/workflows/a.yml").count == 1)
        #expect(references(text, as: ".github/workflows/a.yml").allSatisfy { $0.hasPrefix("?") })
        #expect(references("NODE_IMAGE=kindest/node:\(start)$K\n", as: "a.sh") == ["?K"])
        let program =
            "import org.testcontainers.*;\nclass A { Object a = new PgContainer(\"postgres:\(start)\" + v); }\n"
        #expect(references(program, as: "A.java").count == 1)
    }

    @Test func `where the name itself is filled in, it is not`() {
        #expect(references("A_IMAGE=acme/$X\nB_IMAGE=host:80/$X\nC_IMAGE=$X:v1\n", as: "a.sh") == [])
    }
}
