// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Places of pipelines and tools that name images, or files with images.
@Suite struct PlaceTests {
    @Test func `Jenkins gives its environment to shell text`() {
        let text = """
            pipeline {
              environment {
                IMG = 'quay.io/a/env:1'
                TAG = '2'
                LATER = sh(returnStdout: true, script: 'x')
              }
              stages { stage('a') { steps {
                sh 'docker run $IMG'
                sh "docker pull quay.io/a/tagged:${TAG}"
                sh 'docker pull quay.io/a/later:$LATER'
              } } }
            }
            """
        #expect(references(text, as: "Jenkinsfile") == ["quay.io/a/env:1", "quay.io/a/tagged:2", "?LATER"])
    }

    @Test func `child pipelines that jobs of GitLab start are followed, those of other projects are not`() {
        let text = """
            .shared:
              trigger: {include: /ci/shared.yml}
            one:
              trigger: {include: ci/one.yml, strategy: depend}
            two:
              trigger:
                include:
                - local: ci/two.yml
                - {project: other/one, file: x.yml}
                - {artifact: made.yml, job: one}
            three:
              trigger: other/project
            """
        #expect(
            scanned(text, as: ".gitlab-ci.yml").followUps.map(\.path) == [
                "ci/shared.yml", "ci/one.yml", "ci/two.yml",
            ])
    }

    @Test func `images inside of variables of Ansible's roles are Ansible's`() {
        let text = """
            a_version: "2"
            a_services:
              api: {image: "quay.io/a/api:1", policy: {image: never}}
              db: {image: "quay.io/a/db:{{ a_version }}", also: [{side_image: "quay.io/a/side:1"}]}
            """
        let findings = scanned(text, as: "roles/x/defaults/main.yml").findings
        #expect(findings.map { $0.reference?.asTyped } == ["quay.io/a/api:1", "quay.io/a/db:2", "quay.io/a/side:1"])
        #expect(findings.allSatisfy { $0.kind == .ansible })
    }

    @Test func `what modules of Ansible are given as a definition is read as a document of its own`() {
        let text = """
            - kubernetes.core.k8s:
                definition:
                  apiVersion: example.com/v1
                  kind: Worker
                  spec: {image: "acme/custom:1"}
            - kubernetes.core.k8s:
                definition:
                - {apiVersion: v1, kind: Pod, spec: {containers: [{image: "acme/one:1"}]}}
                - {apiVersion: v1, kind: Pod, spec: {containers: [{image: "acme/two:{{ two_tag }}"}]}}
            - community.docker.docker_compose_v2:
                definition: {services: {db: {image: "acme/db:16"}, own: {image: own, build: .}}}
            - kubernetes.core.k8s:
                resource_definition: |
                  apiVersion: v1
                  kind: Pod
                  spec:
                    containers:
                    - image: acme/text:1
                    - image: "{{ open_image }}"
            - debug: {definition: {containers: [{image: "acme/none:1"}]}}

            """
        let result = scanned(text, as: "roles/r/tasks/main.yml")
        #expect(
            result.findings.filter { !$0.isBuilt }.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [
                "acme/custom:1", "acme/one:1", "?two_tag", "acme/db:16", "acme/text:1", "?open_image",
            ])
        #expect(result.findings.allSatisfy { $0.kind == .ansible })
        #expect(references(text, as: "any.yaml").filter { $0 == "acme/one:1" }.count == 1)
    }

    @Test func `a command of Ansible may be a list of words, and goes through the literals of its own loop`() {
        let text = """
            - hosts: all
              tasks:
              - command:
                  argv: [docker, run, --rm, -e, "A=b c", "acme/argv:1"]
              - command: "podman pull {{ item }}"
                loop:
                - acme/loop:1
                - acme/loop:2
              - apt: {name: "{{ item }}"}
                with_items: [curl, jq]
              - docker_container: {name: "{{ app.name }}", image: "{{ app.image }}"}
                loop_control: {loop_var: app}
                loop:
                - {name: a, image: "acme/a:1"}
                - {name: b, image: "acme/b:1"}
              - shell: podman pull {{ item }}
                loop: "{{ images }}"
              - shell: podman pull quay.io/acme/{{ item }}:1
                loop: [c, d]

            """
        #expect(
            references(text, as: "site.yml") == [
                "acme/argv:1", "acme/loop:1", "acme/loop:2", "acme/a:1", "acme/b:1", "?item", "quay.io/acme/c:1",
                "quay.io/acme/d:1",
            ])
    }

    @Test func `Travis has its variables in mappings, in texts, and in lists of them`() {
        let text = """
            env:
              global:
              - DB_IMAGE=acme/db:16 PORT=1
              - CACHE_IMAGE: acme/cache:7
              - secure: "ab/cd="
              jobs:
              - GO_IMAGE=acme/go:1
              - GO_IMAGE="acme/go:2"
            jobs:
              include:
              - env: ONE_IMAGE=acme/one:1
            script: docker run $DB_IMAGE
            """
        #expect(
            references(text, as: ".travis.yml") == [
                "acme/db:16", "acme/cache:7", "acme/go:1", "acme/go:2", "acme/one:1",
            ])
    }

    @Test func `a setting whose tag is filled in later is open, unless the file makes or runs it`() {
        let workflow = """
            on: push
            env:
              APP_IMAGE: acme/app:${{ github.sha }}
              OWN_IMAGE: acme/own:${{ github.sha }}
            jobs:
              a:
                runs-on: x
                steps:
                - uses: any/cluster@v1
                  with: {node_image: "kindest/node:${{ matrix.v }}"}
                - run: docker build -t $OWN_IMAGE .

            """
        #expect(references(workflow, as: ".github/workflows/a.yml") == ["?github.sha", "?matrix.v"])
        let makefile = "BASE_IMAGE ?= acme/base:$(JRE)\nOWN_IMAGE := acme/own:$(V)\na:\n\tdocker push $(OWN_IMAGE)\n"
        #expect(references(makefile, as: "Makefile") == ["?JRE"])
        #expect(references("A_IMAGE=acme/a:$1\nB_IMAGE=host:$PORT\n", as: "a.sh") == ["?1", "?PORT"])
        #expect(references("A_IMAGE=acme/a:$1\ndocker run $A_IMAGE\n", as: "b.sh") == ["?A_IMAGE"])
        #expect(references("A_IMAGE=$REG/a:1\nB_IMAGE=acme/b-$X\n", as: "c.sh") == [])
    }

    @Test func `each image of a list in a setting counts, and nothing else that stands in it`() {
        #expect(
            references("WEB_IMAGES=\"cache:7.2 quay.io/acme/a:1 acme/b:1 true img/logo 1.5\"\n", as: ".env") == [
                "cache:7.2", "quay.io/acme/a:1", "acme/b:1",
            ])
        #expect(references("WEB_IMAGES=\"cache:7,acme/b:16\"\n", as: "a.sh") == ["cache:7", "acme/b:16"])
        let container = pod("acme/a:1") + "    env: [{name: PULL_IMAGES, value: \"x=cache:7,acme/b:16\"}]\n"
        #expect(references(container) == ["acme/a:1", "cache:7", "acme/b:16"])
    }

    @Test func `what a test's container is given by a call or behind a colon is open`() {
        let java = """
            import org.testcontainers.containers.*;
            class A { void t(String v) {
              new DatabaseContainer("db:" + v);
              new CacheContainer("acme/cache:" + System.getenv("V"));
              new OtherContainer("a text: " + v);
              DockerImageName known = DockerImageName.parse("acme/known:1");
              new GenericContainer<>(known);
            }}
            """
        #expect(references(java, as: "A.java") == ["?v", "?System.getenv(…)", "acme/known:1"])
        let go = """
            package a
            import "github.com/testcontainers/testcontainers-go"
            func T() {
              made := fmt.Sprintf("acme/a:%s", v)
              testcontainers.Run(ctx, made)
              db.Run(ctx, "db:"+version)
              _ = testcontainers.ContainerRequest{Image: fmt.Sprintf("acme/b:%s", v)}
            }
            """
        #expect(references(go, as: "a_test.go") == ["?made", "?version", "?fmt.Sprintf(…)"])
        let csharp = "using DotNet.Testcontainers;\nclass A { IImage i = new DockerImage(\"acme/c:1\"); }\n"
        #expect(references(csharp, as: "A.cs") == ["acme/c:1"])
    }

    @Test func `a release's values without a name or a tag are open, and files in them are read`() {
        let release = """
            apiVersion: helm.toolkit.fluxcd.io/v2
            kind: HelmRelease
            metadata: {name: x}
            spec:
              values:
                api: {imageRepository: ghcr.io/acme/api}
                job: {imageRepository: ghcr.io/acme/job, imageTag: "3"}
                web: {image: {tag: "5"}}
                none: {image: {tag: "", pullPolicy: Always}}
                files:
                  pod.yaml: |-
                    containers:
                    - name: main
                      image: acme/text:1

            """
        #expect(references(release) == ["?tag", "ghcr.io/acme/job:3", "?repository", "acme/text:1"])
    }

    @Test func `values that Terraform encodes for a chart hold images in several fields`() {
        let text = """
            variable "tag" { default = "7" }
            resource "helm_release" "h" {
              values = [yamlencode({
                image = { repository = "acme/side", tag = "6" }
                controller = { image = { registry = "quay.io", repository = "acme/c", tag = var.tag } }
                web = { image = { repository = "acme/web" } }
                init = { image = "acme/i:1" }
                disk = { image = { tag = "1" } }
              })]
            }

            """
        #expect(references(text, as: "main.tf") == ["acme/side:6", "quay.io/acme/c:7", "?image.tag", "acme/i:1"])
    }

    @Test func `a picture in a chart's values is no image`() {
        let values = "heroImage: img/logo.png\nappImage: acme/app:1\nwebImage: acme/web.app\n"
        #expect(references(values, as: "values.yaml") == ["acme/app:1", "acme/web.app"])
    }

    @Test func `a function on one line runs what stands in it`() {
        let text = """
            function f { docker pull acme/f:1; }
            function g() { docker pull acme/g:1; }
            function h {
              docker pull acme/h:1
            }

            """
        #expect(references(text, as: "a.sh") == ["acme/f:1", "acme/g:1", "acme/h:1"])
    }

    @Test func `a setting is told where it is assigned, not where the beginning of its name stands`() {
        func texts(_ text: String, as path: String) -> [String] { scanned(text, as: path).findings.map(\.text) }
        #expect(texts("REG=reg.io\nA_IMAGE=\"$REG/acme/a-b:1\"\n", as: "a.sh") == ["$REG/acme/a-b:1"])
        #expect(texts("REG := reg.io\nA_IMAGE := $(REG)/acme/a-b:1\n", as: "Makefile") == ["$(REG)/acme/a-b:1"])
        #expect(texts("A_IMAGE=\"${A_IMAGE:-acme/a-b:1}\"\n", as: "a.sh") == ["acme/a-b:1"])
        #expect(texts("A_IMAGE=\"${A_IMAGE-acme/a:1}\"\n", as: "a.sh") == ["acme/a:1"])
    }

    @Test func `scorecard's tests, patches of them, and bundles of a catalog name images`() {
        let config = """
            apiVersion: scorecard.operatorframework.io/v1alpha3
            kind: Configuration
            stages:
            - tests:
              - {entrypoint: [x], image: "quay.io/acme/scorecard:v1"}

            """
        #expect(references(config) == ["quay.io/acme/scorecard:v1"])
        // As operator-sdk wrote it.
        let written = config.replacing("apiVersion", with: "apiversion")
        #expect(references(written, as: "tests/scorecard/config.yaml") == ["quay.io/acme/scorecard:v1"])
        let patch = """
            - op: add
              path: /stages/0/tests/-
              value: {entrypoint: [x], image: "quay.io/acme/scorecard:v1"}
            - op: add
              path: /spec/logo
              value: {image: picture}

            """
        #expect(references(patch) == ["quay.io/acme/scorecard:v1"])
        let catalog = """
            schema: olm.package
            name: x
            ---
            schema: olm.bundle
            image: quay.io/acme/bundle:v1
            relatedImages:
            - {name: a, image: "quay.io/acme/related:1"}

            """
        #expect(references(catalog) == ["quay.io/acme/bundle:v1", "quay.io/acme/related:1"])
    }

    @Test func `an image's registry or tag may be an attribute of its own`() {
        func site(_ lines: String) -> [String] {
            references(
                "resource \"azurerm_linux_web_app\" \"w\" {\n  site_config {\n    application_stack {\n\(lines)\n    }\n  }\n}\n",
                as: "main.tf")
        }
        let name = "docker_image_name = \"acme/web:2\"\n"
        #expect(site(name + "docker_registry_url = \"https://ghcr.io\"") == ["ghcr.io/acme/web:2"])
        #expect(site(name + "docker_registry_url = var.url") == ["?docker_registry_url"])
        #expect(site("docker_image = \"ghcr.io/acme/web\"\ndocker_image_tag = \"2\"") == ["ghcr.io/acme/web:2"])
        #expect(
            site("docker {\nregistry_url = \"https://quay.io\"\nimage_name = \"a/f\"\nimage_tag = \"3\"\n}")
                == ["quay.io/a/f:3"])
        #expect(site(name) == ["acme/web:2"])
    }

    @Test func `the digest of an image is data of Terraform`() {
        let text = """
            data "docker_registry_image" "u" {
              name = "ubuntu:precise"
            }
            resource "docker_image" "u" {
              name = data.docker_registry_image.u.name
            }
            resource "docker_registry_image" "own" {
              name = "acme/own:1"
            }

            """
        #expect(references(text, as: "main.tf") == ["ubuntu:precise"])
        #expect(references("job \"a\" {\n  meta {\n    image = \"x/y:1\"\n  }\n}\n", as: "a.nomad") == [])
    }

    @Test(arguments: [
        (
            "docker-bake.hcl",
            "target \"a\" {\n  dockerfile-inline = \"FROM alpine:${V}\\nCOPY --from=busybox:1 /a /b\"\n}\n"
        ),
        (
            "docker-bake.hcl",
            "target \"a\" {\n  dockerfile-inline = <<E\nFROM alpine:${V}\nCOPY --from=busybox:1 /a /b\nE\n}\n"
        ),
    ])
    func `Bake fills its variables in Dockerfiles that are texts`(_ file: String, _ target: String) {
        #expect(references("variable \"V\" { default = \"3\" }\n" + target, as: file) == ["alpine:3", "busybox:1"])
        #expect(references(target, as: file) == ["?V", "busybox:1"])
        let matrix = target.replacing("{\n", with: "{\n  matrix = { V = [\"3\", \"4\"] }\n")
        #expect(references(matrix, as: file) == ["alpine:3", "alpine:4", "busybox:1"])
    }

    @Test func `a Dockerfile as a text of JSON has its line breaks`() {
        let text = "{\"target\":{\"a\":{\"dockerfile-inline\":\"FROM alpine:3\\nRUN x\\n\"}}}"
        #expect(references(text, as: "docker-bake.json") == ["alpine:3"])
    }
}
