// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

@Suite struct BuildkiteTests {
    private static let steps = """
        steps:
        - label: a
          command: docker run quay.io/acme/b:1
          agents:
            image: quay.io/acme/agent:1
          plugins:
          - docker#v5.0.0:
              image: quay.io/acme/plug:1

        """
    private static let images = ["quay.io/acme/agent:1", "quay.io/acme/b:1", "quay.io/acme/plug:1"]

    @Test(arguments: [".buildkite/pipeline.yml", ".buildkite/pipelines/pr/p.yml", "ci/pipeline.yml", "a.yaml"])
    func `pipelines are known by their folder at any depth, and by content`(path: String) {
        let findings = scanned(Self.steps, as: path).findings
        #expect(findings.compactMap { $0.reference?.asTyped }.sorted() == Self.images)
        #expect(findings.allSatisfy { $0.kind == .buildkite })
    }

    @Test func `pipelines with groups of steps are known by content, and steps of other tools are not theirs`() {
        let group = "steps:\n- group: g\n  steps:\n  - label: a\n    command: docker pull quay.io/acme/b:1\n"
        #expect(references(group, as: "ci/p.yml") == ["quay.io/acme/b:1"])
        let other = "steps:\n- name: a\n  commands: [docker pull quay.io/acme/b:1]\n"
        #expect(scanned(other, as: "ci/p.yml").findings.allSatisfy { $0.kind != .buildkite })
    }

    @Test func `Compose files in its folder are Compose's`() {
        let compose = "services:\n  a: {image: 'quay.io/acme/b:1'}\n"
        for path in [".buildkite/docker-compose.yml", ".buildkite/ci/docker-compose.yml"] {
            #expect(scanned(compose, as: path).findings.map(\.kind) == [.compose])
        }
    }

    @Test(arguments: ["pipeline upload ci/x.yml", "pipeline upload --replace 'ci/x.yml'"])
    func `a file that a command uploads is followed as a pipeline`(arguments: String) {
        for path in ["a.sh", ".buildkite/pipeline.yml"] {
            let command = "buildkite-agent " + arguments
            let text = path == "a.sh" ? command + "\n" : "steps:\n- command: \(command)\n"
            let followUps = scanned(text, as: path).followUps
            #expect(followUps.map(\.path) == ["ci/x.yml"])
            #expect(followUps.map(\.kind) == [.named(.pipeline(.buildkite))])
        }
    }
}
