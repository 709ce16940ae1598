// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Overlays
import Rewriting
import Scanning
import Testing

@Suite struct OverlayTests {
    private func overlay(
        _ format: OverlayFormat, _ files: [(String, String)], to prefix: String = "r.example/m",
        charts: [String: ChartPlace] = [:]
    ) throws -> Overlay {
        let rule = ImageMapping.rule(TargetRule(prefix: try TargetPrefix(parsing: prefix)))
        return overlay(format, files, rule, charts: charts)
    }

    private func overlay(
        _ format: OverlayFormat, _ files: [(String, String)], _ mapping: ImageMapping,
        charts: [String: ChartPlace] = [:]
    ) -> Overlay {
        let sources = files.map { name, text in
            let bytes = Array(text.utf8)
            let findings = FileScanner().scan(bytes, kind: FileKind(path: name)).findings
            return OverlaySource(file: name, bytes: bytes, findings: findings, chart: charts[name])
        }
        func decision(_ finding: Finding) -> RewriteDecision {
            finding.reference.map(mapping.decision) ?? .refuse("no value")
        }
        return Overlay(format, sources, decide: decision) { $0.reference.map(mapping.nameDecision) ?? .leave }
    }

    private func table(_ pairs: [String: String]) throws -> ImageMapping {
        ImageMapping(pairs: try pairs.map { (try Reference(parsing: $0.key), try Reference(parsing: $0.value)) })
    }

