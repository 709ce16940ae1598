// SPDX-License-Identifier: Apache-2.0

import FileRewrites
import FileScans
import Foundation
import OCI
import Rewriting
import Scanning
import Testing

/// Images in a chart's values of which another file of the tree decides a part.
@Suite final class GivenOverridesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "given-" + UUID().uuidString).path

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static let chart = [
        "charts/a/Chart.yaml": "name: a\nversion: 1.0.0\n",
        "charts/a/values.yaml": "global: {registry: docker.io}\nimage: {repository: library/alpine, tag: '3'}\n",
        "charts/a/templates/pod.yaml": """
        kind: Pod
        apiVersion: v1
        spec:
          containers:
          - image: '{{ .Values.global.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}'

        """,
    ]

    private static let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    path: "
    private static let release =
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart: {spec: {chart: "

    /// Writes the chart and one more file, or two.
    private func write(_ files: [String: String]) throws {
        for (name, text) in Self.chart.merging(files, uniquingKeysWith: { $1 }) {
            let file = URL(filePath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    private func rewrite() async throws -> (changed: [String], notes: [String]) {
        let pair = (try Reference(parsing: "alpine:3"), try Reference(parsing: "p.example/alpine:3"))
        let mapping = RewriteMapping(images: ImageMapping(pairs: [pair]), filter: RegistryFilter(excluding: []))
        let scan = ScanRun(roots: [.folder(folder)], scanner: FileScanner(), workers: 2)
        var notes: [String] = []
        let outcome = await RewriteRun(scan: scan, mapping: mapping) { notes.append($0) }.outcome()
        return (outcome.changes.map { FilePath.name(of: $0.path) }, notes)
    }

    private static let value = "global: {registry: quay.io}"

    static let givers: [[String: String]] = [
        ["deploy.sh": "helm upgrade --install a ./charts/a --set global.registry=quay.io\n"],
        ["deploy.sh": "CHART=./charts/a\nhelm upgrade a $CHART --set global.registry=$REGISTRY\n"],
        ["charts/a/deploy.sh": "helm upgrade a . --set global.registry=quay.io\n"],
        ["Makefile": "up:\n\thelm install a charts/a -f prod.yaml\n", "prod.yaml": value + "\n"],
        ["deploy.sh": "helm install a charts/a -f values-b.yaml\n", "values-b.yaml": value + "\n"],
        [
            ".github/workflows/a.yml":
                "jobs: {a: {steps: [{run: helm install a charts/a --set global.registry=q.io}]}}\n"
        ],
        ["app.yaml": application + "charts/a\n    helm: {parameters: [{name: global.registry, value: quay.io}]}\n"],
        ["app.yaml": application + "charts/a\n    helm: {valuesObject: {\(value)}}\n"],
        ["app.yaml": application + "charts/a\n    helm:\n      values: |\n        \(value)\n"],
        ["charts/a/.argocd-source-a.yaml": "helm:\n  parameters:\n  - {name: global.registry, value: quay.io}\n"],
        ["release.yaml": release + "./charts/a}}\n  values: {\(value)}\n"],
        [
            "chart.yaml":
                "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nspec: {chart: a, set: {global.registry: q.io}}\n"
        ],
        ["helmfile.yaml": "releases:\n- name: a\n  chart: ./charts/a\n  values:\n  - {\(value)}\n"],
        [
            "helmfile.yaml":
                "releases:\n- {name: a, chart: ./charts/a, set: [{name: global.registry, value: quay.io}]}\n"
        ],
        [
            "skaffold.yaml": """
            apiVersion: skaffold/v4beta11
            kind: Config
            manifests: {helm: {releases: [{name: a, chartPath: charts/a, setValues: {global.registry: quay.io}}]}}

            """
        ],
        ["Jenkinsfile": "node { sh \"helm upgrade a charts/a --set global.registry=${REG}\" }\n"],
        [
            "azure-pipelines.yml": """
            steps:
            - task: HelmDeploy@1
              inputs: {command: upgrade, chartPath: charts/a, overrideValues: 'global.registry=quay.io'}

            """
        ],
        [
            "task.yaml": """
            apiVersion: tekton.dev/v1
            kind: Task
            spec: {steps: [{image: alpine:4, script: helm upgrade a charts/a --set global.registry=quay.io}]}

            """
        ],
        [
            "set.yaml": """
            apiVersion: argoproj.io/v1alpha1
            kind: ApplicationSet
            spec:
              template:
                spec:
                  source: {path: '{{path}}', helm: {parameters: [{name: global.registry, value: quay.io}]}}

            """
        ],
        ["ci/deploy.sh": "helm upgrade a charts/a -f envs/$ENV/a.yaml\n", "envs/prod/a.yaml": value + "\n"],
        ["deploy.sh": "for c in charts/*; do\n  helm upgrade x \"$c\" --set global.registry=quay.io\ndone\n"],
        ["charts/a/ci/test-values.yaml": value + "\n"], ["charts/a/envs/values-prod.yaml": value + "\n"],
        [
            "app/Chart.yaml": "name: app\ndependencies:\n- {name: a, alias: x, repository: 'file://../charts/a'}\n",
            "app/values.yaml": "x: {\(value)}\n",
        ],
        ["fleet.yaml": "helm:\n  chart: charts/a\n  values: {\(value)}\n"],
        [
            "main.tf": """
            resource "helm_release" "a" {
              chart = "${path.module}/charts/a"
              set {
                name  = "global.registry"
                value = "quay.io"
              }
            }

            """
        ],
        [
            "main.tf": """
            resource "helm_release" "a" {
              chart  = "./charts/a"
              values = [yamlencode({ global = { registry = "quay.io" } })]
            }

            """
        ],
    ]

    @Test(arguments: givers)
    func `an image stays if another file gives its registry to the chart`(giver: [String: String]) async throws {
        try write(giver)
        let (changed, notes) = try await rewrite()
        #expect(changed.isEmpty)
        #expect(notes.contains { $0.contains("library/alpine") && $0.contains("says a part of the image") }, "\(notes)")
    }

    @Test(arguments: [
        ["deploy.sh": "helm upgrade b ./charts/b --set global.registry=quay.io\n"],
        ["deploy.sh": "helm install b oci://quay.io/charts/b --set global.registry=quay.io\n"],
        ["app.yaml": application + "other/a\n    helm: {valuesObject: {\(value)}}\n"],
        ["release.yaml": release + "b}}\n  values: {\(value)}\n"],
    ])
    func `an image changes if what is given is for another chart, or no part of its name`(
        giver: [String: String]
    ) async throws {
        try write(giver)
        #expect(try await rewrite().changed == ["values.yaml"])
    }

    @Test(arguments: [
        ["deploy.sh": "helm upgrade a ./charts/a --set image.tag=$TAG\n"],
        ["app.yaml": application + "charts/a\n    helm: {valuesObject: {image: {tag: '4'}}}\n"],
    ])
    func `an image to which another file gives a tag changes, and this is told`(giver: [String: String]) async throws {
        try write(giver)
        let (changed, notes) = try await rewrite()
        #expect(changed == ["values.yaml"])
        #expect(notes.contains { $0.hasPrefix("check: ") && $0.contains("gives it another tag") }, "\(notes)")
    }

    @Test func `a path leads to the chart in the nearest folder`() async throws {
        for name in ["one", "two"] {
            for (file, text) in Self.chart { try write([file.replacing("charts/a/", with: "\(name)/chart/"): text]) }
        }
        try write(["one/deploy.sh": "helm upgrade a ./chart --set global.registry=quay.io\n"])
        let (changed, notes) = try await rewrite()
        #expect(changed.count == 2, "\(notes)")
        #expect(
            notes.filter { $0.contains("says a part of the image") }.allSatisfy { $0.contains("one/chart/") },
            "\(notes)")
    }

    @Test func `what a chart gives to one in its own folder of charts is the same as its own`() async throws {
        let inner = Self.chart.mapValues { $0 }
        for (name, text) in inner { try write([name.replacing("charts/a/", with: "app/charts/a/"): text]) }
        try write([
            "app/Chart.yaml": "name: app\nversion: 1.0.0\n",
            "deploy.sh": "helm install app ./app --set a.image.repository=quay.io/acme/x\n",
        ])
        let (changed, notes) = try await rewrite()
        #expect(changed == ["values.yaml"], "\(notes)")
        #expect(notes.contains { $0.contains("app/charts/a/values.yaml") && $0.contains("deploy.sh") }, "\(notes)")
    }

    @Test func `other values of a chart are for the charts in its own folder of charts, too`() async throws {
        for (name, text) in Self.chart { try write([name.replacing("charts/a/", with: "app/charts/a/"): text]) }
        try write([
            "app/Chart.yaml": "name: app\nversion: 1.0.0\n",
            "app/values-prod.yaml": "a: {image: {repository: quay.io/acme/x}}\n",
        ])
        let (changed, notes) = try await rewrite()
        #expect(changed == ["values.yaml"], "\(notes)")
        #expect(
            notes.contains { $0.contains("app/charts/a/values.yaml") && $0.contains("values-prod.yaml") }, "\(notes)")
    }
}
