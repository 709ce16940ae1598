// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// `!reference` in GitLab's pipelines, and the inputs that includes give.
@Suite struct GitLabPointerTests {
    private static let file = ".gitlab-ci.yml"
    private static let parts = """
        .parts:
          base: quay.io/a/plain:1
          node: {name: "quay.io/a/named:1", entrypoint: [""]}
          more: !reference [.parts, base]
          services: [quay.io/a/s1:1, {name: quay.io/a/s2:1, alias: s}]
          variables: {TAG: "2"}

        """

    @Test(arguments: [
        ("image: !reference [.parts, base]", ["quay.io/a/plain:1"]),
        ("image: !reference\n  - .parts\n  - base", ["quay.io/a/plain:1"]),
        ("image: !reference [.parts, node]", ["quay.io/a/named:1"]),
        ("image: {name: !reference [.parts, base]}", ["quay.io/a/plain:1"]),
        ("image: !reference [.parts, more]", ["quay.io/a/plain:1"]),
        ("image: !reference [.other, base]", []),
        ("image: quay.io/a/t:$TAG\n  variables: !reference [.parts, variables]", ["quay.io/a/t:2"]),
        ("image: quay.io/a/t:$T\n  variables: {T: !reference [.parts, variables, TAG]}", ["quay.io/a/t:2"]),
    ])
    func `an image that a pointer leads to is found where it stands`(job: String, expected: [String]) {
        let parts = Self.parts.replacing("  services: [quay.io/a/s1:1, {name: quay.io/a/s2:1, alias: s}]\n", with: "")
        let found = references(parts + "a:\n  script: [echo]\n  \(job)\n", as: Self.file)
        #expect(found == expected)
    }

    @Test func `an image under a key of the user's own stays`() {
        let job = "a: {image: !reference [.parts, base]}\nb: {image: !reference [.parts, node]}\n"
        let found = scanned(Self.parts + job, as: Self.file).findings
        #expect(
            found.filter { $0.advice?.contains("!reference takes it from here") == true }.map(\.text) == [
                "quay.io/a/plain:1"
            ])
    }

    @Test func `services that a pointer leads to are found, in a list, too`() {
        let job = "a:\n  script: [echo]\n  services: [!reference [.parts, services], quay.io/a/s3:1]\n"
        let found = references(Self.parts + job, as: Self.file)
        #expect(found == ["quay.io/a/s1:1", "quay.io/a/s2:1", "quay.io/a/s3:1"])
    }

    @Test func `pointers that lead to each other name no image`() {
        let text = ".a: {x: !reference [.b, x]}\n.b: {x: !reference [.a, x]}\nj: {image: !reference [.a, x]}\n"
        #expect(references(text, as: Self.file) == [])
    }

    @Test func `an image given to an input of a component is found`() {
        let text = """
            include:
            - component: $CI_SERVER_FQDN/group/project/build@1.0
              inputs: {image: "quay.io/a/x:1", runner_image: $IMAGE, stage: build, image_policy: always}

            """
        #expect(references(text, as: Self.file) == ["quay.io/a/x:1"])
    }
}
