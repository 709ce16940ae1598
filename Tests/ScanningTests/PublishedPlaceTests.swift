// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

/// Places that the projects' own references name.
@Suite struct PublishedPlaceTests {
    // MARK: - Operators

    @Test(arguments: [
        (
            "postgresql.cnpg.io/v1", "Cluster", "spec: {postgresql: {extensions: [{image: {reference: 'a/x:1'}}]}}",
            "a/x:1"
        ),
        ("acid.zalan.do/v1", "OperatorConfiguration", "configuration: {sidecars: [{image: 'a/x:1'}]}", "a/x:1"),
        (
            "mirror.openshift.io/v2alpha1", "ImageSetConfiguration", "mirror: {additionalImages: [{name: 'a/x:1'}]}",
            "a/x:1"
        ),
        ("mirror.openshift.io/v2alpha1", "ImageSetConfiguration", "mirror: {operators: [{catalog: 'a/x:1'}]}", "a/x:1"),
        (
            "serving.kserve.io/v1beta1", "InferenceService", "spec: {predictor: {model: {storageUri: 'oci://a/x:1'}}}",
            "a/x:1"
        ),
        ("serving.kserve.io/v1beta1", "InferenceService", "spec: {predictor: {model: {storageUri: 's3://a/x'}}}", ""),
        (
            "gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy", "spec: {wasm: [{code: {image: {url: 'a/x:1'}}}]}",
            "a/x:1"
        ),
        ("fluxcd.controlplane.io/v1", "FluxInstance", "spec: {distribution: {artifact: 'oci://a/x:1'}}", "a/x:1"),
        (
            "config.kubeflow.org/v1beta1", "KatibConfig",
            "runtime: {metricsCollectors: [{kind: StdOut, image: 'a/x:1'}]}", "a/x:1"
        ),
        (
            "operator.open-cluster-management.io/v1", "Klusterlet", "spec: {registrationImagePullSpec: 'a/x:1'}",
            "a/x:1"
        ),
        ("example.com/v1", "Disk", "spec: {image: {reference: Ubuntu 24}}", ""),
    ]) func `fields of custom resources are read`(version: String, kind: String, rest: String, image: String) {
        let text = "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: a}\n\(rest)\n"
        #expect(references(text) == (image.isEmpty ? [] : [image]))
    }

    @Test(arguments: [
        (
            "install.istio.io/v1alpha1", "IstioOperator",
            "{hub: docker.io/istio, tag: '1', values: {pilot: {image: pilot}, global: {proxy: {image: 'q.io/p:2'}}}}",
            ["docker.io/istio/pilot:1", "q.io/p:2"]
        ),
        (
            "install.istio.io/v1alpha1", "IstioOperator",
            "{hub: docker.io/istio, tag: '1', values: {pilot: {image: pilot}, global: {hub: gcr.io/istio}}}",
            ["gcr.io/istio/pilot:1"]
        ),
        (
            "sailoperator.io/v1", "Istio",
            "{values: {global: {hub: docker.io/istio, tag: '1', proxy: {image: proxyv2}}, pilot: {image: pilot}}}",
            ["docker.io/istio/proxyv2:1", "docker.io/istio/pilot:1"]
        ),
        ("sailoperator.io/v1", "IstioCNI", "{values: {cni: {image: install-cni}}}", ["?hub"]),
    ]) func `Istio puts its hub before each image without a slash`(
        version: String, kind: String, spec: String, images: [String]
    ) {
        let found = scanned("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: a}\nspec: \(spec)\n").findings
        #expect(found.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == images)
        #expect(found.allSatisfy { $0.reference != nil || $0.parts.isEmpty })
    }

    @Test(arguments: [
        ("{image: q.io/a/w, tag: '1'}", "?tag", "q.io/a/w"),
        ("{image: q.io/a/w, version: '2'}", "?version", "q.io/a/w"),
        ("{image: a/w, imageTag: '1'}", "?imageTag", nil), ("{registry: q.io, image: a/w, tag: '1'}", "?registry", nil),
        ("{registry: q.io, image: 'a/w:1'}", "?registry", nil), ("{image: 'q.io/a/w:1', tag: '2'}", "q.io/a/w:1", nil),
        ("{image: q.io/a/w, tag: {a: b}}", "q.io/a/w", nil), ("{image: q.io/a/w, name: b}", "q.io/a/w", nil),
    ]) func `an image of a custom resource is open if a field beside it may be a part of it`(
        spec: String, image: String, name: String?
    ) {
        let found = scanned("apiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {web: \(spec)}\n").findings
        #expect(found.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [image])
        #expect(found.first?.named?.reference?.asTyped == name)
    }

