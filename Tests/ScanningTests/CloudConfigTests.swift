// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// What cloud-init does when a machine starts.
@Suite struct CloudConfigTests {
    private static let text = """
        #cloud-config
        bootcmd:
        - docker pull quay.io/a/boot:1
        runcmd:
        - export TAG=2
        - docker run -d quay.io/a/run:$TAG
        - [docker, pull, "quay.io/a/words:1"]
        write_files:
        - path: /etc/systemd/system/a.service
          content: |
            [Service]
            ExecStart=/usr/bin/docker run quay.io/a/unit:1
        - path: /usr/local/bin/start
          content: |
            #!/bin/sh
            docker run quay.io/a/script:1
        - path: /etc/kubernetes/manifests/a.yaml
          content: |
            apiVersion: v1
            kind: Pod
            spec: {containers: [{name: a, image: "quay.io/a/pod:1"}]}
        - path: /root/a.sh
          encoding: b64
          content: docker run quay.io/a/none:1
        - path: /root/notes.txt
          content: docker run quay.io/a/none:1

        """

    private static let images = ["boot:1", "run:2", "words:1", "unit:1", "script:1", "pod:1"].map { "quay.io/a/" + $0 }

    @Test func `runs commands, and what it writes is read as what it is`() {
        #expect(references(Self.text, as: "node.yaml") == Self.images)
        #expect(references("## template: jinja\n" + Self.text, as: "node.yaml") == Self.images)
    }

    @Test func `is told by the first line alone`() {
        // A manifest is one in any document.
        #expect(references("#\n" + Self.text, as: "node.yaml") == ["quay.io/a/pod:1"])
        #expect(ScriptLine.kind(of: Self.text.utf8) == .yaml)
    }
}
