// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What is made by the build at hand, or replaced, is no image to pull.
@Suite struct MadeImagesTests {
    /// The references of all files that are to be pulled, in the order of the files.
    private func pulled(_ files: [(String, String)]) -> [String] {
        let results = files.map { name, text in
            let nearby = NearbyFiles(read: { path in files.first { $0.0 == path }.map { Array($0.1.utf8) } })
            return (name, FileScanner().scan(Array(text.utf8), kind: FileKind(path: name), in: nearby))
        }
        var made = MadeImages()
        for (name, result) in results { made.add(result, of: name) }
        return results.flatMap { name, result in
            result.findings.filter { !made.holds($0, in: name) }.map { $0.reference?.asTyped ?? "?" + $0.text }
        }
    }

    private func manifest(_ images: String...) -> String { pod(images) }

    private func pod(_ images: [String]) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
            + images.map { "  - image: \($0)\n" }.joined()
    }

    @Test func `Skaffold's artifacts are made, wherever its manifests stand, and nothing of other projects`() {
        let skaffold = """
            apiVersion: skaffold/v4beta11
            kind: Config
            build:
              artifacts:
              - image: front
            profiles:
            - name: p
              build: {artifacts: [{image: gcr.io/acme/back}]}
            manifests: {rawYaml: [../k8s/*.yaml]}
            """
        let files = [
            ("app/build/skaffold.yaml", skaffold),
            ("app/k8s/pod.yaml", manifest("front", "docker.io/library/front:dev", "gcr.io/acme/back:1", "redis:7")),
            ("app/k8s/pinned.yaml", manifest("front@sha256:" + String(repeating: "1", count: 64))),
            ("other/pod.yaml", manifest("front:1")),
        ]
        #expect(
            pulled(files) == ["redis:7", "front@sha256:" + String(repeating: "1", count: 64), "front:1"])
    }

    @Test(arguments: [
        ("Makefile", "x:\n\tcd config/a && kustomize edit set image app=$(IMG)\n", ["?$(IMG)", "other:1", "app:1"]),
        ("hack/x.sh", "cd \"$ROOT/config/a\"\nkustomize edit set image app:2\n", ["app:2", "other:1", "app:1"]),
        (
            ".github/workflows/w.yml", "jobs: {a: {steps: [{run: cd config/a && kustomize edit set image app=x:2}]}}\n",
            ["x:2", "other:1", "app:1"]
        ),
        ("config/b/x.sh", "kustomize edit set image app=x\n", ["?x", "app:1", "other:1", "app:1"]),
    ]) func `a name that a command lets a kustomization replace is no image there`(
        file: String, text: String, expected: [String]
    ) {
        let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [p.yaml]\n"
        let files = [
            (file, text), ("config/a/kustomization.yaml", kustomization),
            ("config/a/p.yaml", manifest("app:1", "other:1")), ("p.yaml", manifest("app:1")),
        ]
        #expect(pulled(files) == expected)
    }

    @Test func `Compose builds what has a build, unless it says that it is pulled`() {
        let compose = """
            services:
              web: {image: acme/own, build: .}
              again: {image: "acme/own:latest"}
              fetched: {image: acme/fetched, build: ., pull_policy: always}
            """
        let files = [
            ("compose.yaml", compose), ("other/Dockerfile", "FROM acme/own\nFROM alpine:3\n"),
            ("pod.yaml", manifest("acme/own")),
        ]
        // A cluster gets it from where it was pushed.
        #expect(pulled(files) == ["acme/fetched", "alpine:3", "acme/own"])
    }

    @Test func `only the tag that is built is made, and not in the Dockerfile that it is made of`() {
        let compose = """
            services:
              db: {build: ./db, image: "vendor/db:own"}
              old: {image: "vendor/db:15"}
              again: {image: "vendor/db:own"}
            """
        let files = [
            ("compose.yaml", compose), ("db/Dockerfile", "FROM vendor/db:16\nFROM vendor/db:own\n"),
            ("web/Dockerfile", "FROM vendor/db:own\n"),
        ]
        #expect(pulled(files) == ["vendor/db:15", "vendor/db:16", "vendor/db:own"])
        let other = "T = golang:1.26\nall:\n\tdocker build -t $(T) -f Dockerfile .\n"
        #expect(pulled([("Makefile", other), ("Dockerfile.dev", "FROM golang:1.26\n")]) == ["golang:1.26"])
        let makefile = "T = tools\nall:\n\tdocker build -t $(T) -f Dockerfile .\n"
        #expect(pulled([("Makefile", makefile), ("Dockerfile.dev", "FROM tools\n")]) == [])
        let bake = "target \"a\" {\n  tags = [\"vendor/os:own\"]\n}\n"
        #expect(
            pulled([("docker-bake.hcl", bake), ("Dockerfile", "FROM vendor/os:3.19\n")]) == ["vendor/os:3.19"])
    }

    @Test func `a tag that is a variable's default is one of several that a build makes`() {
        let bake = "variable \"TAG\" { default = \"dev\" }\ntarget \"a\" { tags = [\"ghcr.io/acme/a:${TAG}\"] }\n"
        #expect(pulled([("docker-bake.hcl", bake), ("pod.yaml", manifest("ghcr.io/acme/a:2"))]) == [])
    }

    @Test func `a service that extends one with a build is built`() {
        let compose = """
            services:
              api: {build: ., image: "acme/api:1"}
              worker: {extends: {service: api}, image: "acme/worker:1"}
              fetched: {extends: api, image: "acme/fetched:1", pull_policy: always}
            """
        #expect(pulled([("compose.yaml", compose)]) == ["acme/fetched:1"])
    }

    @Test func `a service that extends one of another file with a build is built`() {
        let files = [
            (
                "compose.yaml",
                "services:\n  a: {extends: {file: common.yml, service: b}, image: acme/a}\n  c: {extends: a, image: acme/c}\n"
                    + "  d: {extends: {file: common.yml, service: e}, image: acme/d}\n"
            ),
            ("common.yml", "services: {b: {build: b}, e: {image: redis:7}}\n"),
        ]
        #expect(pulled(files) == ["acme/d", "redis:7"])
    }

    @Test(arguments: ["", "null", "!reset null", "!reset", "~"])
    func `an empty build builds nothing`(_ value: String) {
        let compose = "services:\n  a:\n    image: acme/a:1\n    build: \(value)\n"
        #expect(pulled([("compose.yaml", compose)]) == ["acme/a:1"])
    }

    @Test func `a service is built if a file that is read together with its own has the build`() {
        let base =
            "services: {a: {image: 'q.io/own/a:1'}, b: {image: 'q.io/b:1'}, c: {image: 'q.io/c:1', pull_policy: always}}\n"
        let above = "services: {a: {build: .}, b: {build: !reset null}, c: {build: .}}\n"
        func pulled(besides other: String) -> [String] {
            let files = NearbyFiles(name: "compose.yaml", read: { $0 == other ? Array(above.utf8) : nil })
            return FileScanner().scan(Array(base.utf8), kind: .compose, in: files).findings.filter { !$0.isBuilt }
                .map { $0.reference?.asTyped ?? "" }
        }
        #expect(pulled(besides: "compose.override.yaml") == ["q.io/b:1", "q.io/c:1"])
        #expect(pulled(besides: "compose.dev.yaml").count == 3)
    }

    @Test func `files that a command gives to Compose are read together`() throws {
        let text = "docker compose -f ci/a.yml -f b.yml up\ndocker compose -f c.yml up\n"
        let kinds = scanned(text, as: "run.sh").followUps.map(\.kind)
        #expect(
            kinds == [
                .compose(besides: ["../b.yml"], environment: [".env", "../.env"]),
                .compose(besides: ["ci/a.yml"], environment: [".env"]), .named(.compose),
            ])
        let files = NearbyFiles(
            name: "a.yml", read: { $0 == "../b.yml" ? Array("services: {a: {build: .}}\n".utf8) : nil })
        let result = FileScanner().scan(
            Array("services: {a: {image: 'q.io/own/a:1'}}\n".utf8), kind: .yaml, followed: kinds[0], in: files)
        #expect(result.products.map(\.name) == ["q.io/own/a"])
    }

    @Test func `other names of what Compose builds are built, too`() {
        let compose = "services: {a: {build: {context: ., tags: [\"acme/a:x\"]}}, b: {image: \"acme/a:x\"}}\n"
        #expect(pulled([("compose.yaml", compose)]) == [])
    }

    @Test func `Terraform's container uses the image that a resource builds`() {
        let main = """
            resource "docker_image" "o" {
              name = "own:1"
              build { context = "." }
            }
            resource "docker_container" "o" {
              image = "own:1"
            }
            resource "docker_container" "p" {
              image = "own:2"
            }

            """
        #expect(pulled([("main.tf", main)]) == ["own:2"])
    }

    @Test func `commands use what Compose or a command of another file makes under a name without a host`() {
        let files = [
            (
                "compose.yaml",
                "services: {web: {build: ., image: web-local}, far: {build: ., image: quay.io/acme/far}}\n"
            ),
            ("Makefile", "b:\n\tdocker build -t tool-local .\n\tdocker build -t quay.io/acme/tool .\n"),
            ("x/run.sh", "docker run web-local a\ndocker run tool-local b\ndocker run web-local:2 c\n"),
            ("far.sh", "docker run quay.io/acme/far\ndocker run quay.io/acme/tool\n"),
            ("x/Dockerfile", "FROM tool-local\n"),
        ]
        #expect(pulled(files) == ["web-local:2", "quay.io/acme/far", "quay.io/acme/tool"])
    }

    @Test(arguments: [
        (
            ".gitlab-ci.yml",
            "b: {script: [docker push q.io/x:$CI_COMMIT_SHA, 'executor --destination \"$CI_REGISTRY_IMAGE/k:1\"']}\n"
                + "c: {image: 'q.io/x:${CI_COMMIT_SHA}', services: ['$CI_REGISTRY_IMAGE/k:1', 'q.io/x:2']}\n",
            ["q.io/x:2"]
        ),
        (
            ".gitlab-ci.yml",
            "b: {variables: {IMAGE: 'q.io/x:1'}, script: docker push $IMAGE}\nc: {image: 'q.io/x:1', script: a}\n"
                + "d: {variables: {IMG: 'q.io/y:1'}, image: $IMG, script: a}\n",
            ["q.io/y:1"]
        ),
        (
            ".github/workflows/a.yml",
            "{env: {R: q.io}, jobs: {a: {steps: [{uses: docker/build-push-action@v5, "
                + "with: {tags: 'q.io/x:${{github.sha}},${{ env.R }}/y:1'}}]}, "
                + "b: {container: 'q.io/x:${{ github.sha }}', services: {s: {image: 'q.io/y:1'}, t: {image: 'q.io/y:2'}}}}}",
            ["q.io/y:2"]
        ),
        (
            ".github/workflows/a.yml",
            "{jobs: {a: {steps: [{uses: docker/metadata-action@v5, with: {images: q.io/x}}]}, "
                + "b: {container: 'q.io/x:${{ github.sha }}', steps: [{run: 'docker run q.io/x:pr && docker run q.io/z:1'}]}}}",
            ["q.io/z:1"]
        ),
        (
            ".circleci/config.yml",
            "{version: 2.1, jobs: {a: {docker: [{image: 'q.io/b:1'}], steps: [{run: 'docker push q.io/x:$CIRCLE_SHA1'}]}, "
                + "b: {docker: [{image: 'q.io/x:$CIRCLE_SHA1'}, {image: 'q.io/x:$OTHER'}]}}}",
            ["q.io/b:1", "?q.io/x:$OTHER"]
        ),
        (
            "azure-pipelines.yml",
            "jobs:\n- job: a\n  steps:\n  - {task: Docker@2, inputs: {repository: own/x, tags: \"1\\n2\"}}\n"
                + "  - {task: Docker@2, inputs: {repository: own/y}}\n"
                + "- job: b\n  container: own/x:2\n  steps: [{script: 'docker run own/y:$(Build.BuildId) && docker run own/x:3'}]\n",
            ["own/x:3"]
        ),
    ])
    func `what a step of a pipeline makes or pushes is made for the other jobs of the file`(
        path: String, text: String, expected: [String]
    ) {
        #expect(pulled([(path, text)]) == expected)
    }

    @Test(arguments: [
        (".drone.yml", "kind: pipeline\n", "plugins/docker", "settings", "tags: [ci, latest]"),
        (".woodpecker.yml", "", "woodpeckerci/plugin-docker-buildx:2", "settings", "tags: 'ci,latest'"),
        (".vela.yml", "version: '1'\n", "target/vela-kaniko:v1", "parameters", "tags: [ci, latest]"),
        (".woodpecker.yml", "", "plugins/gcr", "settings", "registry: q.io, auto_tag: true"),
    ])
    func `a plugin that builds says which Dockerfile, with which values, and what it makes`(
        path: String, head: String, plugin: String, key: String, tags: String
    ) {
        let name = tags.hasPrefix("tags") ? "q.io/own/x" : "own/x"
        let text =
            head + "steps:\n- {name: b, image: '\(plugin)', \(key): {repo: \(name), \(tags), dockerfile: ci/Df, "
            + "build_args: [V=12, BASE=alpine:3]}}\n- {name: c, image: 'q.io/own/x:ci', commands: [docker run q.io/own/x]}\n"
        let result = scanned(text, as: path)
        #expect(Set(result.findings.compactMap { $0.reference?.asTyped }) == [plugin, "alpine:3"])
        #expect(result.followUps.map(\.path) == ["ci/Df"])
        guard case .dockerfile(let arguments)? = result.followUps.first?.kind else { return }
        #expect(arguments.values["V"] == ["12"])
    }

    @Test func `a loop makes an image in each of its turns`() {
        let files = [
            ("build.sh", "for n in a b; do docker build -t own/$n $n; done\ndocker run own/a\ndocker run own/c\n"),
            ("x/run.sh", "docker run own/b\n"), ("compose.yaml", "services: {a: {image: own/a}, d: {image: own/d}}\n"),
        ]
        #expect(pulled(files) == ["own/c", "own/d"])
    }

    @Test func `recipes of an included makefile make images with the variables of the one that includes it`() {
        let files = [
            ("Common.mk", "b:\n\tdocker build -t own/$(NAME) .\n"),
            ("Makefile", "NAME := a\n-include Common.mk\nr:\n\tdocker run own/a\n\tdocker run own/b\n"),
            ("x/run.sh", "docker run own/a\n"),
        ]
        #expect(pulled(files) == ["own/b"])
    }

    @Test func `a pod that never pulls uses what any command made`() {
        let values =
            "image: {repository: local/v, tag: own, pullPolicy: Never}\nother: {image: {repository: local/v, tag: own}}\n"
        func pod(_ policy: String) -> String { manifest("local/v:own\n    imagePullPolicy: \(policy)", "local/v:own") }
        let files = [
            ("make/e2e.mk", "b:\n\t$(CTR) build -t local/v:own .\n"), ("k8s/never.yaml", pod("Never")),
            ("k8s/other.yaml", pod("IfNotPresent")), ("chart/values.yaml", values),
            ("k8s/tag.yaml", manifest("local/v:2\n    imagePullPolicy: Never")),
        ]
        #expect(
            pulled(files) == ["local/v:own", "local/v:own", "local/v:own", "local/v:own", "local/v:2"])
    }

    @Test(arguments: ["local-${V}", "local-${V:-main}x"]) func `a tag that only ends in a variable has its beginning`(
        _ tag: String
    ) {
        let files = [
            (
                "docker-bake.hcl",
                "variable \"V\" { default = \"main\" }\ntarget \"h\" { tags = [\"vendor/os:local-${V}\"] }\n"
            ),
            ("other/Dockerfile", "FROM vendor/os:1\nFROM vendor/os:local-2\n"),
        ]
        #expect(pulled(files) == ["vendor/os:1"])
        let compose = "services: {a: {build: ./a, image: 'vendor/os:\(tag)'}, b: {image: 'vendor/os:1'}}\n"
        #expect(pulled([("compose.yaml", compose)]) == ["vendor/os:1"])
    }

    @Test func `a Dockerfile takes what a command beside it or above, or one that builds both, makes of another one`() {
        let makefile = """
            b:
            \tdocker build -t app-base --target base .
            \tdocker build -t tools:2 images/tools
            \tdocker build -t app -f Dockerfile.dev dist
            \tdocker build -t web images/web
            \tdocker build -t quay.io/acme/far images/far

            """
        let files = [
            ("Makefile", makefile), ("Dockerfile", "FROM app-base\n"), ("Dockerfile.dev", "FROM app-base\nFROM app\n"),
            ("Dockerfile.other", "FROM app\nFROM tools:1\nFROM tools:2\nFROM quay.io/acme/far\n"),
            ("images/web/Dockerfile", "FROM tools:2\nFROM web\n"), ("other/Dockerfile", "FROM tools:2\n"),
        ]
        #expect(pulled(files) == ["app-base", "app", "tools:1", "quay.io/acme/far", "web"])
        let moved = files.map { ($0.0 == "Makefile" ? "x/Makefile" : $0.0, $0.1) }
        #expect(pulled(moved).contains("app-base"))
    }

    @Test(arguments: [
        "docker_build_with_restart('acme/own', '.', entrypoint='x')", "custom_build_with_restart('acme/own', 'make')",
        "docker_build_sub('acme/own', '.')", "docker_build(ref = 'acme/own', context = '.')",
        "def b(image):\n  docker_build(ref = image, context = '.')\nb(image = 'acme/own')",
        "def b(path, image, x=1):\n  docker_build(image, path)\ndef c(name):\n  b('.', name)\nc('acme/own')",
        "p = {'image': 'acme/own', 'path': '.'}\ndocker_build(p['image'], p['path'])",
    ]) func `Tilt builds with functions of its own and of its extensions, too`(build: String) {
        #expect(pulled([("Tiltfile", build + "\n"), ("k8s/pod.yaml", manifest("acme/own", "b:1"))]) == ["b:1"])
    }

    @Test func `what Tilt builds is made in the manifests below its file`() {
        let files = [("Tiltfile", "docker_build('acme/own', '.')\n"), ("k8s/pod.yaml", manifest("acme/own", "b:1"))]
        #expect(pulled(files) == ["b:1"])
    }

    @Test func `a context that Compose gives takes the place of an image in that Dockerfile alone`() {
        let compose = "services: {a: {build: {context: app, additional_contexts: {base: \"service:b\"}}}}\n"
        let files = [
            ("compose.yaml", compose), ("app/Dockerfile", "FROM base\n"), ("other/Dockerfile", "FROM base\n"),
        ]
        #expect(pulled(files) == ["base"])
    }

    @Test func `Bake's tags are made, and its contexts take the place of images in their Dockerfile`() {
        let bake = """
            variable "TAG" { default = "1" }
            target "base" { tags = ["ghcr.io/acme/base:${TAG}"] }
            target "app" {
              context = "app"
              contexts = { base = "target:base", tools = "docker-image://alpine:3.20" }
              tags = ["ghcr.io/acme/app"]
            }
            """
        let files = [
            ("docker-bake.hcl", bake),
            ("app/Dockerfile", "FROM base\nCOPY --from=tools /a /a\nFROM ghcr.io/acme/base:1\n"),
            ("k8s/pod.yaml", manifest("ghcr.io/acme/app:1", "b:1")),
        ]
        #expect(pulled(files) == ["alpine:3.20", "b:1"])
    }

    @Test func `Cloud Build's images and what its steps tag are made`() {
        let build = """
            steps:
            - name: gcr.io/cloud-builders/docker
              args: [build, -t, gcr.io/acme/a, .]
            - name: bash
              args: [-c, "docker build --tag=gcr.io/acme/b:1 . && docker run -t ubuntu"]
            - name: gcr.io/kaniko-project/executor
              args: [--destination=gcr.io/acme/c]
            - name: gcr.io/acme/a
            images: ['gcr.io/$PROJECT_ID/d']
            """
        let files = [
            ("cloudbuild.yaml", build), ("k8s/pod.yaml", manifest("gcr.io/acme/b:2", "gcr.io/acme/c", "ubuntu")),
        ]
        #expect(
            pulled(files) == [
                "gcr.io/cloud-builders/docker", "bash", "ubuntu", "gcr.io/kaniko-project/executor", "ubuntu",
            ])
    }

    @Test func `Jib's target, ko's import paths and Kubebuilder's placeholder are made`() {
        let gradle = "jib {\n  from { image = 'eclipse-temurin:21' }\n  to { image = 'gcr.io/acme/j' }\n}\n"
        let maven =
            "<plugin><artifactId>jib-maven-plugin</artifactId><configuration><from><image>a/base:1</image></from>"
            + "<to><image>gcr.io/acme/m</image></to></configuration></plugin>"
        let files = [
            ("build.gradle", gradle), ("pom.xml", maven),
            (
                "pod.yaml",
                manifest("gcr.io/acme/j:1", "gcr.io/acme/m", "ko://github.com/x/y", "controller:latest", "b:1")
            ),
        ]
        #expect(pulled(files) == ["eclipse-temurin:21", "a/base:1", "b:1"])
    }

    // MARK: - OpenShift

    private func stream(_ spec: String) -> String {
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {name: w}\nspec: \(spec)\n"
    }

    @Test func `a stream that pods look up gives its names to images, beside it and in folders next to it`() {
        let tag = "tags: [{name: '3', from: {kind: DockerImage, name: 'quay.io/acme/app:3'}}]"
        let pods = [
            ("x/pods/pod.yaml", manifest("w:3", "w:4", "quay.io/acme/w:3")), ("other/pod.yaml", manifest("w:3")),
        ]
        let local = [("x/streams/is.yaml", stream("{lookupPolicy: {local: true}, \(tag)}"))]
        #expect(pulled(local + pods) == ["quay.io/acme/app:3", "w:4", "quay.io/acme/w:3", "w:3"])
        let other = [("x/streams/is.yaml", stream("{\(tag)}"))]
        #expect(pulled(other + pods).filter { $0 == "w:3" }.count == 2)
        // What is pushed to the stream is not listed.
        #expect(pulled([("is.yaml", stream("{lookupPolicy: {local: true}}")), ("p.yaml", manifest("w", "w:4"))]) == [])
    }

    @Test func `a template's stream has the name that the template's parameters give`() {
        let template = """
            apiVersion: template.openshift.io/v1
            kind: Template
            parameters: [{name: NAME, value: w}]
            objects:
            - {apiVersion: v1, kind: ImageStream, metadata: {name: '${NAME}'}, spec: {lookupPolicy: {local: true}}}

            """
        #expect(pulled([("t.yaml", template), ("p.yaml", manifest("w:1", "v:1"))]) == ["v:1"])
    }

    @Test(arguments: [
        (
            "apps.openshift.io/v1", "DeploymentConfig", "{}",
            "{type: ImageChange, imageChangeParams: {containerNames: [a, i], from: {kind: ImageStreamTag, name: 'w:3'}}}"
        ),
        (
            "apps/v1", "Deployment",
            #"[{"fieldPath": "spec.template.spec.containers[?(@.name==\"a\")].image"}, {"fieldPath": "spec.template.spec.initContainers[0].image"}]"#,
            ""
        ),
    ]) func `an image that a stream's trigger replaces is none to pull, in a template, too`(
        version: String, kind: String, annotation: String, trigger: String
    ) {
        let text = """
            apiVersion: \(version)
            kind: \(kind)
            metadata:
              name: w
              annotations:
                image.openshift.io/triggers: '\(annotation)'
            spec:
              triggers: [\(trigger)]
              template:
                spec:
                  initContainers: [{name: i, image: 'w:3'}]
                  containers: [{name: a, image: 'w:3'}, {name: b, image: 'q.io/b:1'}]

            """
        #expect(pulled([("d.yaml", text)]) == ["q.io/b:1"])
        let object = text.split(separator: "\n").map { "  \($0)\n" }.joined()
        for group in ["v1", "template.openshift.io/v1"] {
            let template = "apiVersion: \(group)\nkind: Template\nobjects:\n-" + object.dropFirst()
            #expect(pulled([("t.yaml", template)]) == ["q.io/b:1"])
        }
        let paused = text.replacing("{\"fieldPath\"", with: "{\"paused\": true, \"fieldPath\"")
        #expect(pulled([("d.yaml", paused)]).count == (kind == "Deployment" ? 3 : 1))
    }

    // MARK: - kustomize

    private func overlay(_ images: String, _ resources: String = "[../base]") -> String {
        "resources: \(resources)\nimages: [\(images)]\n"
    }

    private let renames = "{name: op, newName: quay.io/acme/op, newTag: v1}"

    @Test func `a name that every kustomization replaces is no image`() {
        let manifests = [
            ("base/kustomization.yaml", "resources: [pod.yaml]\n"), ("base/pod.yaml", manifest("op:1", "b:1")),
        ]
        #expect(
            pulled([("over/kustomization.yaml", overlay(renames))] + manifests) == ["quay.io/acme/op:v1", "b:1"])
        // A second one leaves the name as it is, and so does nobody at all.
        let two = [("over/kustomization.yaml", overlay(renames)), ("plain/kustomization.yaml", overlay(""))]
        #expect(pulled(two + manifests) == ["quay.io/acme/op:v1", "op:1", "b:1"])
        #expect(pulled(manifests) == ["op:1", "b:1"])
    }

    @Test func `a name is replaced by components and further up, too`() {
        let manifests = [("base/kustomization.yaml", "resources: [pod.yaml]\n"), ("base/pod.yaml", manifest("op:1"))]
        let component = [
            ("over/kustomization.yaml", "resources: [../base]\ncomponents: [../comp]\n"),
            ("comp/kustomization.yaml", "kind: Component\nimages: [\(renames)]\n"),
        ]
        #expect(pulled(component + manifests) == ["quay.io/acme/op:v1"])
        let chain = [
            ("top/kustomization.yaml", overlay("{name: mid, newName: quay.io/acme/end, newTag: '2'}", "[../over]")),
            ("over/kustomization.yaml", overlay("{name: op, newName: mid, newTag: '1'}")),
        ]
        #expect(pulled(chain + manifests) == ["quay.io/acme/end:2"])
    }

    @Test func `a new tag that every kustomization sets replaces the old one, and a circle replaces nothing`() {
        let manifests = [("base/kustomization.yaml", "resources: [pod.yaml]\n"), ("base/pod.yaml", manifest("op:1"))]
        let tagged = [("over/kustomization.yaml", overlay("{name: op, newTag: v2}"))]
        #expect(pulled(tagged + manifests) == ["op:v2"])
        let digest = "sha256:" + String(repeating: "1", count: 64)
        let pinned = [("pinned/kustomization.yaml", overlay("{name: op, digest: '\(digest)'}"))]
        #expect(pulled(tagged + pinned + manifests) == ["op:v2", "op@\(digest)"])
        let plain = [("plain/kustomization.yaml", overlay(""))]
        #expect(pulled(tagged + plain + manifests) == ["op:v2", "op:1"])
        let circle = [
            ("base/kustomization.yaml", "resources: [pod.yaml, ../base2]\n"),
            ("base2/kustomization.yaml", "resources: [../base]\n"), ("base/pod.yaml", manifest("op:1")),
        ]
        #expect(pulled(circle) == ["op:1"])
    }
}