    private func pod(_ images: String...) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
            + images.map { "  - image: \($0)\n" }.joined()
    }

    private func body(_ overlay: Overlay) -> String {
        overlay.files.map { file in
            file.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        }
        .joined(separator: "\n--\n")
    }

    private let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"

    @Test func `images in settings are told where a format replaces containers or a chart's images`() throws {
        let deployment = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              template:
                spec:
                  containers:
                  - name: a
                    image: quay.io/a/web:1
                    args: ["--helper-image=quay.io/a/helper:1"]
                    env: [{name: SIDE_IMAGE, value: "quay.io/a/side:1"}]

            """
        let component = try overlay(.kustomize, [("d.yaml", deployment)])
        #expect(component.uncovered.map(\.finding.text) == ["quay.io/a/helper:1", "quay.io/a/side:1"])
        #expect(component.files.count == 1)
        let values =
            "image: {repository: quay.io/a/web, tag: '1'}\nextraEnv: [{name: X_IMAGE, value: 'quay.io/a/x:1'}]\n"
        let chart = try overlay(
            .helmValues,
            [("c/values.yaml", values), ("c/templates/d.yaml", deployment), ("other/d.yaml", deployment)],
            charts: ["c/values.yaml": ChartPlace(folder: "c")])
        #expect(chart.uncovered.count == 4 && chart.uncovered.allSatisfy { $0.file.hasPrefix("c/") })
        #expect(chart.uncovered.map(\.finding.text).contains("quay.io/a/x:1"))
        #expect(try overlay(.registriesConf, [("d.yaml", deployment)]).uncovered.isEmpty)
    }

    private struct Gone: Error {}

    private func findings(_ images: String...) -> [Finding] {
        FileScanner().scan(Array(images.map { "FROM \($0)\n" }.joined().utf8), kind: .dockerfile).findings
    }

    @Test func `a file that cannot be read again is told once, and what is read twice is one source`() throws {
        var sources = OverlaySources()
        #expect(throws: Gone.self) {
            try sources.add(findings("a:1"), of: "gone", refuted: []) { _ throws(Gone) in throw Gone() }
        }
        sources.add(findings("a:1"), of: "gone", refuted: []) { OverlaySource(file: $0, bytes: []) }
        #expect(sources.all.isEmpty)
        let (first, second) = (findings("a:1"), findings("a:1", "b:1"))
        sources.add(first, of: "f", refuted: []) { OverlaySource(file: $0, bytes: [1]) }
        sources.add(second, of: "f", refuted: []) { OverlaySource(file: $0, bytes: [2]) }
        #expect(sources.all.map(\.bytes) == [[1]] && sources.all.map(\.findings) == [second])
        sources.add([], of: "f", refuted: first) { OverlaySource(file: $0, bytes: [3]) }
        #expect(sources.all.map(\.findings) == [[second[1]]])
    }

    @Test func `a dependency stands below its aliases, and whoever cannot read them says so`() throws {
        let files = ["a/Chart.yaml", "a/charts/b/Chart.yaml", "a/charts/b/charts/c/Chart.yaml"]
        let chart = "dependencies:\n- {name: b, alias: x}\n- {name: b, alias: y}\n"
        let place = try ChartPlace(of: "a/charts/b/charts/c/values.yaml", isFile: files.contains) { path throws(Gone) in
            path == "a/Chart.yaml" ? Array(chart.utf8) : []
        }
        #expect(place == ChartPlace(folder: "a", prefixes: [["x", "c"], ["y", "c"]]))
        #expect(throws: Gone.self) {
            try ChartPlace(of: "a/charts/b/values.yaml", isFile: files.contains) { _ throws(Gone) in throw Gone() }
        }
        let alone = ChartPlace(of: "elsewhere/values.yaml", isFile: files.contains) { _ in [] }
        #expect(alone == nil)
    }

    @Test func `aliases stand in a file of their own in charts of Helm's first versions`() throws {
        let files = ["a/Chart.yaml", "a/requirements.yaml", "a/charts/b/Chart.yaml"]
        let place = try ChartPlace(of: "a/charts/b/values.yaml", isFile: files.contains) { path throws(Gone) in
            Array((path == "a/requirements.yaml" ? "dependencies:\n- {name: b, alias: x}\n" : "name: a\n").utf8)
        }
        #expect(place == ChartPlace(folder: "a", prefixes: [["x"]]))
    }

    // MARK: - kustomize

    @Test func `kustomize gets a new name for each name, whatever its tags`() throws {
        let made = try overlay(.kustomize, [("a.yaml", pod("nginx:1", "nginx:2", "quay.io/a/b@sha256:\(hex)"))])
        #expect(made.uncovered == [])
        #expect(
            body(made) == component
                + "images:\n- name: \"nginx\"\n  newName: \"r.example/m/nginx\"\n"
                + "- name: \"quay.io/a/b\"\n  newName: \"r.example/m/quay.io/a/b\"")
    }

    @Test func `kustomize gets tag and digest where they change, and nothing where one name would need two`() throws {
        let made = overlay(
            .kustomize, [("a.yaml", pod("nginx:1", "redis:6", "redis:7", "busybox:1", "busybox:2"))],
            try table([
                "nginx:1": "r.example/n:2@sha256:\(hex)", "redis:6": "r.example/redis:6", "busybox:1": "r.example/b:1",
                "busybox:2": "r.example/c:2",
            ]))
        #expect(
            body(made) == component
                + "images:\n- name: \"nginx\"\n  newName: \"r.example/n\"\n  newTag: \"2\"\n  digest: \"sha256:\(hex)\""
        )
        #expect(made.uncovered.map(\.finding.text) == ["redis:6", "busybox:1", "busybox:2"])
    }

    @Test func `kustomize's patch keeps what a parameter or another field decides`() throws {
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            metadata: {name: t}
            spec:
              params: [{name: version, default: '1.22'}, {name: org, default: acme}]
              steps:
              - image: 'golang:$(params.version)'
              - image: 'q.io/$(params.org)/a:1'

            """
        let made = try overlay(.kustomize, [("a.yaml", task)])
        #expect(body(made).contains(#""/spec/steps/0/image", "value": "r.example/m/golang:$(params.version)""#))
        #expect(!body(made).contains("steps/1") && made.uncovered.map(\.finding.text) == ["q.io/$(params.org)/a:1"])
        let plan = """
            apiVersion: upgrade.cattle.io/v1
            kind: Plan
            metadata: {name: p}
            spec: {version: v1, upgrade: {image: rancher/k3s-upgrade}}

            """
        let upgrade = try overlay(.kustomize, [("a.yaml", plan)])
        #expect(body(upgrade).contains(#""value": "r.example/m/rancher/k3s-upgrade""#))
    }

    @Test func `kustomize gets a patch for an image outside of container lists`() throws {
        let text =
            "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p}\nspec: {image: quay.io/a/b:1}\n"
        let made = try overlay(.kustomize, [("a.yaml", text)])
        #expect(
            body(made) == component
                + "patches:\n- target: {kind: \"Prometheus\", name: \"p\"}\n  patch: |-\n"
                + "    [{\"op\": \"replace\", \"path\": \"/spec/image\", \"value\": \"r.example/m/quay.io/a/b:1\"}]")
    }

    // MARK: - Helm

    @Test func `Helm gets the keys that change, at their paths`() throws {
        let values =
            "replicas: 1\nimage:\n  registry: docker.io\n  repository: a/b\n  tag: \"1\"\n"
            + "sidecar:\n  on: {image: quay.io/x/y:2}\n"
        let made = try overlay(.helmValues, [("values.yaml", values)])
        #expect(
            body(made)
                == "image:\n  registry: \"r.example\"\n  repository: \"m/docker.io/a/b\"\n"
                + "sidecar:\n  \"on\":\n    image: \"r.example/m/quay.io/x/y:2\"")
    }

    @Test func `a chart that refuses images by other names is told that these are meant`() throws {
        let values = """
            global:
              security: {allowInsecureImages: false}
            image: {registry: docker.io, repository: bitnami/a, tag: "1"}
            """
        let text = body(try overlay(.helmValues, [("values.yaml", values)]))
        #expect(text.contains("  security:\n    allowInsecureImages: true"))
        let other = body(try overlay(.helmValues, [("values.yaml", "image: {repository: bitnami/a, tag: '1'}\n")]))
        #expect(!other.isEmpty && !other.contains("global"))
    }

    @Test func `a name whose tag the chart fills in is overridden, too`() throws {
        let values = "image: {repository: quay.io/a/b, tag: \"\"}\n"
        #expect(body(try overlay(.helmValues, [("values.yaml", values)])).hasSuffix("\"r.example/m/quay.io/a/b\""))
        let copied = try table(["quay.io/a/b:1": "r.example/b:1", "quay.io/a/b:2": "r.example/b:2"])
        #expect(
            body(overlay(.helmValues, [("values.yaml", values)], copied)) == "image:\n  repository: \"r.example/b\"")
    }

    @Test func `values of dependencies stand below their names, and what the installed chart says of them counts`()
        throws
    {
        let inner = "image: {repository: a/b, tag: \"1\"}\nother: {image: \"c/d:1\"}\n"
        let outer = "db:\n  image: {repository: x/y, tag: \"1\"}\n"
        let made = try overlay(
            .helmValues, [("c/values.yaml", outer), ("c/charts/redis/values.yaml", inner)],
            charts: [
                "c/values.yaml": ChartPlace(folder: "c"),
                "c/charts/redis/values.yaml": ChartPlace(folder: "c", prefixes: [["db"], ["cache"]]),
            ])
        #expect(made.files.map(\.path) == ["c/values.yaml"])
        #expect(made.uncovered == [])
        #expect(
            body(made)
                == "db:\n  image:\n    repository: \"r.example/m/x/y\"\n  other:\n    image: \"r.example/m/c/d:1\"\n"
                + "cache:\n  image:\n    repository: \"r.example/m/a/b\"\n  other:\n    image: \"r.example/m/c/d:1\"")
    }

    @Test func `an image of which other values say a part, and of which nothing is made there, stays`() throws {
        let own = ("c/values.yaml", "image: {registry: quay.io, repository: a/b, tag: '1'}\nx: {image: \"c/d:1\"}\n")
        func made(_ other: String) throws -> Overlay { try overlay(.helmValues, [own, ("c/values-prod.yaml", other)]) }
        let part = try made("image: {registry: ghcr.io}\n")
        #expect(body(part) == "x:\n  image: \"r.example/m/c/d:1\"")
        #expect(part.uncovered.map(\.reason).contains("values-prod.yaml says another name for it"))
        // A tag alone, and a whole image, which has a file of its own.
        #expect(try made("image: {tag: '2'}\n").files.map(\.path) == ["c/values.yaml"])
        let whole = try made("image: {registry: ghcr.io, repository: a/b, tag: '2'}\n")
        #expect(whole.files.map(\.path) == ["c/values-prod.yaml", "c/values.yaml"])
        #expect(whole.uncovered == [])
    }

    @Test func `what Helm cannot override is left out by name`() throws {
        let values = "extra:\n- image: a/b:1\n"
        let made = try overlay(.helmValues, [("values.yaml", values)])
        #expect(made.files == [])
        #expect(made.uncovered.map(\.reason) == ["it stands in a list, which Helm replaces as a whole"])
    }

    @Test func `aliases and merges are overridden wherever they are used`() throws {
        let values = "a: &a {image: \"x/y:1\"}\nb: *a\nc: {<<: *a, k: v}\n"
        #expect(
            body(try overlay(.helmValues, [("values.yaml", values)]))
                == ["a", "b", "c"].map { "\($0):\n  image: \"r.example/m/x/y:1\"" }.joined(separator: "\n"))
    }

    // MARK: - Runtimes

    @Test func `containerd gets a folder for each registry, and is told what it would not find`() throws {
        let made = try overlay(.containerdHosts, [("a.yaml", pod("nginx:1", "team/app:1", "quay.io/a/b:1"))])
        #expect(made.files.map(\.path) == ["docker.io/hosts.toml", "quay.io/hosts.toml"])
        #expect(
            body(made) == """
                server = "https://registry-1.docker.io"
                [host."https://r.example/v2/m"]
                  capabilities = ["pull", "resolve"]
                  override_path = true
                --
                server = "https://quay.io"
                [host."https://r.example/v2/m/quay.io"]
                  capabilities = ["pull", "resolve"]
                  override_path = true
                """)
        #expect(
            made.uncovered.map(\.reason) == [
                "containerd asks for r.example/m/library/nginx:1, its copy is r.example/m/nginx:1: copy it there, too"
            ])
    }

    @Test func `registries.conf names a repository by itself where its registry's mirror is not asked for it`() throws {
        let made = try overlay(
            .registriesConf, [("a.yaml", pod("nginx:1", "team/app:1")), ("Dockerfile", "FROM nginx:1\n")],
            to: "127.0.0.1:5000/m")
        func entry(_ name: String, _ place: String) -> String {
            "[[registry]]\nprefix = \"\(name)\"\nlocation = \"\(name)\"\n"
                + "[[registry.mirror]]\nlocation = \"\(place)\"\ninsecure = true"
        }
        #expect(made.uncovered == [])
        #expect(
            body(made) == entry("docker.io", "127.0.0.1:5000/m") + "\n"
                + entry("docker.io/library/nginx", "127.0.0.1:5000/m/nginx"))
    }

    @Test(arguments: [OverlayFormat.containerdHosts, .registriesConf])
    func `a mirror is not asked for another tag`(format: OverlayFormat) throws {
        let made = overlay(format, [("a.yaml", pod("quay.io/a/b:1"))], try table(["quay.io/a/b:1": "r.example/a/b:2"]))
        #expect(made.files == [] && made.uncovered.count == 1)
    }

    private let hex = String(repeating: "ab", count: 32)
}

