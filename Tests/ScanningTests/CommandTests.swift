// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What commands are given as images.
@Suite struct CommandTests {
    @Test(arguments: [
        "DOCKER=\"sudo docker\"\n$DOCKER pull quay.io/a/1:1\n", "RUN=\"docker run --rm\"\n$RUN quay.io/a/1:1 x\n",
        "CONTAINER_ENGINE=\"sudo podman\"\n${CONTAINER_ENGINE} run -d quay.io/a/1:1\n",
        "if command -v podman; then E=podman; else E=docker; fi\n$E pull quay.io/a/1:1\n",
        "E=$1\nE=/usr/bin/docker\n$E pull quay.io/a/1:1\n", "SSH=\"ssh host\"\n$SSH 'docker pull quay.io/a/1:1'\n",
    ])
    func `a variable may hold a command with words of its own, or one of several programs`(text: String) {
        #expect(references(text, as: "a.sh") == ["quay.io/a/1:1"])
    }

    @Test func `what is printed or quoted is no command, though it names a program`() {
        let text = "T=\"docker pull quay.io/a/1:1\"\necho $T\nlog \"$T\"\n\"$T\"\n"
        #expect(references(text, as: "a.sh") == [])
    }
}