    @Test(arguments: [
        ("{semver: '>=1.0'}", "?semver", "q.io/a/w"), ("{semver: '*', tag: '1'}", "?semver", "q.io/a/w"),
        ("{tag: '1'}", "q.io/a/w:1", nil), ("{}", "q.io/a/w", nil),
        (
            "{digest: 'sha256:\(String(repeating: "1", count: 64))', semver: '*'}",
            "q.io/a/w@sha256:\(String(repeating: "1", count: 64))", nil
        ),
    ]) func `the version of a repository of Flux is open if it is a range`(ref: String, image: String, name: String?) {
        let version = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
        let found = scanned(version + "metadata: {name: a}\nspec: {url: 'oci://q.io/a/w', ref: \(ref)}\n").findings
        #expect(found.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") } == [image])
        #expect(found.first?.named?.reference?.asTyped == name)
    }

    @Test func `Flux lists the tags of a name, and pulls none`() {
        let version = "apiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImageRepository\n"
        let found = scanned(version + "metadata: {name: a}\nspec: {image: q.io/a/w, interval: 5m}\n").findings
        #expect(found.map(\.unresolved) == ["tag"])
        #expect(found.first?.named?.reference?.asTyped == "q.io/a/w")
    }

    @Test func `a rule says more of an image than the fields beside it`() {
        let text = "apiVersion: apps.kruise.io/v1\nkind: ImagePullJob\nspec: {image: q.io/a/w, version: '2'}\n"
        #expect(references(text) == ["q.io/a/w"])
    }

    @Test func `examples of a bundle are read as the resources that they are, and everything under image`() {
        let examples = """
            [{"apiVersion": "operator.open-cluster-management.io/v1", "kind": "Klusterlet", "spec": {"workImagePullSpec": "a/x:1"}}, \
            {"apiVersion": "acme.example.com/v1", "kind": "Acme", "image": "a/y:1", "status": {"a": "a/z:1"}}]
            """
        let text = "apiVersion: v1\nkind: X\nmetadata:\n  annotations:\n    alm-examples: |-\n      \(examples)\n"
        #expect(references(text) == ["a/x:1", "a/y:1"])
    }

    @Test func `an argument that says image elsewhere in its name is one for a host and a version`() {
        let pod = """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: a:1
                args:
                - -shell-image-win
                - mcr.acme.example/powershell:nanoserver
                - --image-pull-policy=Always
                - --image-registry=quay.io/acme
                - --image-of-x=quay.io/acme/x:1
                - --image-name
                - acme/x:1

            """
        #expect(references(pod) == ["a:1", "mcr.acme.example/powershell:nanoserver", "quay.io/acme/x:1"])
    }

    @Test func `a package's whole version is a tag, and a constraint leaves it open`() throws {
        let text = """
            apiVersion: meta.pkg.crossplane.io/v1
            kind: Configuration
            spec:
              dependsOn:
              - {provider: xpkg.crossplane.io/c/q, version: ">=v1"}
              - {kind: Function, package: xpkg.crossplane.io/c/f, version: v1.0.0}
              - {function: xpkg.crossplane.io/c/g, version: v1.0}

            """
        #expect(references(text) == ["?version", "xpkg.crossplane.io/c/f:v1.0.0", "?version"])
        #expect(scanned(text).findings.map { $0.parts.map(\.field) } == [[.name], [.name, .tag], [.name]])
    }

    @Test func `Linkerd's annotations name an image, and its version in another one`() {
        func pod(_ annotations: String) -> String {
            "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {\(annotations)}}\n"
        }
        let key = "config.linkerd.io/"
        #expect(references(pod("\(key)proxy-image: a.io/l/p, \(key)proxy-version: v2")) == ["a.io/l/p:v2"])
        #expect(references(pod("\(key)debug-image: a.io/l/d")) == ["?\(key)debug-image-version"])
        #expect(references(pod("\(key)init-image: 'a.io/l/i:1'")) == ["a.io/l/i:1"])
    }

    // MARK: - Talos

    @Test(arguments: [
        "version: v1alpha1\nmachine: {install: {image: 'a.io/i:1'}}\ncluster: {}\n",
        "machine: {install: {image: 'a.io/i:1'}}\n", "machine: {install: {extensions: [{image: 'a.io/i:1'}]}}\n",
        "machine: {kubelet: {image: 'a.io/i:1'}}\n", "cluster: {proxy: {image: 'a.io/i:1'}}\n",
    ]) func `Talos' configurations and their patches are read`(text: String) {
        let findings = scanned(text).findings
        #expect(findings.map(\.kind) == [.talos] && findings.map(\.text) == ["a.io/i:1"])
    }

