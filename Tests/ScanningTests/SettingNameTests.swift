// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// Names of settings that say that they hold an image.
@Suite struct SettingNameTests {
    private static let digest = "@sha256:" + String(repeating: "0", count: 64)

    @Test func `with image in front or in the middle count where the value has a host and a version`() {
        let makefile = """
            IMAGE_vault_amd64 := docker.io/hashicorp/vault:1.14.1
            BASE_IMAGE_arm64 := gcr.io/distroless/static\(Self.digest)
            IMAGE_FOLDER := images/base:1
            IMAGE_REGISTRY := quay.io/acme
            IMAGINE_A := quay.io/acme/none:1

            """
        let found = ["docker.io/hashicorp/vault:1.14.1", "gcr.io/distroless/static" + Self.digest]
        #expect(references(makefile, as: "a.mk") == found)
        let script = "KIND_IMAGE_K8S_133=docker.io/kindest/node\(Self.digest)\n"
        #expect(references(script, as: "k.sh") == ["docker.io/kindest/node" + Self.digest])
        #expect(references("IMAGE_A=quay.io/a/a:1\nIMAGE_B=b:1\n", as: ".env") == ["quay.io/a/a:1"])
    }

    @Test(arguments: ["Makefile", "a.sh", ".env"])
    func `in capitals that end in IMAGE without a dash count where the value has a tag, a digest or a host`(
        file: String
    ) {
        let text = """
            GOBUILDIMAGE=golang:1.26.4
            BASEIMAGE=quay.io/acme/base
            PINNEDIMAGE=acme/pinned\(Self.digest)
            PUSHBASEIMAGE=false
            DISKIMAGE=folder/disk
            scrimage=acme/own:1

            """
        let found = ["golang:1.26.4", "quay.io/acme/base", "acme/pinned" + Self.digest]
        #expect(references(text, as: file) == found)
    }

    @Test func `in capitals without a dash are open where their tag is filled in later, and lists too`() {
        #expect(references("GOBUILDIMAGE=golang:$V\n", as: "a.sh") == ["?V"])
        #expect(references("BASEIMAGES=\"golang:1 quay.io/acme/b\"\n", as: "a.sh") == ["golang:1", "quay.io/acme/b"])
    }

    /// A mirror may have any of these: what was moved there has to be found there.
    @Test(arguments: ["localhost", "localhost:5000", "mirror:5000", "mirror.example"])
    func `in capitals without a dash and in lists count behind any host`(host: String) {
        let text = "BASEIMAGE=\(host)/m/a\nX_IMAGES=\(host)/m/b\n"
        #expect(references(text, as: "a.sh") == ["\(host)/m/a", "\(host)/m/b"])
    }

    @Test func `count so in a cluster, in kustomizations and in Ansible`() {
        let pod = """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: a:1
                env:
                - {name: IMAGE_DB, value: "quay.io/acme/db:1"}
                - {name: IMAGE_POLICY, value: "Always"}
                - {name: DB_IMAGE_NAME, value: "acme/db:2"}

            """
        #expect(references(pod) == ["a:1", "quay.io/acme/db:1"])
        let literals = "configMapGenerator:\n- name: x\n  literals: [IMAGE_DB=quay.io/acme/db:1, IMAGE_X=y]\n"
        #expect(references(literals, as: "kustomization.yaml") == ["quay.io/acme/db:1"])
        let variables = "image_db: quay.io/acme/db:1\nimage_user: acme/db:2\n"
        #expect(references(variables, as: "group_vars/all.yml") == ["quay.io/acme/db:1"])
    }

    @Test func `count so in Bake's files, lists too, and not where a cache has the name`() {
        let bake = """
            variable "IMAGE_BASE" { default = "quay.io/acme/base:1" }
            variable "IMAGE_NAME" { default = "acme/own" }
            variable "BASE_IMAGES" { default = "quay.io/acme/l:1,redis:7" }
            variable "TOOL_IMAGE" { default = img("tool") }
            variable "IMAGE_CACHE" { default = "quay.io/acme/cache:1" }
            images = ["quay.io/acme/n:1", "plain"]
            function "img" {
              params = [n]
              result = "quay.io/acme/${n}:2"
            }
            target "x" {
              cache-from = ["type=registry,ref=${IMAGE_CACHE}"]
              tags       = ["${IMAGE_NAME}:1"]
            }

            """
        let found = [
            "quay.io/acme/base:1", "quay.io/acme/l:1", "redis:7", "quay.io/acme/n:1", "quay.io/acme/tool:2",
        ]
        #expect(Set(references(bake, as: "docker-bake.hcl")) == Set(found))
        #expect(references(bake, as: "docker-bake.hcl").count == found.count)
        let json = #"{"variable": {"IMAGE_BASE": {"default": "quay.io/acme/base:1"}, "IMAGE_X": {"default": "x:1"}}}"#
        #expect(references(json, as: "docker-bake.json") == ["quay.io/acme/base:1"])
    }

    @Test func `that a build makes stay its own`() {
        #expect(references("IMAGE_NAME=quay.io/acme/own:1\ndocker build -t $IMAGE_NAME .\n", as: "a.sh") == [])
    }

    @Test(arguments: ["-amd64", "-$ARCH:1", ".debug", "$ARCH", "_x:$V", "/x"])
    func `that are only a part of an image hold none`(end: String) {
        let shell = "IMAGE=quay.io/acme/own\ndocker build -t ${IMAGE}\(end) .\ndocker push ${IMAGE}\(end)\n"
        #expect(references(shell, as: "a.sh") == [])
        let make = "IMAGE ?= quay.io/acme/own\nall:\n\tdocker build -t $(IMAGE)\(end) .\n"
        #expect(
            references(make.replacing("$ARCH", with: "$(ARCH)").replacing("$V", with: "$(V)"), as: "Makefile") == [])
        #expect(references(shell + "docker pull $IMAGE\n", as: "a.sh") == ["quay.io/acme/own"])
    }

    @Test func `of make may be made of others`() {
        let makefile = """
            ARCH := amd64
            TOOL_amd64 := quay.io/acme/tool:1
            x:
            \tdocker pull $(TOOL_$(ARCH))
            \tdocker pull $(TOOL_$*_$(ARCH))

            """
        #expect(references(makefile, as: "a.mk").filter { $0 == "quay.io/acme/tool:1" }.count == 1)
        #expect(scanned(makefile, as: "a.mk").findings.count == 2)
        let deep = "A := \(String(repeating: "$(", count: 200))a\(String(repeating: ")", count: 200))\n"
        #expect(references(deep, as: "a.mk") == [])
    }
}
