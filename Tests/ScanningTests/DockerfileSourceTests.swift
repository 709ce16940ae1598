// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

@Suite struct DockerfileSourceTests {
    private func parts(_ text: String) -> [[String]] {
        let bytes = Array(text.utf8)
        return scanned(text, as: "Dockerfile").findings.map { finding in
            finding.parts.map {
                "\($0.field.rawValue)=\(String(decoding: bytes[$0.range], as: UTF8.self))@\($0.range.lowerBound)"
            }
        }
    }

    @Test func `points at the ARG default that alone decides the image`() {
        #expect(parts("ARG BASE=debian:12\nFROM ${BASE}\n") == [["reference=debian:12@9"]])
        #expect(parts("ARG BASE=\"debian:12\"\nFROM $BASE\n") == [["reference=debian:12@10"]])
    }

    @Test(arguments: [
        ("acme/dockerfile-plus", 0), ("docker/dockerfile:1", 1),
        ("docker.io/docker/dockerfile-upstream:master-labs", 1),
        ("registry.example/mirror/docker/dockerfile:1", 1), ("r2d4/mockerfile", 0),
    ])
    func `leaves instructions to a frontend that is not Docker's`(frontend: String, problems: Int) {
        let result = scanned(
            "# syntax=\(frontend)\nFROM alpine:3\nINCLUDE+ common\nCOPY --from=busybox:1 /a /a\n", as: "Dockerfile")
        #expect(result.findings.compactMap { $0.reference?.asTyped } == [frontend, "alpine:3", "busybox:1"])
        #expect(result.problems.count == problems)
    }

    @Test func `points at each field that stands in one piece`() {
        #expect(parts("ARG V=12\nFROM debian:${V}\n") == [["name=debian@14", "tag=12@6"]])
        #expect(parts("ARG R=quay.io\nFROM ${R}/x:1\n") == [["hub=quay.io@6", "repository=x@24", "tag=1@26"]])
    }

    @Test func `points at nothing where the value comes from outside`() {
        var options = ScanOptions()
        options.arguments.add("BASE", "alpine:3")
        let findings = scanned("ARG BASE=debian\nFROM $BASE\n", as: "Dockerfile", options: options).findings
        #expect(findings.map { $0.reference?.asTyped } == ["alpine:3"])
        #expect(findings[0].parts.isEmpty)
    }

    @Test func `reads a Dockerfile once for each combination of build arguments`() {
        var options = ScanOptions()
        for value in ["11", "12"] { options.arguments.add("V", value) }
        for value in ["slim", "full"] { options.arguments.add("K", value) }
        let found = references("ARG V\nARG K\nFROM debian:$V-$K\nFROM alpine\n", as: "Dockerfile", options: options)
        #expect(found == ["debian:11-slim", "debian:11-full", "debian:12-slim", "debian:12-full", "alpine"])
    }

    @Test(arguments: [
        "FROM\n", "FROM a b\n", "FROM a AS\n", "NOPE x\n", "RUN x\n", "FROM a\nRUN <<E\n", "FROM ${\n", "FROM ${}\n",
        "# escape=x\nFROM a\n", "# escape=`\n# escape=`\nFROM a\n", "FROM a\nCOPY --from=$X a b\n",
    ])
    func `reports what BuildKit refuses`(text: String) {
        #expect(!scanned(text, as: "Dockerfile").problems.isEmpty)
    }
}
