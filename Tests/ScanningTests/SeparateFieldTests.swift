// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Images whose name and tag are in different places.
@Suite struct SeparateFieldTests {
    @Test(arguments: [
        ("{ image = \"quay.io/a/x\", tag = \"1\" }", ["quay.io/a/x:1"]),
        ("{ image = \"quay.io/a/x:1\" }", ["quay.io/a/x:1"]),
        ("{ image = \"quay.io/a/x\", image_tag = var.t }", ["?tag"]), ("{ image = \"x\", tag = \"y\" }", ["x:y"]),
        ("{ image = \"quay.io/a/x:1\", tag = \"2\" }", ["quay.io/a/x:1"]), ("{ tag = \"1\" }", []),
    ]) func `a field of Terraform with a tag belongs to the image beside it`(object: String, found: [String]) {
        #expect(references("locals {\n  a = { b = \(object) }\n}\n", as: "main.tf") == found)
    }

    @Test(arguments: [
        ("${var.app_image}:${var.t}", ["quay.io/a/x:1"]), ("${var.app_image}@${var.t}", ["?var.t"]),
        ("${var.app_image}", ["quay.io/a/x"]), ("${var.app_image}-dev:1", ["quay.io/a/x", "quay.io/a/x-dev:1"]),
    ]) func `a variable that is only used before a tag is no image by itself`(image: String, found: [String]) {
        let text = """
            variable "app_image" { default = "quay.io/a/x" }
            variable "t" { default = "1" }
            resource "docker_container" "x" { image = "\(image)" }

            """
        let given = image.contains("@") ? text.replacing("{ default = \"1\" }", with: "{}") : text
        #expect(references(given, as: "main.tf") == found)
    }

    @Test func `values in tags below images are images, and what is beside them is none`() {
        let values = """
            images:
              pull_policy: IfNotPresent
              local_registry: {active: false, exclude: [dep_check, image_repo_sync]}
              tags:
                api: quay.io/acme/api:1
                dep_check: quay.io/acme/check
                image_repo_sync: docker:27
                none: null
                own: acme/own
                db: {{ .x }}
            other: {tags: {a: "quay.io/acme/other:1"}}

            """
        let images = ["quay.io/acme/api:1", "quay.io/acme/check", "docker:27"]
        #expect(references(values.replacing("    db: {{ .x }}\n", with: ""), as: "values.yaml") == images)
        #expect(references(values, as: "values.yaml.gotmpl") == images)
    }

    @Test func `the same counts for a variable of Bake`() {
        let text = "variable \"BASE_IMAGE\" { default = \"quay.io/a/x\" }\nvariable \"V\" { default = \"1\" }\n"
        let composed = "target \"a\" { contexts = { b = \"docker-image://${BASE_IMAGE}:${V}\" } }\n"
        #expect(references(text + composed, as: "docker-bake.hcl") == ["quay.io/a/x:1"])
        #expect(references(text, as: "docker-bake.hcl") == ["quay.io/a/x"])
    }

    @Test(arguments: [
        ("-images=api=quay.io/a/x:1", ["quay.io/a/x:1"]), ("--images=api=quay.io/a/x:1", ["quay.io/a/x:1"]),
        ("--images=quay.io/a/x:1,quay.io/a/y:1", ["quay.io/a/x:1", "quay.io/a/y:1"]),
        ("--kube-images=a=quay.io/a/x:1;b=quay.io/a/y:1", ["quay.io/a/x:1", "quay.io/a/y:1"]),
        ("--images=all,none", []), ("--pages=quay.io/a/x:1", []),
    ]) func `an argument may hold a list of images, which may have names`(argument: String, images: [String]) {
        let text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{args: ['\(argument)'], image: 'a:1'}]}\n"
        #expect(references(text).sorted() == ["a:1"] + images)
    }

    @Test(arguments: [
        ("--prometheus-default-base-image=quay.io/p/p", ["?version"]),
        ("--prometheus-default-base-image=quay.io/p/p:v1", ["quay.io/p/p:v1"]),
        ("--prometheus-config-reloader=quay.io/p/r:v1", ["quay.io/p/r:v1"]),
    ]) func `an argument with a name for which resources give the version is open`(argument: String, found: [String]) {
        let text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: own, args: [\"\(argument)\"]}]}\n"
        #expect(references(text) == ["own"] + found)
    }

    @Test func `a chart's values in a HelmChart are given by paths, too`() {
        let text = """
            apiVersion: helm.cattle.io/v1
            kind: HelmChart
            spec:
              set: {image.repository: quay.io/a/x, image.tag: "1", sidecar.image: "quay.io/a/s:2", other.image.tag: "3"}
            """
        #expect(references(text) == ["quay.io/a/x:1", "quay.io/a/s:2", "?repository"])
    }

    @Test func `what a machine runs before it joins a cluster is shell text`() {
        let text = """
            apiVersion: bootstrap.cluster.x-k8s.io/v1beta1
            kind: KubeadmConfig
            spec:
              preKubeadmCommands: ["ctr -n k8s.io images pull quay.io/a/x:1", "hostname x"]
              postKubeadmCommands: ["docker pull quay.io/a/y:1"]
            """
        #expect(references(text) == ["quay.io/a/x:1", "quay.io/a/y:1"])
    }

    @Test(arguments: ["debian-cloud/debian-12", "projects/cos-cloud/global/images/family/cos-stable"])
    func `a machine's disk is no image of a container`(disk: String) {
        #expect(references("VM_IMAGE=\(disk)\nexport VM_IMAGE\ndocker ps\n", as: "a.sh") == [])
    }

    @Test func `the sidecar that an annotation of Dapr names is an image`() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {dapr.io/sidecar-image: 'quay.io/a/d:1'}}\n"
        #expect(references(text) == ["quay.io/a/d:1"])
    }
}
