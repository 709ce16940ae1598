// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Texts and fields of resources and units that name images.
@Suite struct ResourceTextTests {
    @Test func `a script is read whether it is a block or one line, and so is a manifest`() {
        let workflow = """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            metadata: {generateName: x-}
            spec:
              podSpecPatch: |
                containers:
                - name: main
                  image: quay.io/acme/patch:1
              templates:
              - name: a
                podSpecPatch: '{"containers":[{"name":"main","image":"quay.io/acme/line:1"}]}'
              - name: b
                script:
                  image: quay.io/acme/s:1
                  command: [sh]
                  source: docker run quay.io/acme/source:1
              - name: c
                resource:
                  manifest: "apiVersion: v1\\nkind: Pod\\nspec: {containers: [{image: 'quay.io/acme/manifest:1'}]}\\n"

            """
        #expect(
            references(workflow) == [
                "quay.io/acme/patch:1", "quay.io/acme/line:1", "quay.io/acme/s:1", "quay.io/acme/source:1",
                "quay.io/acme/manifest:1",
            ])
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            spec:
              steps:
              - {image: "acme/step:1", script: "docker run quay.io/acme/script:1"}

            """
        #expect(references(task) == ["acme/step:1", "quay.io/acme/script:1"])
        #expect(scanned(task).findings.map(\.kind) == [.kubernetes, .kubernetesText])
        // Whose script it is, nobody says.
        #expect(references("image: x\nsteps:\n- script: docker run $(tag)\n") == [])
    }

    @Test(arguments: [
        ("tekton.dev/v1", "Task", "steps", "script"), ("argoproj.io/v1alpha1", "Workflow", "templates", "source"),
    ])
    func `shell text stays shell text if it hands a manifest to a command`(
        version: String, kind: String, list: String, key: String
    ) {
        let text = """
            apiVersion: \(version)
            kind: \(kind)
            spec:
              \(list):
              - name: a
                \(key): |
                  docker pull quay.io/a/s1:1
                  cat <<EOF | kubectl apply -f -
                  ---
                  apiVersion: v1
                  kind: Pod
                  spec: {containers: [{name: a, image: "quay.io/a/s3:1"}]}
                  EOF
                  docker pull quay.io/a/s4:1

            """
        #expect(references(text) == ["quay.io/a/s1:1", "quay.io/a/s3:1", "quay.io/a/s4:1"])
    }

    @Test func `what a chart's template fills into a script is open, and its name can move where it is plain`() throws {
        let text = """
            apiVersion: tekton.dev/v1
            kind: Task
            spec:
              steps:
              - image: "{{ .Values.step }}"
                script: |
                  docker pull quay.io/acme/script:{{ .Values.tag }}
                  docker pull {{ .Values.whole }}
                  docker pull quay.io/acme/plain:1

            """
        #expect(references(text) == ["?.Values.step", "?.Values.tag", "?.Values.whole", "quay.io/acme/plain:1"])
        let findings = scanned(text).findings
        #expect(findings.map(\.named?.reference?.asTyped) == [nil, "quay.io/acme/script", nil, nil])
        #expect(findings[1].text == "quay.io/acme/script:{{ .Values.tag }}")
    }

    @Test func `Tekton pulls bundles of tasks and pipelines`() {
        let run = """
            apiVersion: tekton.dev/v1
            kind: PipelineRun
            spec:
              pipelineRef:
                resolver: bundles
                params:
                - {name: bundle, value: "quay.io/acme/pipeline:1"}
                - {name: name, value: acme/x}

            """
        #expect(references(run) == ["quay.io/acme/pipeline:1"])
        #expect(references(run.replacing("bundles", with: "git")) == [])
        let pipeline = """
            apiVersion: tekton.dev/v1beta1
            kind: Pipeline
            spec:
              params: [{name: version, default: "2"}]
              tasks:
              - taskRef: {name: x, bundle: "quay.io/acme/old:1"}
              - taskRef:
                  resolver: bundles
                  params: [{name: bundle, value: "quay.io/acme/task:$(params.version)"}]

            """
        #expect(references(pipeline) == ["quay.io/acme/old:1", "quay.io/acme/task:2"])
    }

    @Test func `a patch may put a whole list of containers or volumes in place, or an element into one`() {
        let patch = """
            - op: add
              path: /spec/template/spec/initContainers
              value:
              - {name: a, image: busybox}
            - op: replace
              path: /spec/template/spec/volumes
              value: [{name: v, image: {reference: "quay.io/acme/files:1"}}]
            - op: add
              path: /spec/template/spec/volumes/-
              value: {name: w, image: {reference: "quay.io/acme/more:1"}}
            - op: add
              path: /spec/pictures
              value: [{name: a, image: picture}]

