// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Texts of images that something else needs, too, or that other texts limit.
@Suite struct OtherUseTests {
    /// Whether the bytes of a text must not change, because something else than images uses them.
    private func isShared(_ word: String, in text: String, as file: String) -> Bool {
        let bytes = Array(text.utf8)
        return scanned(text, as: file).shared.contains { shared in
            shared.use == .other && String(decoding: bytes[shared.range], as: UTF8.self) == word
        }
    }

    @Test(arguments: [
        "provider \"docker\" {\n registry_auth { address = var.reg }\n}\n", "output \"reg\" { value = var.reg }\n",
        "resource \"x\" \"y\" {\n provisioner \"local-exec\" { command = \"docker login ${var.reg}\" }\n}\n",
    ]) func `a registry of Terraform that is used for something else is shared`(use: String) {
        let text = """
            variable "reg" { default = "quay.io" }
            resource "docker_container" "a" { image = "${var.reg}/a/b:1" }

            """
        #expect(isShared("quay.io", in: text + use, as: "main.tf"))
        #expect(!isShared("quay.io", in: text, as: "main.tf"))
        let script =
            "resource \"x\" \"y\" {\n provisioner \"local-exec\" { command = \"docker pull ${var.reg}/c:1\" }\n}\n"
        #expect(!isShared("quay.io", in: text + script, as: "main.tf"))
    }

    @Test(arguments: [
        (
            "a.bicep", "param reg string = 'q.azurecr.io'\nresource a 'x@1' = { image: '${reg}/b:1' }\n",
            "output o string = reg\n"
        ),
        ("a.jsonnet", "local reg = 'q.azurecr.io';\n{ image: reg + '/b:1',", " host: reg }\n"),
        (
            "a.ts",
            "import * as pulumi from '@pulumi/pulumi'\nconst reg = 'q.azurecr.io'\nconst c = { image: `${reg}/b:1` }\n",
            "login(reg)\n"
        ),
    ]) func `a registry of a program that is used for something else is shared`(file: String, text: String, use: String)
    {
        #expect(references(text, as: file) == ["q.azurecr.io/b:1"])
        #expect(isShared("q.azurecr.io", in: text + use, as: file))
        #expect(!isShared("q.azurecr.io", in: text, as: file))
    }

    @Test(arguments: [
        (
            ".github/workflows/a.yml",
            "on: {workflow_dispatch: {inputs: {image: {type: choice, default: 'redis:7', options: ['redis:7', 'redis:6']}}}}\njobs: {a: {container: '${{ inputs.image }}'}}\n"
        ),
        (
            "azure-pipelines.yml",
            "parameters:\n- {name: image, default: 'redis:7', values: ['redis:7', 'redis:6']}\njobs:\n- {job: a, container: '${{ parameters.image }}'}\n"
        ),
        (
            ".gitlab-ci.yml",
            "variables: {TOOL_IMAGE: {value: 'redis:7', options: ['redis:7', 'redis:6']}}\na: {script: ['docker pull $TOOL_IMAGE']}\n"
        ),
    ]) func `a value that a list allows stays, and the other ones are found`(file: String, text: String) {
        let findings = scanned(text, as: file).findings.filter { $0.text.hasPrefix("redis") }
        #expect(Set(findings.compactMap { $0.reference?.asTyped }) == ["redis:7", "redis:6"])
        #expect(findings.allSatisfy { $0.advice != nil })
    }

    @Test func `a value that a validation of Terraform compares stays`() {
        func advice(_ condition: String) -> String? {
            let text =
                "variable \"image\" {\n default = \"redis:7\"\n validation {\n condition = \(condition)\n }\n}\n"
            return scanned(text, as: "main.tf").findings.first?.advice
        }
        #expect(advice("contains([\"redis:7\", \"redis:6\"], var.image)") != nil)
        #expect(advice("length(var.image) > 3") == nil)
    }

    @Test(arguments: [
        "rules: [{if: '$DB == \"postgres\"'}]", "cache: {key: $DB}", "script: ['./test.sh --db $DB']",
    ]) func `a name in a variable of GitLab stays where something else uses it`(use: String) {
        func advice(_ use: String) -> [String?] {
            let text = "variables: {DB: postgres}\na:\n  image: $DB:15\n  \(use)\n"
            return scanned(text, as: ".gitlab-ci.yml").findings.map(\.advice)
        }
        #expect(advice(use).count == 1 && advice(use)[0] != nil)
        #expect(advice("script: [make, 'echo $DBS']") == [nil])
    }

    @Test(arguments: [
        ("if: \"matrix.distro == 'alpine'\"", true), ("with: {name: 'pkg-${{ matrix.distro }}'}", true),
        ("with: {key: 'pkg-${{ matrix.distro }}'}", true), ("name: 'On ${{ matrix.distro }}'", false),
    ]) func `a name in a matrix of GitHub stays where something else uses it`(use: String, stays: Bool) {
        let text = """
            on: push
            jobs:
              a:
                strategy: {matrix: {distro: [debian]}}
                container: ${{ matrix.distro }}:12
                steps: [{uses: actions/cache@v4, \(use)}]

            """
        let findings = scanned(text, as: ".github/workflows/a.yml").findings
        #expect(findings.map { $0.advice != nil } == [stays])
    }

    @Test(arguments: [("if: \"matrix.image == 'debian:12'\"", true), ("run: 'echo ${{ matrix.image }}'", false)])
    func `a whole image in a matrix of GitHub stays where it is compared`(use: String, stays: Bool) {
        let text = """
            on: push
            jobs:
              a:
                strategy: {matrix: {image: ['debian:12']}}
                container: ${{ matrix.image }}
                steps: [{\(use)}]

            """
        let findings = scanned(text, as: ".github/workflows/a.yml").findings
        #expect(findings.map { $0.advice != nil } == [stays])
    }

    @Test func `a service of GitLab without an alias gets another host name`() {
        let text = "a:\n  services: ['redis:7', {name: 'postgres:16', alias: db}, 'q.io/a/b:1']\n  script: [x]\n"
        let findings = scanned(text, as: ".gitlab-ci.yml").findings
        #expect(findings.map { $0.remark?.split(separator: " ").last } == ["redis", nil, "q.io-a-b"])
    }

    @Test func `a name that a target of Bake gives to a context is no image of its inline Dockerfile`() {
        let text = """
            target "common" {}
            target "app" {
              contexts = { common = "target:common" }
              dockerfile-inline = "FROM common\\nCOPY --from=redis:7 /a /a\\n"
            }

            """
        #expect(references(text, as: "docker-bake.hcl") == ["redis:7"])
    }

    @Test(arguments: ["24h", "3600", "300x200", "logo.png"])
    func `a time, a size and a picture in a chart's values are no images`(value: String) {
        #expect(references("token: {image: \(value)}\n", as: "values.yaml") == [])
    }
}