@Suite struct KeyPathTests {
    @Test func `a scalar has the keys and places that lead to it`() {
        let text = "a:\n- b: 'x'\n- c: y\n---\nd: z\n"
        let paths = KeyPaths(Array(text.utf8))
        #expect(paths.paths(to: 9) == [[.key("a"), .item(0), .key("b")]])
        #expect(paths.paths(to: 17) == [[.key("a"), .item(1), .key("c")]])
        #expect(paths.paths(to: 26) == [[.key("d")]])
        #expect(paths.paths(to: 3) == [])
    }

    @Test func `aliases that grow without end are given up`() {
        let text =
            "k0: &k0 [x]\n" + (1...30).map { "k\($0): &k\($0) [*k\($0 - 1), *k\($0 - 1)]\n" }.joined()
        #expect(KeyPaths(Array(text.utf8)).paths(to: 9).count > 0)
    }

    @Test func `a dependency's values stand below its aliases, else below its name`() {
        let chart = Array("dependencies:\n- {name: redis, alias: cache}\n- {name: redis}\n- {name: db}\n".utf8)
        let dependencies = ChartDependencies(in: [chart])
        #expect(dependencies.keys(of: "redis") == ["cache", "redis"])
        #expect(dependencies.keys(of: "db") == ["db"])
        #expect(ChartDependencies(in: []).keys(of: "other") == ["other"])
    }
}
