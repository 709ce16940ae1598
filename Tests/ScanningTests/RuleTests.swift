// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

@Suite struct RuleTests {
    private let widget = """
        apiVersion: example.com/v2
        kind: Widget
        spec:
          worker: {img: "quay.io/a/b:1"}
          list: [{img: "x/y:2"}, {img: "x/y:3"}]

        """

    private func found(_ rule: String) throws -> [String] {
        var options = ScanOptions()
        options.rules = [try ResourceRule(parsing: rule)]
        return references(widget, options: options)
    }

    @Test func `follow a path through mappings and lists`() throws {
        #expect(try found("Widget:spec.worker.img") == ["quay.io/a/b:1"])
        #expect(try found("Widget.example.com:spec.list[].img") == ["x/y:2", "x/y:3"])
        #expect(try found("*:spec.*.img") == ["quay.io/a/b:1", "x/y:2", "x/y:3"])
        #expect(try found("*:**.img") == ["quay.io/a/b:1", "x/y:2", "x/y:3"])
        #expect(try found("Gadget:spec.worker.img") == [])
        #expect(try found("Widget.other.com:spec.worker.img") == [])
    }

    @Test(arguments: ["", "Widget", ":a", "Widget:", "Widget:a..b"])
    func `are refused where they are no rules`(text: String) {
        #expect(throws: ScanProblem.self) { try ResourceRule(parsing: text) }
    }

    @Test func `guesses are found only when asked for, and marked`() {
        let text = pod("nginx:1") + "    args: [--sidecar=quay.io/a/b:1.2, 10.0.0.1:80, a/b]\n"
        #expect(references(text) == ["nginx:1"])
        var options = ScanOptions()
        options.findsGuesses = true
        let findings = scanned(text, options: options).findings
        #expect(findings.map { $0.reference?.asTyped } == ["nginx:1", "quay.io/a/b:1.2"])
        #expect(findings.map(\.isGuess) == [false, true])
    }

    @Test func `a pod's running digest is known by its container`() {
        let hex = String(repeating: "ab", count: 32)
        let text =
            pod("nginx:1\n    name: web")
            + "status:\n  containerStatuses:\n  - {name: web, image: nginx:1, imageID: \"nginx@sha256:\(hex)\"}\n"
        #expect(scanned(text).findings.map { $0.running?.text } == ["sha256:" + hex])
    }

    @Test func `owners have namespace, kind and name`() {
        let text = pod("nginx:1") + "metadata: {name: web, namespace: shop}\n"
        #expect(scanned(text).findings.map(\.owner) == [ResourceOwner(namespace: "shop", kind: "Pod", name: "web")])
    }

    @Test func `a kustomization takes a new name where it has none`() throws {
        let text = "images:\n- name: nginx\n  newTag: '1'\n"
        let part = try #require(scanned(text, as: "kustomization.yaml").findings.first?.parts.first)
        #expect(part.field == .name && part.range == 21..<21)
        #expect(part.insertion?.before == "\n  newName: ")
    }

    @Test(arguments: [
        ("gcr.io/a/b", ["gcr.io"], false), ("eu.gcr.io/a/b", ["gcr.io"], false), ("notgcr.io/a/b", ["gcr.io"], true),
        ("us-docker.pkg.dev/p/r/i", ["docker.pkg.dev"], false), ("nginx", ["docker.io"], false),
        ("quay.io/a/b", ["quay.io/a"], false), ("quay.io/ab/b", ["quay.io/a"], true),
    ])
    func `registries are excluded by host, end of host, or path`(image: String, excluded: [String], stays: Bool) throws
    {
        let finding = try #require(scanned(pod(image)).findings.first)
        #expect(RegistryFilter(excluding: excluded).keeps(finding) == stays)
        #expect(RegistryFilter(includingOnly: excluded).keeps(finding) != stays)
    }

    /// One grammar, two readers: what a scan takes for a reference is the reference every command takes it for.
    @Test(arguments: [
        "nginx", "nginx:1", "a/b", "a/b/c:1.2", "docker.io/nginx", "docker.io/a/b:1", "index.docker.io/nginx",
        "localhost/a",
        "localhost:5000/a:1", "quay.io/a/b", "Host/a", "reg.io:443/a/b@sha256:\(String(repeating: "ab", count: 32))",
        "a:1@sha256:\(String(repeating: "ab", count: 32))", "a@sha256:\(String(repeating: "ab", count: 32))",
    ])
    func `references are read as everywhere`(text: String) throws {
        let scanned = ImageName.reference(text)
        let parsed = try? Reference(parsing: text)
        #expect(scanned == parsed)
        #expect(scanned?.asTyped == parsed?.asTyped)
    }
}
