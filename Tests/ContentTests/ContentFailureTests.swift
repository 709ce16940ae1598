// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing

@Suite struct ContentFailureTests {
    @Test func `names its kinds the way files and JSON show them`() {
        #expect(
            Set(ContentFailure.Kind.allCases.map(\.rawValue)) == [
                "not-found", "unauthorized", "denied", "rate-limited", "unavailable", "unreachable", "untrusted",
                "corrupt", "inconsistent", "invalid", "unsupported", "too-large", "conflict", "stalled", "aborted",
                "cancelled",
            ])
    }

    @Test func `is final unless it says otherwise`() {
        #expect(ContentFailure(.denied, "no").retry == .never)
        #expect(ContentFailure.cancelled.retry == .never)
    }

    @Test func `is shown as its message`() {
        #expect("\(ContentFailure(.denied, "no"))" == "no")
    }
}

@Suite struct ManifestSelectorTests {
    @Test func `is shown as the tag or the digest`() throws {
        let digest = ContentHash.digest(of: [])
        #expect("\(ManifestSelector.tag(try Tag("v1")))" == "v1")
        #expect("\(ManifestSelector.digest(digest))" == digest.text)
    }
}
