// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

/// Places that the projects' own references name.
@Suite struct PublishedPlaceTests {
    // MARK: - OpenShift's builds

    private func build(_ strategy: String, version: String = "build.openshift.io/v1") -> String {
        """
        apiVersion: \(version)
        kind: BuildConfig
        metadata: {name: b}
        spec:
          source:
            dockerfile: |
              ARG V=1
              FROM quay.io/a/go:$V AS go
              FROM quay.io/a/df:1
              COPY --from=quay.io/a/cp:1 /x /y
          strategy: {dockerStrategy: \(strategy)}

        """
    }

    @Test func `a Dockerfile in a BuildConfig is read with its arguments, and in words that speak of nothing else`() {
        let found = scanned(build("{buildArgs: [{name: V, value: '2'}]}")).findings
        #expect(found.map { $0.reference?.asTyped } == ["quay.io/a/go:2", "quay.io/a/df:1", "quay.io/a/cp:1"])
        #expect(found.map(\.kind) == [.dockerfileFrom, .dockerfileFrom, .dockerfileCopy])
        #expect(found.last?.owner?.name == "b")
        #expect(references(build("{}", version: "v1")).count == 3)
    }

    @Test func `the strategy's base takes the place of the last FROM`() {
        let base = "{from: {kind: DockerImage, name: \"quay.io/a/base:1\"}}"
        #expect(references(build(base)) == ["quay.io/a/go:1", "quay.io/a/cp:1", "quay.io/a/base:1"])
    }
}
