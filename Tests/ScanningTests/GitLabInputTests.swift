// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Inputs of the files of GitLab's pipelines.
@Suite struct GitLabInputTests {
    private static let part = """
        spec:
          inputs:
            base:
              default: q.io/d:1
            tag: {default: "2"}
            none:
        ---
        "job-$[[ inputs.none ]]":
          variables: {R: q.io}
          image: $[[ inputs.base ]]
          services: ["$R/s:$[[ inputs.tag ]]"]
          script:
          - docker run q.io/r:$[[ inputs.tag ]] && docker run $[[ inputs.none ]]

        """

    private func found(_ text: String, inputs: [String: String] = [:]) -> [String] {
        FileScanner().scan(Array(text.utf8), kind: .yaml, followed: .gitlabPart(project: ".", inputs: inputs)).findings
            .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }.sorted()
    }

    @Test func `have their defaults, also in a component that is known by its content`() {
        let expected = ["?inputs.none", "q.io/d:1", "q.io/r:2", "q.io/s:2"]
        #expect(found(Self.part) == expected)
        #expect(references(Self.part, as: "templates/deploy.yml").sorted() == expected)
    }

    @Test func `have what the file that includes them gives`() throws {
        let text =
            "include: {local: /ci/part.yml, inputs: {base: 'q.io/g:3', tag: $T}}\na: {image: 'q.io/a:1', script: b}\n"
        let followUp = try #require(scanned(text, as: ".gitlab-ci.yml").followUps.first)
        #expect(followUp.path == "ci/part.yml")
        #expect(followUp.kind == .gitlabPart(project: nil, inputs: ["base": "q.io/g:3"]))
        #expect(found(Self.part, inputs: ["base": "q.io/g:3"]) == ["?inputs.none", "q.io/g:3", "q.io/r:2", "q.io/s:2"])
    }
}