            """
        let images = ["busybox", "quay.io/acme/files:1", "quay.io/acme/more:1"]
        #expect(references(patch) == images)
        let text = patch.split(separator: "\n").map { "    " + $0 + "\n" }.joined()
        #expect(references("patches:\n- patch: |\n" + text, as: "kustomization.yaml") == images)
    }

    @Test(arguments: [
        ("/spec/containers/0/args/-", "--helper-image=quay.io/a/s:1", true),
        ("/spec/x/args", "[--helper-image, 'quay.io/a/s:1']", true),
        ("/spec/containers/0/env", "[{name: A_IMAGE, value: 'quay.io/a/s:1'}]", true),
        ("/spec/containers/0/env/-", "{name: A_IMAGE, value: 'quay.io/a/s:1'}", true),
        ("/metadata/annotations/sidecar.istio.io~1proxyImage", "quay.io/a/s:1", true),
        ("/metadata/annotations", "{sidecar.istio.io/proxyImage: 'quay.io/a/s:1'}", true),
        ("/data/A_IMAGE", "quay.io/a/s:1", true), ("/data", "{A_IMAGE: 'quay.io/a/s:1'}", true),
        ("/metadata/annotations/my-image-note", "quay.io/a/s:1", false), ("/spec/data/A_IMAGE", "quay.io/a/s:1", false),
        ("/spec/containers/0/args/-", "--helper=quay.io/a/s:1", false),
    ])
    func `a patch may put a setting in place`(_ path: String, _ value: String, _ isFound: Bool) {
        func patch(_ operation: String) -> String {
            "- op: \(operation)\n  path: \(path)\n  value: \(value)\n# image\n"
        }
        let expected = isFound ? ["quay.io/a/s:1"] : []
        #expect(references(patch("add")) == expected)
        let text = patch("replace").split(separator: "\n").map { "    " + $0 + "\n" }.joined()
        #expect(references("patches:\n- patch: |\n" + text, as: "kustomization.yaml") == expected)
    }

    @Test func `Flux' operator patches its own installation`() {
        let instance = """
            apiVersion: fluxcd.controlplane.io/v1
            kind: FluxInstance
            spec:
              kustomize:
                patches:
                - patch: |
                    - {op: replace, path: /spec/template/spec/containers/0/image, value: "quay.io/acme/fl:1"}

