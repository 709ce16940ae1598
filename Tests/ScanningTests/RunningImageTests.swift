// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

private let hex = String(repeating: "ab", count: 32)

/// A pod with one container, and what its status says of it.
private struct Situation: Sendable, CustomTestStringConvertible {
    var spec: String
    var image: String
    var imageID: String
    var testDescription: String { "\(spec) as \(image), \(imageID.prefix(48))" }

    init(_ spec: String, as image: String, _ imageID: String) {
        (self.spec, self.image, self.imageID) = (spec, image, imageID)
    }

    var finding: Finding? {
        let status = "status:\n  containerStatuses:\n  - {name: c, image: \"\(image)\", imageID: \"\(imageID)\"}\n"
        return scanned(pod("\(spec)\n    name: c") + status).findings.first
    }
}

@Suite struct RunningImageTests {
    private static let same = [
        Situation("nginx:1", as: "docker.io/library/nginx:1", "docker.io/library/nginx@sha256:\(hex)"),
        Situation("nginx", as: "docker.io/library/nginx:latest", "nginx@sha256:\(hex)"),
        Situation("index.docker.io/a/b:1", as: "a/b:1", "docker-pullable://a/b@sha256:\(hex)"),
        Situation("r.example:443/a:1", as: "R.example/a:1", "r.example/a@sha256:\(hex)"),
        Situation("r.example/a@sha256:\(hex)", as: "sha256:\(hex)", "r.example/a@sha256:\(hex)"),
    ]

    private static let other = [
        // Changed in place; the new image does not start, or has not yet.
        Situation("r.example/a:2", as: "r.example/a:1", "r.example/a@sha256:\(hex)"),
        Situation("r.example/a", as: "r.example/a:1", "r.example/a@sha256:\(hex)"),
        // One image under several names: the runtime tells any of them, and its digest belongs to that one's repository.
        Situation("r.example/a:1", as: "docker.io/other/b:9", "docker.io/other/b@sha256:\(hex)"),
        Situation("r.example/a:1", as: "r.example/a:1", "docker.io/other/b@sha256:\(hex)"),
        Situation("r.example/a:1", as: "r.example/b:1", "r.example/a@sha256:\(hex)"),
        Situation("nginx:1", as: "docker.io/team/nginx:1", "docker.io/team/nginx@sha256:\(hex)"),
        // containerd tells the identifier of an image without a name at hand: which tag it had nobody knows.
        Situation("r.example/a:1", as: "sha256:\(hex)", "r.example/a@sha256:\(hex)"),
        Situation("r.example/a:1", as: "", "r.example/a@sha256:\(hex)"),
        // Built on the node, loaded from a file, or not started yet: nothing that a registry has.
        Situation("a:1", as: "a:1", "docker://sha256:\(hex)"),
        Situation("a:1", as: "docker.io/library/a:1", "docker.io/library/import-2026-01-02@sha256:\(hex)"),
        Situation("a:1", as: "a:1", ""),
        Situation("r.example/a@sha256:\(hex)", as: "r.example/a:1", "r.example/a@sha256:\(String(hex.reversed()))"),
    ]

    @Test(arguments: same) fileprivate func `a digest is that of the spec's image where the status says both names`(
        situation: Situation
    ) {
        #expect(situation.finding?.running?.text == "sha256:\(hex)")
    }

    @Test(arguments: other) fileprivate func `a digest that may be another image's is nobody's`(situation: Situation) {
        #expect(situation.finding?.running == nil)
    }

    @Test func `init and ephemeral containers have statuses of their own`() {
        func digest(_ digit: Character) -> String { "sha256:" + String(repeating: digit, count: 64) }
        func status(_ name: String, _ image: String, _ digit: Character) -> String {
            "[{name: \(name), image: \(image), imageID: \(image.prefix { $0 != ":" })@\(digest(digit))}]"
        }
        let text = """
            apiVersion: v1
            kind: Pod
            spec:
              initContainers: [{name: i, image: a/i:1}]
              containers: [{name: c, image: a/c:1}]
              ephemeralContainers: [{name: e, image: a/e:1}]
            status:
              initContainerStatuses: \(status("i", "a/i:1", "1"))
              containerStatuses: \(status("c", "a/c:1", "2"))
              ephemeralContainerStatuses: \(status("e", "a/old:1", "3"))

            """
        #expect(scanned(text).findings.map { $0.running?.text } == [digest("1"), digest("2"), nil])
    }

    @Test func `what has no status of its own is no pod's to show`() {
        let finding = scanned(pod("nginx:1\n    name: c")).findings.first
        #expect(finding != nil && finding?.running == nil)
    }
}
