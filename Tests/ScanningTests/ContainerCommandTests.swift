// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// What containers are told to run.
@Suite struct ContainerCommandTests {
    private func pod(_ container: String) -> String {
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, \(container)}\n"
    }

    @Test(arguments: [
        ("image: 'gcr.io/go-containerregistry/crane', args: [pull, q.io/a:1, x.tar]", ["q.io/a:1"]),
        ("image: 'mirror.dev/crane/debug:v1', args: [copy, q.io/a:1, q.io/b:1]", ["q.io/a:1"]),
        ("image: 'quay.io/skopeo/stable', args: [copy, 'docker://q.io/a:1', 'docker://q.io/b:1']", ["q.io/a:1"]),
        ("image: 'mirror.dev/kaniko-executor:v1', args: [--build-arg, BASE=q.io/a:1, -d, q.io/b:1]", ["q.io/a:1"]),
        (
            "image: 'gcr.io/kaniko-project/warmer:v1', args: [--image=q.io/a:1, '--image', q.io/b:1]",
            ["q.io/a:1", "q.io/b:1"]
        ),
        ("image: x, command: [/kaniko/executor, --log-timestamp, --build-arg=BASE=q.io/a:1]", ["q.io/a:1"]),
        ("image: x, command: [tini, --, buildah], args: [from, q.io/a:1]", ["q.io/a:1"]),
        ("image: x, args: [img, build, -t, q.io/b:1, --build-arg, BASE=q.io/a:1, .]", ["q.io/a:1"]),
        ("image: 'docker:27-cli', args: [pull, q.io/a:1]", ["q.io/a:1"]),
        (
            "image: x, command: [sh, -o, pipefail, -c], args: ['\"$T\" q.io/c:1; crane pull \"q.io/a:1\" \"y\"']",
            ["q.io/a:1"]
        ),
        ("image: x, livenessProbe: {exec: {command: [bash, -lc, crictl pull q.io/a:1]}}", ["q.io/a:1"]),
        ("image: 'mirror.dev/flat/executor:1', args: [--build-arg=BASE=q.io/a:1]", ["q.io/a:1"]),
        // Programs that nobody knows, and words that are none.
        ("image: 'acme/tool:1', args: [pull, q.io/a:1]", []),
        ("image: 'moby/buildkit:v1', args: [build, --opt, 'build-arg:BASE=q.io/a:1']", []),
        ("image: x, command: [echo, crane, pull, q.io/a:1]", []),
        ("image: x, command: [sh, ./crane, pull, q.io/a:1]", []),
    ])
    func `count where the program is known by its name or by its image`(container: String, expected: [String]) {
        #expect(references(pod(container)).filter { $0.hasPrefix("q.io/") } == expected, "\(container)")
    }

    @Test func `are filled in with the environment, and what they make is no setting`() {
        let text = pod(
            "image: 'gcr.io/kaniko-project/executor:v1', env: [{name: TAG, value: '3'}, {name: BASE, value: 'q.io/a:$(TAG)'},"
                + " {name: APP_IMAGE, value: 'q.io/own:1'}],"
                + " args: [--destination=$(APP_IMAGE), --build-arg=BASE=$(BASE), --build-arg=NONE_IMAGE=q.io/b:$(NONE)]"
        )
        #expect(references(text) == ["gcr.io/kaniko-project/executor:v1", "q.io/a:3"])
        let open = pod("image: crane, args: [pull, 'q.io/a:$(TAG)', x], env: [{name: TAG, valueFrom: {fieldRef: {}}}]")
        #expect(references(open) == ["crane", "?TAG"])
    }

    @Test func `are filled in with parameters of Tekton and of each call of Argo`() {
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            spec:
              params:
              - {name: builder-image, default: "gcr.io/kaniko-project/executor:v1"}
              - {name: base, default: "q.io/base:1"}
              - {name: tag, default: "2"}
              - {name: none}
              steps:
              - image: $(params.builder-image)
                args: ["--build-arg=BASE=$(params.base)", "--destination=$(params.none)"]
              - image: quay.io/skopeo/stable
                args: [copy, "docker://q.io/a:$(params.tag)", "docker://$(params.none)"]
              - image: crane
                args: [pull, "$(params.none)", x]

            """
        #expect(
            references(task).filter { $0.hasPrefix("q.io") || $0.hasPrefix("?") } == [
                "q.io/base:1", "q.io/a:2", "?params.none",
            ])
        let workflow = """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            spec:
              templates:
              - name: main
                steps:
                - - {name: a, template: pull, arguments: {parameters: [{name: tag, value: "1"}]}}
                  - {name: b, template: pull, arguments: {parameters: [{name: tag, value: "2"}]}}
              - name: pull
                inputs: {parameters: [{name: tag}]}
                container: {image: crane, command: [crane], args: [pull, "q.io/a:{{inputs.parameters.tag}}", x]}

            """
        #expect(references(workflow) == ["crane", "q.io/a:1", "q.io/a:2"])
    }

    @Test func `are open where a chart's template fills them in`() {
        let text = """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: crane
                args: [cp, "{{ .Values.from }}", "{{ .Values.into }}"]
              - image: x
                command: [sh, -c, "crane pull q.io/a:{{ .Values.tag }} x"]

            """
        #expect(references(text) == ["crane", "?.Values.from", "x", "?.Values.tag"])
    }

    @Test func `are filled in with the variables before them, as settings are`() {
        let text = pod(
            "image: x, env: [{name: REG, value: q.io/acme}, {name: A_IMAGE, value: '$(REG)/a:1'},"
                + " {name: B_IMAGE, value: 'q.io/b:$(TAG)'}, {name: TAG, value: '2'}],"
                + " args: ['--c-image=q.io/c:$(TAG)', '--d-image=$(A_IMAGE)', '--e-image=q.io/e:$(NONE)']")
        #expect(references(text) == ["x", "q.io/acme/a:1", "?TAG", "q.io/c:2", "q.io/acme/a:1", "?NONE"])
        // The program may use REG for anything.
        #expect(scanned(text).shared.filter { $0.use != .product }.count > 0)
        let removed = pod(
            "image: x, env: [{name: T, value: '1'}, {name: T, valueFrom: {}}, {name: A_IMAGE, value: 'a:$(T)'}]")
        #expect(references(removed) == ["x", "?T"])
    }

    @Test func `a container's variables are not those of another one`() {
        let text = """
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - {name: a, image: x, env: [{name: TAG, value: '1'}]}
              - {name: b, image: y, env: [{name: A_IMAGE, value: 'a:$(TAG)'}], args: ['--b-image=b:$(TAG)']}

            """
        #expect(references(text) == ["x", "y", "?TAG", "?TAG"])
    }

    @Test func `variables that hold each other many times come to an end`() {
        let names = (1...40).map { "{name: V\($0), value: '$(V\($0 - 1))$(V\($0 - 1))'}" }.joined(separator: ", ")
        let text = pod("image: x, env: [{name: V0, value: aaaaaaaaaa}, \(names), {name: A_IMAGE, value: '$(V40)'}]")
        #expect(references(text).first == "x")
    }

    @Test func `scripts and variables of Tekton's steps are filled in with parameters`() {
        let task = """
            apiVersion: tekton.dev/v1
            kind: Task
            spec:
              params:
              - {name: base, default: "q.io/a:1"}
              - {name: list, type: array, default: ["q.io/l:0", "q.io/l:1"]}
              - {name: object, type: object, default: {other: "q.io/o:1"}}
              - {name: none}
              steps:
              - image: $(params.list[1])
              - image: $(params.object.other)
                env: [{name: B_IMAGE, value: $(params.base)}]
                script: |
                  docker pull $(params.base)
                  docker pull "$B_IMAGE"
                  docker pull $(params.none)

            """
        // What the script uses stands in the parameter.
        #expect(references(task) == ["q.io/a:1", "q.io/l:1", "q.io/o:1", "q.io/a:1", "?params.none"])
    }

    @Test func `tasks of Tekton get each combination of a matrix`() {
        let pipeline = """
            apiVersion: tekton.dev/v1
            kind: Pipeline
            spec:
              tasks:
              - name: a
                matrix: {params: [{name: image, value: ["q.io/a", "q.io/b"]}, {name: tag, value: ["1", "$(params.x)"]}]}
                taskSpec:
                  params: [{name: image}, {name: tag, default: "9"}]
                  steps: [{image: "$(params.image):$(params.tag)"}]
              - taskSpec: {params: [{name: tag, default: "9"}], steps: [{image: "q.io/c:$(params.tag)"}]}

            """
        #expect(references(pipeline) == ["q.io/a:1", "q.io/b:1", "q.io/c:9"])
    }

    @Test func `templates of Argo get what each call and each turn of a loop gives, or their own values`() {
        func workflow(_ kind: String, _ call: String) -> String {
            """
            apiVersion: argoproj.io/v1alpha1
            kind: \(kind)
            spec:
              templates:
              - name: main
                steps: [[{name: a, template: run, \(call)}]]
              - name: run
                inputs: {parameters: [{name: tag, value: "1"}]}
                container: {image: "q.io/a:{{inputs.parameters.tag}}"}

            """
        }
        let given = "arguments: {parameters: [{name: tag, value: '2'}]}"
        #expect(references(workflow("Workflow", given)) == ["q.io/a:2"])
        #expect(references(workflow("WorkflowTemplate", given)) == ["q.io/a:2", "q.io/a:1"])
        #expect(references(workflow("Workflow", "x: y")) == ["q.io/a:1"])
        let loop = "arguments: {parameters: [{name: tag, value: '{{item}}'}]}, withItems: ['3', '4']"
        #expect(references(workflow("Workflow", loop)) == ["q.io/a:3", "q.io/a:4"])
        let rows = "arguments: {parameters: [{name: tag, value: '{{item.t}}'}]}, withItems: [{t: '5'}]"
        #expect(references(workflow("Workflow", rows)) == ["q.io/a:5"])
    }

    @Test func `manifests in a workflow are filled in with its parameters`() {
        let workflow = """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            spec:
              arguments: {parameters: [{name: image, value: "q.io/a:1"}]}
              templates:
              - name: a
                resource:
                  manifest: |
                    apiVersion: v1
                    kind: Pod
                    spec:
                      containers:
                      - image: "{{workflow.parameters.image}}"
                      - image: "{{workflow.parameters.none}}"

            """
        #expect(references(workflow) == ["q.io/a:1", "?workflow.parameters.none"])
    }

    @Test func `lists that containers share by aliases are read once`() {
        let shared =
            "{name: a, image: x, env: &e [{name: T, value: '1'}, {name: A_IMAGE, value: 'a:$(T)'}], args: ['--b-image=b:$(T)']}"
        let other = "{name: b, image: y, env: *e, args: ['--c-image=c:$(T)']}"
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - \(shared)\n  - \(other)\n"
        #expect(references(text) == ["x", "a:1", "b:1", "y", "c:1"])
    }
}
