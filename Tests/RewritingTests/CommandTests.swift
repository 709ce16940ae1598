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

    @Test func `the default of an action's input moves, and what is made of a tag moves where it is used`() throws {
        let desk = try Desk(to: "p.example/m")
        let text = """
            inputs:
              image: {default: "quay.io/a:1"}
              tag: {default: "2"}
              made: {default: "quay.io/own:1"}
            runs:
              using: composite
              steps:
              - {shell: bash, run: "docker run ${{ inputs.image }} && docker run quay.io/b:${{ inputs.tag }}"}
              - {shell: bash, run: "docker build -t ${{ inputs.made }} ."}

            """
        let moved = text.replacing("quay.io/a", with: "p.example/m/quay.io/a")
            .replacing("quay.io/b", with: "p.example/m/quay.io/b")
        #expect(desk.text("action.yml", text) == moved)
        #expect(desk.text("action.yml", moved) == moved)
    }

    @Test func `names of Terraform's maps and Bake's lists move where they stand, and what Bake makes stays`() throws {
        let desk = try Desk(to: "p.example/m")
        let map = "locals {\n  images = { a = \"quay.io/a:1\", b = \"redis:7\" }\n}\n"
        let movedMap = map.replacing("quay.io", with: "p.example/m/quay.io").replacing(
            "redis", with: "p.example/m/redis")
        #expect(desk.text("main.tf", map) == movedMap)
        #expect(desk.text("main.tf", movedMap) == movedMap)
        let list =
            "variable \"IMAGES\" { default = \"quay.io/a:1,redis:7\" }\n"
            + "variable \"IMAGE_OWN\" { default = \"quay.io/own:1\" }\ntarget \"x\" { tags = [IMAGE_OWN] }\n"
        let movedList = list.replacing("quay.io/a", with: "p.example/m/quay.io/a")
            .replacing("redis", with: "p.example/m/redis")
        #expect(desk.text("docker-bake.hcl", list) == movedList)
        #expect(desk.text("docker-bake.hcl", movedList) == movedList)
    }
}
