// SPDX-License-Identifier: Apache-2.0

import Testing

/// Sources of what containers build and copy, rewritten.
@Suite struct CommandTests {
    @Test func `sources of builders move, and what they make stays`() throws {
        let desk = try Desk(to: "p.example/m")
        let text = """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: gcr.io/kaniko-project/executor:v1
                env:
                - {name: HUB, value: registry.acme.dev}
                - {name: BASE, value: "alpine:3"}
                args: [--destination=$(HUB)/app:1, --build-arg=BASE=$(BASE), "--build-arg=TOOL_IMAGE=$(HUB)/tool:1"]
              - image: crane
                command: [sh, -c, "crane cp quay.io/a:1 registry.acme.dev/a:1"]

            """
        let moved = text.replacing("gcr.io/", with: "p.example/m/gcr.io/").replacing(
            "alpine", with: "p.example/m/alpine"
        )
        .replacing("image: crane", with: "image: p.example/m/crane")
        .replacing("quay.io", with: "p.example/m/quay.io")
        #expect(desk.text("a.yaml", text) == moved)
        #expect(desk.text("a.yaml", moved) == moved)
    }
}
