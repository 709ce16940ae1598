// SPDX-License-Identifier: Apache-2.0

import BatchList
import Testing

/// Configurations of other tools: the line that is shown of one must not copy more than it does.
@Suite struct ForeignListTests {
    @Test(arguments: [
        ("quay.io:\n  images:\n    coreos/etcd: [latest, \"v1\"]\n", "quay.io/coreos/etcd:latest"),
        ("quay.io:\n  images:\n    coreos/etcd: []\n", "quay.io/coreos/etcd:*"),
        ("quay.io:\n  images:\n    coreos/etcd:\n      - \"v1\"\n", "quay.io/coreos/etcd:v1"),
        (
            "docker.io:\n  images-by-semver:\n    library/alpine: \">= 3.12.0\"\n",
            "docker.io/library/alpine:{semver>=3.12.0}"
        ),
        ("docker.io:\n  images-by-tag-regex:\n    nginx: ^1\\.13$\n", "docker.io/nginx:~^1\\.13$"),
        ("quay.io/a/b:\n  - r.example/x/b\n  - s.example/b\n", "quay.io/a/b r.example/x/b"),
    ])
    func `the first line chooses the tags that the tool does`(text: String, line: String) {
        #expect(ForeignList(Array(text.utf8))?.firstLine == line)
    }

    @Test func `of a choice that cannot be told in a line none is shown`() {
        let text =
            "sync:\n- source: alpine\n  target: r.example/alpine\n  type: repository\n  tags:\n    allow: [\"3\"]\n"
        let list = ForeignList(Array(text.utf8))
        #expect(list?.tool == .regsync && list?.firstLine == nil)
    }

    @Test(arguments: ["redis:7\n- nginx\n", "quay.io/a/b r.example/b\n", "- redis:7\n"])
    func `a list of ours is none of theirs`(text: String) { #expect(ForeignList(Array(text.utf8)) == nil) }
}