    @Test func `what has other keys is no patch of Talos`() {
        #expect(scanned("cluster: {proxy: {image: 'a.io/i:1'}}\nother: {}\n").findings.map(\.kind) != [.talos])
    }

    @Test func `talhelper's installers have the version at the top, and its patches are read`() {
        let text = """
            clusterName: home
            talosVersion: v1.6.6
            talosImageURL: factory.talos.dev/installer/\(String(repeating: "a", count: 64))
            nodes:
            - hostname: a
              talosImageURL: a.io/own/installer:v1
              patches:
              - |-
                machine:
                  kubelet:
                    image: a.io/kubelet:v2
            controlPlane:
              patches:
              - "@./patches/x.yaml"
              - |-
                cluster: {proxy: {image: "a.io/proxy:v3"}}
              - '@./patches/y.yaml'

            """
        let hash = String(repeating: "a", count: 64)
        #expect(
            references(text) == [
                "factory.talos.dev/installer/\(hash):v1.6.6", "a.io/own/installer:v1", "a.io/kubelet:v2",
                "a.io/proxy:v3",
            ])
        let open = text.replacing("v1.6.6", with: "${VERSION}").split(separator: "\n").prefix(4).joined(separator: "\n")
        #expect(references(open) == ["?talosVersion"])
    }

    // MARK: - Texts and files of values

    @Test func `a patch of an application set's template has what an application has`() {
        let set = """
            apiVersion: argoproj.io/v1alpha1
            kind: ApplicationSet
            spec:
              templatePatch: |
                spec:
                  source:
                    kustomize: {images: ["s=quay.io/a/s:2"]}
                    helm:
                      valueFiles:
                      {{- range .files }}
                      - {{ . }}
                      {{- end }}
                      - env/prod.yaml
                      valuesObject:
                        image: {repository: quay.io/a/tp, tag: "1"}

            """
        #expect(references(set) == ["quay.io/a/s:2", "quay.io/a/tp:1"])
        let plain = set.split(separator: "\n").filter { !$0.contains("{{") }.joined(separator: "\n")
        #expect(references(plain) == ["quay.io/a/s:2", "quay.io/a/tp:1"])
        #expect(scanned(plain).followUps.map(\.path) == ["env/prod.yaml"])
    }

    @Test func `Fleet's files of values are followed, where nothing beside them speaks of images`() {
        let text = "helm: {chart: y, valuesFiles: [v.yaml]}\ntargetCustomizations:\n- helm: {valuesFiles: [w.yaml]}\n"
        #expect(scanned(text, as: "fleet.yaml").followUps.map(\.path) == ["v.yaml", "w.yaml"])
        #expect(scanned(text, as: "fleet.yaml").followUps.map(\.kind) == [.values(of: "y"), .values(of: "y")])
    }

    @Test func `the resource that an operator begins with is read`() {
        let text = """
            apiVersion: operators.coreos.com/v1alpha1
            kind: ClusterServiceVersion
            metadata:
              annotations:
                operatorframework.io/initialization-resource: |-
                  {"apiVersion":"x.io/v1","kind":"Foo","spec":{"image":"quay.io/a/init:1"}}

            """
        #expect(references(text) == ["quay.io/a/init:1"])
    }

    // MARK: - OpenShift's builds

    private func build(_ strategy: String, version: String = "build.openshift.io/v1") -> String {
        """
        apiVersion: \(version)
        kind: BuildConfig
        metadata: {name: b}
        spec:
          source:
            dockerfile: |
              ARG V=1
              FROM quay.io/a/go:$V AS go
              FROM quay.io/a/df:1
              COPY --from=quay.io/a/cp:1 /x /y
          strategy: {dockerStrategy: \(strategy)}

        """
    }

    @Test func `a Dockerfile in a BuildConfig is read with its arguments, and in words that speak of nothing else`() {
        let found = scanned(build("{buildArgs: [{name: V, value: '2'}]}")).findings
        #expect(found.map { $0.reference?.asTyped } == ["quay.io/a/go:2", "quay.io/a/df:1", "quay.io/a/cp:1"])
        #expect(found.map(\.kind) == [.dockerfileFrom, .dockerfileFrom, .dockerfileCopy])
        #expect(found.last?.owner?.name == "b")
        #expect(references(build("{}", version: "v1")).count == 3)
    }

    @Test func `the strategy's base takes the place of the last FROM`() {
        let base = "{from: {kind: DockerImage, name: \"quay.io/a/base:1\"}}"
        #expect(references(build(base)) == ["quay.io/a/go:1", "quay.io/a/cp:1", "quay.io/a/base:1"])
    }

    @Test func `Confluent names an application and what prepares it`() {
        let text = """
            apiVersion: platform.confluent.io/v1beta1
            kind: Kafka
            spec: {image: {application: "confluentinc/cp-server:7.6.0", init: "confluentinc/init:2.8.0"}}

            """
        #expect(references(text) == ["confluentinc/cp-server:7.6.0", "confluentinc/init:2.8.0"])
    }

    @Test func `kops names the image of pods' sandboxes`() {
        let text = """
            apiVersion: kops.k8s.io/v1alpha2
            kind: Cluster
            spec:
              kubelet: {podInfraContainerImage: "registry.k8s.io/pause:3.9"}
              masterKubelet: {podInfraContainerImage: "registry.k8s.io/pause:3.8"}

            """
        #expect(references(text) == ["registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.8"])
    }

    @Test(arguments: [
        ("image_version: v2.1", "quay.io/kiali/kiali:v2.1"), ("image_version: lastrelease", "?tag"),
        ("image_version: operator_version", "?tag"), ("image_version: ''", "?tag"), ("replicas: 1", "?tag"),
        ("{image_version: abc, image_digest: sha256}", "?tag"),
    ])
    func `Kiali's version is beside its name, or the operator's own`(version: String, image: String) {
        let field = version.hasPrefix("{") ? String(version.dropFirst().dropLast()) : version
        let text = """
            apiVersion: kiali.io/v1alpha1
            kind: Kiali
            spec: {deployment: {image_name: quay.io/kiali/kiali, \(field)}}

            """
        #expect(references(text) == [image])
        // A chart takes the same values.
        let values = "deployment: {image_name: quay.io/kiali/kiali, \(field)}\n"
        #expect(references(values, as: "values.yaml") == (version == "replicas: 1" ? [] : [image]))
    }

    @Test(arguments: [
        ("{name: agent, tag: 7.50.0}", "registry: quay.io/acme", "quay.io/acme/agent:7.50.0"),
        ("{name: agent, tag: 7.50.0}", "site: x", "?registry"), ("{name: agent}", "registry: quay.io/acme", "?tag"),
        ("{name: agent, tag: 7.50.0, jmxEnabled: true}", "registry: quay.io/acme", "?tag"),
        ("{name: 'quay.io/acme/agent:7'}", "registry: gcr.io/x", "quay.io/acme/agent:7"),
        ("{name: 'acme/agent:7'}", "site: x", "?registry"),
    ])
    func `Datadog's agents have a name, a tag and the registry of all`(image: String, global: String, found: String) {
        let text = """
            apiVersion: datadoghq.com/v2alpha1
            kind: DatadogAgent
            spec: {global: {\(global)}, override: {nodeAgent: {image: \(image)}}}

            """
        #expect(references(text) == [found])
    }

    @Test(arguments: [
        "plank: {default_decoration_config_entries: [{config: IMAGES}]}",
        "plank: {default_decoration_configs: {'*': IMAGES}}", "periodics: [{name: a, decoration_config: IMAGES}]",
    ])
    func `Prow puts its own images around each job`(settings: String) {
        let images = ["clonerefs", "initupload", "entrypoint", "sidecar"]
        let fields = images.map { "\($0): 'gcr.io/k8s-prow/\($0):1'" }.joined(separator: ", ")
        let text = settings.replacing("IMAGES", with: "{utility_images: {\(fields)}}") + "\n"
        #expect(references(text) == images.map { "gcr.io/k8s-prow/\($0):1" })
    }

    @Test func `Skaffold builds in images that Cloud Build is told`() {
        let text = """
            apiVersion: skaffold/v4beta11
            kind: Config
            build:
              artifacts: [{image: app}]
              googleCloudBuild:
                projectId: p
                dockerImage: gcr.io/a/docker:1
                mavenImage: gcr.io/a/mvn:1
                gradleImage: gcr.io/a/gradle:1
                kanikoImage: gcr.io/a/kaniko:1
                koImage: gcr.io/a/ko:1
                packImage: gcr.io/a/pack:1

            """
        let images = ["docker", "mvn", "gradle", "kaniko", "ko", "pack"].map { "gcr.io/a/\($0):1" }
        #expect(references(text, as: "skaffold.yaml") == images)
    }

    @Test func `a chart's values hold pods as texts`() {
        let values = """
            agent:
              image: {repository: quay.io/a/agent, tag: "1"}
              podTemplates:
                python: |
                  - name: python
                    label: python
                    containers:
                      - name: python
                        image: python:3
                notes: |
                  containers: no
                  image: yes

            """
        #expect(scanned(values, as: "values.yaml").findings.map(\.text) == ["quay.io/a/agent", "python:3"])
    }

    // MARK: - Public trees

    @Test(arguments: [
        ("a.sh", "docker buildx imagetools create -t me/x:1 a/x:1\n"), ("a.sh", "oc new-app --image=a/x:1\n"),
        ("a.sh", "oc image info a/x:1\n"), ("a.sh", "oc new-app a/x:1~https://x.example/a.git --name y -e A=b/c:1\n"),
        ("a.sh", "oc tag --source=docker a/x:1 team/y:2 y:3\n"), ("a.sh", "oc image mirror a/x:1 b/y:1 c/y:1\n"),
        ("a.sh", "oc image mirror --dir=mirror a/x:1=b/y:1 file://z:1=q.example/z:1\n"),
        ("a.sh", "oc image append --from a/x:1 --to b/y:1 layer.tar.gz\n"),
        ("Makefile", "all:\n\tdocker run --rm $(addprefix -v ,$(VOLUMES)) a/x:1\n"),
        (
            "roles/r/tasks/x.yml",
            "- name: a\n  block:\n  - name: b\n    community.docker.docker_container: {name: x, image: 'a/x:1'}\n"
        ),
        ("roles/r/defaults/main.yml", "x_image: a/x\nx_image_tag: 1\n"),
        ("roles/r/defaults/main.yml", "_x_image: a/x\n_x_image_version: 1\n"),
        (
            "roles/r/defaults/main.yml",
            "x_image: '{{ prefix }}x:1'\nprefix: '{{ upstream }}'\nupstream: '{{ usual }}'\nusual: a/\n"
        ),
    ]) func `is found`(file: String, text: String) {
        #expect(scanned(text, as: file).findings.map { $0.reference?.asTyped } == ["a/x:1"])
    }

    @Test(arguments: [
        "oc new-app quay.io/a/x:1 mysql:8 ./folder team/ruby https://x.example/a.git mysql~. A=b",
        "oc tag quay.io/a/x:1 y:1 team/ruby:2", "oc new-build --binary quay.io/a/x:1",
    ]) func `an operand of oc with a registry is an image, and one without is a name in the cluster`(command: String) {
        #expect(scanned(command + "\n", as: "a.sh").findings.map(\.text) == ["quay.io/a/x:1"])
    }

    @Test func `a part of a map is followed by its key`() {
        let bake = """
            variable "systems" {
              default = { a = { base = "debian:12" }, b = { base = "ubuntu:22.04" }, c = { base = "alpine:3" } }
            }
            target "x" {
              matrix = { system = ["a", "b"] }
              args = { BASE = systems[system].base }
              contexts = { other = "docker-image://${systems["c"]["base"]}" }
            }

            """
        #expect(references(bake, as: "docker-bake.hcl") == ["debian:12", "ubuntu:22.04", "alpine:3"])
        let terraform = """
            locals {
              versions = { web = ["quay.io/a/web:1", "quay.io/a/web:2"], proxy = ["quay.io/a/proxy:1"] }
            }
            resource "docker_container" "web" { image = local.versions["web"][1] }
            resource "docker_container" "other" { image = local.versions[var.name][0] }

            """
        let found = scanned(terraform, as: "main.tf").findings
        #expect(
            found.map { $0.reference?.asTyped ?? "open: " + ($0.unresolved ?? "") }
                == ["quay.io/a/web:2", "open: local.versions[var.name][0]"])
    }

    private static let play = "- hosts: a\n  vars: {img: 'a/x:1'}\n  tasks:\n"

    @Test(arguments: [
        "  - shell: |\n      docker run -d \\\n      {{ img }} sh\n",
        "  - command: >\n      docker pull\n      {{ img }}\n",
        "  - shell: docker run {{ img }}\n", "  - shell: |\n      {{ tool }} x\n      docker run {{ img }}\n",
    ]) func `is found where Ansible fills it in`(task: String) {
        let found = scanned(Self.play + task, as: "site.yml").findings
        #expect(found.map { $0.reference?.asTyped } == ["a/x:1"] && found.first?.text == "a/x:1", "\(found)")
    }

    @Test(arguments: [
        "docker_image: {name: own, source: build, build: {path: x}}",
        "docker_image: {name: own, source: load, load_path: x}",
        "community.docker.docker_image_build: {name: own, path: x}", "podman_image: {name: own, path: x}",
        "community.docker.docker_image_tag: {name: 'a/x:1', repository: ['own']}",
        "docker_image: {name: '{{ item.n }}', source: build, build: {path: x}}\n    loop: [{n: own}, {n: other}]",
    ]) func `what Ansible's tasks make is not pulled`(task: String) {
        let text = Self.play + "  - \(task)\n  - docker_container: {name: c, image: 'own:latest'}\n"
        #expect(!scanned(text, as: "site.yml").findings.contains { $0.text.hasPrefix("own") })
    }

    @Test func `an image of a service in Ansible's variables is open where other files say it`() {
        let text =
            "web_image: '{{ url }}web'\nweb_full: '{{ web_image }}:{{ tag }}'\nall: {a: {image: '{{ web_full }}'}}\n"
        #expect(references(text, as: "roles/r/defaults/main.yml") == ["?url"])
        #expect(references("x_image: '{{ url }}web'\n", as: "roles/r/defaults/main.yml") == ["?url"])
        #expect(references("x_image: '{{ folder }}/disk.qcow2'\n", as: "roles/r/defaults/main.yml") == [])
    }

    @Test(arguments: [
        ("own_image: 'quay.io/o/{{ n }}:1'\n", "group_vars/all.yml", ["?n"]),
        ("own_image: 'quay.io/o/{{ n }}'\n", "group_vars/all.yml", ["?n"]),
        ("- hosts: a\n  vars: {x: {base_image: 'quay.io/o/u:1'}}\n  tasks: []\n", "p.yml", ["quay.io/o/u:1"]),
        ("- hosts: a\n  tasks: [{set_fact: {x: {y: {base_image: 'quay.io/o/u:1'}}}}]\n", "p.yml", ["quay.io/o/u:1"]),
        (
            "- hosts: a\n  vars: {b: '{{ c }}/x', d: '{{ b }}:1'}\n  tasks: [{docker_container: {image: '{{ d }}'}}]\n",
            "p.yml", ["?c"]
        ),
    ]) func `the images in Ansible's variables are found or open`(text: String, file: String, expected: [String]) {
        #expect(references(text, as: file) == expected)
    }

    @Test(arguments: ["# {{\n#   x\n# }}\n", "# use {{ here\n", "#{{ x }}\n  # {{ y\n"])
    func `braces in comments make no template`(comment: String) {
        let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: 'a/x:1'\n"
        let result = scanned(comment + pod + "# }}\n", as: "pod.yaml")
        #expect(result.findings.map(\.text) == ["a/x:1"] && result.problems.isEmpty)
    }

    @Test func `a task of Concourse that runs in an artifact does not pull its own image`() {
        func task(_ image: String) -> String {
            "jobs:\n- plan:\n  - {task: a, \(image)config: {image_resource: {type: registry-image, source: {repository: a/x}}}}\n"
        }
        #expect(references(task("image: img, "), as: "ci.yml") == [])
        #expect(references(task(""), as: "ci.yml") == ["a/x"])
    }

    @Test func `an image that Ansible pulls or builds is pulled`() {
        let text =
            Self.play
            + "  - docker_image_build: {name: '{{ other }}', path: x}\n  - docker_image_pull: {name: '{{ other }}'}\n"
        #expect(references(text, as: "site.yml") == ["?other"])
    }

    @Test(arguments: [
        ("env: {S: '1', FQ: 'a/x:${S}'}\nb_task: {container: {image: '${FQ}'}}", ["a/x:1"]),
        ("env: {FQ: 'a/x:1'}\nb_task:\n  env: {C: '${FQ}'}\n  container: {image: $C}", ["a/x:1"]),
        ("env: {C: no}\nb_task:\n  env: {C: 'a/x:1'}\n  container: {image: $C}", ["a/x:1"]),
        (
            "b_task:\n  matrix: [{env: {C: 'a/x:1'}}, {env: {C: 'a/x:2'}}]\n  container: {image: $C}",
            ["a/x:1", "a/x:2"]
        ),
        ("b_task: {container: {image: $OTHER}, gce_instance: {image: vm}}", ["?OTHER"]),
        (
            "b_task: {arm_container: {image: 'a/x:1', additional_containers: [{name: y, image: 'a/y:1'}]}}",
            ["a/x:1", "a/y:1"]
        ),
    ]) func `Cirrus' variables count in its containers, the innermost ones first`(text: String, expected: [String]) {
        #expect(references(text + "\n", as: ".cirrus.yml") == expected)
    }

    @Test(arguments: [
        ("{node-image: \"${{ env.OPEN }}\"}", ["?env.OPEN"]), ("{image: 'registry://a/x:1'}", ["a/x:1"]),
        ("{x-image: a/x, x-version: '1'}", ["a/x:1"]), ("{x_image: a/x, x_image_tag: '1'}", ["a/x:1"]),
        ("{x-image: 'a/x:2', x-version: '1'}", ["a/x:2"]),
    ]) func `an action's inputs name an image, with its version beside it`(inputs: String, expected: [String]) {
        let text = "jobs: {a: {steps: [{uses: b/c@v1, with: \(inputs)}]}}\n"
        #expect(references(text, as: ".github/workflows/a.yml") == expected)
    }

    @Test(arguments: ["EOF", "'EOF'"])
    func `a workflow fills in the texts that its steps write`(name: String) {
        let text = """
            env: {TAG: '8'}
            jobs:
              a:
                strategy: {matrix: {v: [v1, v2]}}
                steps:
                - run: |
                    cat > kind.yaml <<\(name)
                    apiVersion: kind.x-k8s.io/v1alpha4
                    kind: Cluster
                    nodes:
                    - image: kindest/node:${{ matrix.v }}
                    - image: kindest/env:${{ env.TAG }}
                    EOF

            """
        #expect(
            references(text, as: ".github/workflows/a.yml")
                == ["kindest/node:v1", "kindest/node:v2", "kindest/env:8"])
    }

    @Test(arguments: [
        "- name: gcr.io/a/x:1\n  args: [a]\n  <<: &env\n    env: [A=b]\n", "- name: gcr.io/a/x:1\n  env: [A=b, C=d]\n",
    ]) func `steps of Cloud Build are known by their content`(steps: String) {
        #expect(references("steps:\n" + steps, as: "any.yaml") == ["gcr.io/a/x:1"])
    }

    @Test func `a step that Cloud Build made is built, in both spellings of its substitutions`() {
        let build = "- {name: gcr.io/a/docker, args: [build, '-t=x', '--tag=gcr.io/$P/own', .]}"
        let text = "steps:\n\(build)\n- name: gcr.io/${P}/own\n"
        #expect(scanned(text, as: "cloudbuild.yaml").findings.filter(\.isBuilt).map(\.text) == ["gcr.io/${P}/own"])
    }

    @Test func `an image of Ansible behind a variable without a value is open`() {
        let text = "a_image: \"{{ other_file }}/acme/x:1\"\nb_image: \"{{ 'localhost/' if self else c }}acme/y:1\"\n"
        let found = scanned(text, as: "roles/r/defaults/main.yml").findings
        #expect(found.map(\.text) == ["{{ other_file }}/acme/x:1", "{{ 'localhost/' if self else c }}acme/y:1"])
        #expect(found.allSatisfy { $0.unresolved != nil })
    }

    @Test(arguments: [
        (
            "roles/a/defaults/main.yml",
            "app_images:\n- quay.io/a/x:1\nmore_images: {web: quay.io/a/y:1, note: text}\n",
            ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        (
            "roles/a/defaults/main.yml", "web_image_repo: quay.io/a/x\nweb_image_tag: \"3\"\n", ["quay.io/a/x:3"]
        ),
        (
            "config.toml",
            """
            [[runners]]
            environment = ["JOB_IMAGE=quay.io/a/x:1", "CACHE=quay.io/a/no:1"]
            pre_build_script = "docker pull quay.io/a/y:1"

            """, ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        ("a.sh", "gitlab-runner register -n --docker-image quay.io/a/x:1 --url u\n", ["quay.io/a/x:1"]),
        ("a.sh", "argocd app set a -p image.repository=quay.io/a/x -p image.tag=3\n", ["quay.io/a/x:3"]),
        (
            "a.sh", "S=\"--set image.repository=quay.io/a/x --set image.tag=2\"\nhelm install a b $S\n",
            ["quay.io/a/x:2"]
        ),
        (
            "a.sh", "docker buildx bake --set '*.args.BASE=quay.io/a/x:1' --set a.tags=quay.io/a/no:1\n",
            ["quay.io/a/x:1"]
        ),
        ("a.sh", "C=\"docker run quay.io/a/x:1\"\neval \"$C\"\n", ["quay.io/a/x:1"]),
        ("a.sh", "o=(--rm --user \"$(id -u):$(id -g)\")\ndocker run \"${o[@]}\" quay.io/a/x:1 ls\n", ["quay.io/a/x:1"]),
        (
            "a.sh", "o=(-v `pwd`:/x $(docker pull quay.io/a/y:1))\ndocker run ${o[@]} quay.io/a/x:1\n",
            ["quay.io/a/y:1", "quay.io/a/x:1"]
        ),
        (
            "a.sh", "IMAGE=quay.io/a/x\nhelm install a b --set image.repository=$IMAGE --set image.tag=v1\n",
            ["quay.io/a/x:v1"]
        ),
        ("a.sh", "helm install a b --set web.image=quay.io/a/x:$TAG\n", ["?TAG"]),
        (
            "a.sh", "f() { echo podman; }\nexport CRI_BIN=${CRI_BIN:-$(f)}\n${CRI_BIN} run quay.io/a/x:1\n",
            ["quay.io/a/x:1"]
        ),
        (
            "a.sh", "sg docker -c \"docker run quay.io/a/x:1 ls\"\nminikube ssh -- docker pull quay.io/a/y:1\n",
            ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        (
            "a.sh", "docker run quay.io/a/x:1\ndocker ps -q --filter ancestor=quay.io/a/x:1\n",
            ["quay.io/a/x:1", "quay.io/a/x:1"]
        ),
        ("a.sh", "docker run alpine:1\ndocker images -q alpine:1\n", ["alpine:1", "alpine:1"]),
        ("a.sh", "docker images -q alpine:1\n", []),
        ("a.sh", "docker ps --filter name=web --filter ancestor=web\n", []),
        (
            "a.sh", "regctl image copy quay.io/a/x:1 quay.io/b/y:1\noras pull quay.io/a/y:1\n",
            ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        (
            "a.sh", "cosign verify --key k.pub quay.io/a/x:1\nsyft quay.io/a/y:1\nsyft ./dir\n",
            ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        ("a.sh", "apptainer exec docker://quay.io/a/x:1 ls\napptainer run a.sif\n", ["quay.io/a/x:1"]),
        (
            "a.sh",
            """
            R=quay.io/a
            cat <<EOF | helm install x ./c -f -
            web:
              image:
                tag: v1
                repository: $R/x
              other: {tag: v2}
            EOF

            """, ["quay.io/a/x:v1"]
        ),
        (
            "a.sh",
            """
            cat <<EOF | kubectl apply -f -
            apiVersion: v1
            kind: Pod
            spec:
              $extra
              ${more}
            $(cat rest)
              containers:
              - image: quay.io/a/x:1
            EOF

            """, ["quay.io/a/x:1"]
        ),
        ("a.sh", "C=\"docker run\"\neval $C quay.io/a/x:1\n", ["quay.io/a/x:1"]),
        ("a.ps1", "$c = \"docker run quay.io/a/x:1\"\nInvoke-Expression $c\n", ["quay.io/a/x:1"]),
        (
            "Jenkinsfile",
            "pipeline {\n  agent { docker { image \"${params.IMG}\" } }\n"
                + "  parameters { string(name: 'IMG', defaultValue: 'quay.io/a/x:1') }\n}\n", ["quay.io/a/x:1"]
        ),
        ("a.cmd", "set D=docker run --rm\n%D% quay.io/a/x:1\n", ["quay.io/a/x:1"]),
        (
            ".github/workflows/a.yml",
            """
            jobs:
              a:
                steps:
                - uses: docker/bake-action@v5
                  with:
                    set: |
                      *.args.BASE=quay.io/a/x:1
                      *.contexts.base=docker-image://quay.io/a/y:1

            """, ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        (
            "kustomization.yaml", "configMapGenerator:\n- {name: c, literals: ['A_IMAGE=\"quay.io/a/x:1\"']}\n",
            ["quay.io/a/x:1"]
        ),
        (
            "a.yaml",
            "apiVersion: acme.io/v1\nkind: App\nspec:\n  web: {image: {registry: quay.io, repository: a/x, tag: '2'}}\n",
            ["quay.io/a/x:2"]
        ),
        (
            "a.yaml", "apiVersion: acme.io/v1\nkind: App\nspec: {image: {repository: quay.io/a/x}}\n", ["?tag"]
        ),
        (
            "a.jsonnet", "{ d: k.core.v1.container.withImage('quay.io/a/x:1') }\n", ["quay.io/a/x:1"]
        ),
        (
            "a.sh",
            """
            cat > compose.yaml <<EOF
            services:
              a: {image: quay.io/a/x:1}
            EOF
            cat >> compose.yaml <<EOF
              b: {image: quay.io/a/y:1}
            EOF

            """, ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        (
            "a.sh", "cat > compose.yaml <<EOF\nservices:\n  a:\n    image: quay.io/a/x:\\${TAG:-2}\nEOF\n",
            ["quay.io/a/x:2"]
        ),
    ])
    func `an image is found in each place that its format has for one`(
        file: String, text: String, expected: [String]
    ) { #expect(references(text, as: file) == expected) }

    @Test func `a trigger of Cloud Build runs its steps and makes its images`() {
        let text = """
            resource "google_cloudbuild_trigger" "t" {
              build {
                step { name = "quay.io/a/x:1" }
                images = ["quay.io/a/made:1"]
              }
            }

            """
        let result = scanned(text, as: "main.tf")
        #expect(result.products.map(\.name) == ["quay.io/a/made"])
        let others = result.findings.compactMap { $0.reference?.asTyped }.filter { !$0.hasPrefix("quay.io/a/made") }
        #expect(others == ["quay.io/a/x:1"])
    }
}