            """
        #expect(references(instance) == ["quay.io/acme/fl:1"])
    }

    @Test func `a generator's literals are read as the data of what it makes`() {
        let text =
            "configMapGenerator: [{name: a-images, literals: [agent=quay.io/a/a:1, b=true]}, {name: b, literals: [c=quay.io/a/c:1]}]\n"
            + "secretGenerator: [{name: s, literals: [HELPER_IMAGE=quay.io/a/h:1]}]\n"
        #expect(references(text, as: "kustomization.yaml") == ["quay.io/a/a:1", "quay.io/a/h:1"])
    }

    @Test func `a ConfigMap that its own name calls images holds nothing else`() {
        let pinned = "quay.io/acme/log-sink@sha256:" + String(repeating: "a", count: 64)
        func map(_ name: String) -> String {
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: \(name)}
            data:
              log-sink: \(pinned)
              timer: quay.io/acme/timer:1
              level: info
              path: etc/acme

            """
        }
        #expect(references(map("acme-images")) == [pinned, "quay.io/acme/timer:1"])
        #expect(references(map("acme-imagination")) == [])
    }

    @Test func `settings in a ConfigMap name images by keys that end so, with a tag, a digest or a host`() {
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a}
            data:
              model: |-
                {
                  "image": "acme/agent:1", "defaultJobImage": "acme/job:1", "job_image": "quay.io/acme/other",
                  "backgroundImage": "pictures/sky", "imageCount": "a/b:1"
                }

            """
        #expect(references(text) == ["acme/agent:1", "acme/job:1", "quay.io/acme/other"])
    }

    @Test func `a chart lists its images in annotations`() {
        for name in ["helm.sh/images", "artifacthub.io/images", "images"] {
            let text = "apiVersion: v2\nname: a\nannotations:\n  \(name): |\n    - {name: b, image: 'acme/b:1'}\n"
            #expect(references(text, as: "Chart.yaml") == ["acme/b:1"])
        }
    }

    @Test(arguments: ["a.io/installer/x:v1.14.0", "a.io/installer/{{ schematic }}:v1.14.0"])
    func `Talos installs itself from an image`(image: String) {
        let text = """
            apiVersion: v1alpha1
            kind: UnattendedInstallConfig
            installer:
              image: \(image)

            """
        let findings = scanned(text, as: "machine.yaml.j2").findings
        #expect(findings.map(\.kind) == [.talos] && findings.map(\.text) == [image])
    }

    @Test func `Talos has documents of their own for what the machine runs`() {
        let text = "apiVersion: v1alpha1\nkind: KubeletConfig\nimage: ghcr.io/siderolabs/kubelet:v1.36.4\n"
        #expect(references(text) == ["ghcr.io/siderolabs/kubelet:v1.36.4"])
        #expect(scanned(text).findings.first?.kind == .talos)
        #expect(references(text, as: "kubelet.yaml.j2") == ["ghcr.io/siderolabs/kubelet:v1.36.4"])
        #expect(references(text.replacing("v1alpha1", with: "v1")) == [])
    }

    @Test func `a comment between the lines of a unit's command is no part of it, and ends nothing`() {
        let unit = """
            [Service]
            # ExecStart=/usr/bin/docker run acme/none:1 \\
            ExecStart=/usr/bin/docker run --rm \\
              # what it is
            ; and more
              --name %n \\
              quay.io/acme/unit:1 run
            ExecStop=/usr/bin/docker run quay.io/acme/stop:1

            """
        #expect(references(unit, as: "a.service") == ["quay.io/acme/unit:1", "quay.io/acme/stop:1"])
    }

    @Test func `what is laid over a unit is read as the unit is`() {
        let service = "[Service]\nExecStart=\nExecStart=/usr/bin/podman run quay.io/acme/over:1\n"
        #expect(references(service, as: "x.service.d/override.conf") == ["quay.io/acme/over:1"])
        let container = "[Container]\nImage=quay.io/acme/drop:1\n"
        #expect(references(container, as: "etc/g.container.d/10.conf") == ["quay.io/acme/drop:1"])
        #expect(FileKind(path: "nginx.d/10.conf") == nil)
        #expect(references("[Image]\nImage=docker://quay.io/acme/i:1\n", as: "b.image") == ["quay.io/acme/i:1"])
    }

    @Test(arguments: [
        "pattern: {spec: {containers: [{image: \"%\"}]}}", "anyPattern: [{spec: {containers: [{image: \"%\"}]}}]",
    ])
    func `what a policy of Kyverno compares images with is none`(rule: String) {
        for pattern in ["registry.corp/*", "ghcr.io/* | quay.io/*", "!*:latest", "q.io/a:1"] {
            let validate = rule.replacing("%", with: pattern)
            let policy = """
                apiVersion: kyverno.io/v1
                kind: ClusterPolicy
                spec:
                  rules:
                  - validate: {\(validate)}
                  - mutate: {patchStrategicMerge: {spec: {containers: [{name: a, image: "q.io/b:1"}]}}}

                """
            #expect(references(policy) == ["q.io/b:1"])
        }
    }

    /// A resource in as many texts of ConfigMaps inside of each other.
    private func nested(_ resource: String, _ levels: Int) -> String {
        (0..<levels).reduce(resource) { inner, _ in
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  f.yaml: |\n"
                + inner.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
    }

    @Test(arguments: [(0, true), (1, true), (2, true), (3, true), (4, false), (40, false)])
    func `manifests are read in texts that are inside of each other, down to the third`(levels: Int, isRead: Bool) {
        let list =
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n"
            + "  spec: {containers: [{image: 'q.io/a:1', env: [{name: B_IMAGE, value: 'q.io/b:1'}]}]}\n"
        #expect(Set(references(nested(list, levels))) == (isRead ? ["q.io/a:1", "q.io/b:1"] : []))
    }

    @Test func `a release is given more resources as a list of texts`() {
        let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'q.io/a:1'}]}\n"
        let note = "apiVersion and kind and image: 'q.io/n:1'\n"
        let items = [nested(pod, 1), pod.replacing("a:1", with: "b:1"), note].map { text in
            "    - |\n" + text.split(separator: "\n").map { "      \($0)\n" }.joined()
        }
        let release =
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    extraDeploy:\n"
            + items.joined()
        #expect(references(release) == ["q.io/a:1", "q.io/b:1"])
    }

    @Test func `Knative explains settings under a key of their ConfigMap`() {
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: config-deployment}
            data:
              queue-sidecar-image: q.io/a:1
              _example: |
                # the image of the sidecar
                queue-sidecar-image: q.io/b:1

            """
        #expect(references(text) == ["q.io/a:1"])
    }

    @Test(arguments: [
        ("ConfigMap", "data", "values.yaml"), ("ConfigMap", "data", "prod.yaml"),
        ("Secret", "stringData", "values.yaml"),
    ]) func `values of a chart may be in a file of a ConfigMap or a Secret`(kind: String, key: String, file: String) {
        let text = """
            apiVersion: v1
            kind: \(kind)
            metadata: {name: a}
            \(key):
              \(file): |
                image:
                  repository: q.io/a
                  tag: "2"

            """
        #expect(references(text) == ["q.io/a:2"])
        #expect(references(text.replacing(key + ":", with: "other:")) == [])
    }

    @Test(arguments: [("docker://q.io/disk:40", ["q.io/disk:40"]), ("http://q.io/disk.img", [])])
    func `a volume is filled from an image that an annotation names`(endpoint: String, images: [String]) {
        let text = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata:
              name: w
              annotations:
                cdi.kubevirt.io/storage.import.endpoint: \(endpoint)

            """
        #expect(references(text) == images)
    }
}
