// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Builds name Dockerfiles, and give values to their arguments.
@Suite struct BuildTests {
    /// What is followed, as `PATH NAME=VALUE,VALUE …`.
    private func builds(_ text: String, as path: String) -> [String] {
        scanned(text, as: path).followUps.compactMap { followUp in
            guard case .dockerfile(let arguments) = followUp.kind else { return nil }
            let values = arguments.values.sorted { $0.key < $1.key }.map { " \($0)=\($1.joined(separator: ","))" }
            return followUp.path + values.joined()
        }
    }

    @Test(arguments: [
        ("docker build -f ci/Df --build-arg V=12 -t own .", ["ci/Df V=12"]),
        ("docker build --build-arg V=12 ci", ["ci/Dockerfile V=12"]),
        ("sudo podman build --file=ci/Df --build-arg=V=12 --build-arg W .", ["ci/Df V=12"]),
        ("docker buildx build --push -f \"ci/Df\" --build-arg \"V=1 2\" .", ["ci/Df V=1 2"]),
        ("buildah bud -f Df sub", ["Df"]),
        ("/kaniko/executor --context . --dockerfile ci/Df --build-arg V=1 --destination x", ["ci/Df V=1"]),
        ("V=12; docker build -f \"$ROOT/ci/Df\" --build-arg V=$V .", ["ci/Df V=12"]),
        ("for v in 11 12; do docker build --build-arg V=$v .; done", ["Dockerfile V=11,12"]),
        ("for d in a b; do docker build -f $d/Df $d; done", ["a/Df", "b/Df"]),
        ("cd sub && docker build --build-arg V=1 .", ["sub/Dockerfile V=1"]),
        ("cd \"$(dirname \"$0\")/..\" && docker build -f ci/Df .", ["../ci/Df"]),
        ("cd a; cd b; docker build .; popd; docker build c", ["a/b/Dockerfile", "c/Dockerfile"]),
        ("docker build https://example.com/a.git", []),
        ("cat ./ci/Df | docker build --build-arg V=1 -f - .", ["ci/Df V=1"]),
        ("docker build --build-arg V=1 - < Df", ["Df V=1"]),
        ("A=(--pull --build-arg \"V=1\")\nA+=(-f Df)\ndocker build \"${A[@]}\" .", ["Df V=1"]),
        ("docker build -f - . < ./Df", ["Df"]), ("docker build -f - .", []),
        ("docker build -f /abs/Df .", []),
        ("echo docker build -f Df .", []),
        ("docker build --build-arg V=$UNKNOWN -f Df .", ["Df"]),
        ("az acr build --registry r --image own:1 -f ci/Df --build-arg V=1 .", ["ci/Df V=1"]),
    ])
    func `commands that build say which Dockerfile, and with which values`(text: String, expected: [String]) {
        #expect(builds(text + "\n", as: "x.sh") == expected)
    }

    /// What else is followed, as `KIND PATH`.
    private func files(_ text: String, as path: String = "x.sh") -> [String] {
        scanned(text, as: path).followUps.compactMap { followUp in
            switch followUp.kind {
            case .named(.text(.bake)): "bake \(followUp.path)"
            case .named(let kind): "\(kind) \(followUp.path)"
            case .compose: "compose \(followUp.path)"
            case .resources: "resources \(followUp.path)"
            case .values: "values \(followUp.path)"
            default: nil
            }
        }
    }

    @Test(arguments: [
        ("docker compose -f infra/dev.yml -f more.yml up -d", ["compose infra/dev.yml", "compose more.yml"]),
        ("docker-compose --file=infra/dev.yml -p x pull", ["compose infra/dev.yml"]),
        ("podman-compose -f dev.yml up", ["compose dev.yml"]),
        ("podman compose -f dev.yml build web", ["compose dev.yml"]),
        ("$DOCKER_COMPOSE -f dev.yml up", ["compose dev.yml"]),
        ("docker compose logs -f web", []),
        ("docker compose up -f", []),
        ("docker compose -f - up", []),
        ("docker compose -f \"$UNKNOWN\" up", []),
        ("echo docker compose -f dev.yml up", []),
        ("docker stack deploy --prune -c swarm.yml shop", ["compose swarm.yml"]),
        ("docker buildx bake -f ci/all.hcl --push web", ["bake ci/all.hcl"]),
        ("docker bake --file b.yml", ["compose b.yml"]),
        ("kubectl -n x apply -f k8s/a.in,k8s/b.in", ["resources k8s/a.in", "resources k8s/b.in"]),
        ("cd deploy && kubectl create -k overlays/prod", ["resources deploy/overlays/prod"]),
        ("kubectl apply -f https://example.com/a.yaml", []),
        ("kubectl logs -f web", []),
        ("helm template -f a.txt x chart", ["values a.txt"]),
    ])
    func `commands name files, and say what they are`(text: String, expected: [String]) {
        #expect(files(text + "\n") == expected)
        #expect(files("a:\n\t" + text.replacing("$", with: "$$") + "\n", as: "Makefile") == expected)
        let workflow = "jobs:\n  a:\n    steps:\n    - run: |\n        \(text)\n"
        #expect(files(workflow, as: ".github/workflows/a.yml") == expected)
    }

    @Test func `what is not where the command runs is looked for in what is built, and above`() throws {
        let text = "cd sub\npodman build -f Df ctx\n"
        let followUp = try #require(scanned(text, as: "x.sh").followUps.first)
        #expect([followUp.path] + followUp.alternatives == ["sub/Df", "sub/ctx/Df", "Df", "ctx/Df"])
        #expect(followUp.start == .above)
    }

    @Test func `each line of a recipe begins in the same folder, the lines of a script go on`() {
        let recipe = "a:\n\tcd sub\n\tdocker build .\n\tcd sub && docker build .\n"
        #expect(builds(recipe, as: "Makefile") == ["Dockerfile", "sub/Dockerfile"])
        #expect(builds("a: {script: [cd sub, docker build .]}\n", as: ".gitlab-ci.yml") == ["sub/Dockerfile"])
        let steps =
            "jobs: {a: {steps: [{run: cd x}, {working-directory: sub, run: docker build .}, {run: docker build .}]}}\n"
        #expect(builds(steps, as: ".github/workflows/a.yml") == ["sub/Dockerfile", "Dockerfile"])
    }

    @Test func `actions that build are read once for each turn of a matrix`() {
        let text = """
            env: {W: "3"}
            jobs:
              a:
                strategy: {matrix: {v: [12, 13]}}
                steps:
                - uses: docker/build-push-action@v6
                  with:
                    context: "{{defaultContext}}:ci"
                    build-args: |
                      V=${{ matrix.v }}
                      W=${{ env.W }}
                      X=${{ secrets.X }}
                - uses: docker/build-push-action@v6
                  with: {file: "${{ github.workspace }}/b/Df"}
                - uses: actions/checkout@v4
                  with: {path: x}
            """
        #expect(
            builds(text, as: ".github/workflows/a.yml") == [
                "ci/Dockerfile V=12 W=3", "ci/Dockerfile V=13 W=3", "b/Df",
            ])
    }

    @Test(arguments: [
        ("action.yml", "runs: {using: docker, image: ci/Df}\n", ["ci/Df"]),
        ("own.build", "[Build]\nImageTag=localhost/own\nFile=./ci/Df\nBuildArg=V=12\n", ["ci/Df V=12"]),
        ("fly.toml", "[build]\ndockerfile = 'ci/Df'\n[build.args]\nV = '12'\nW = \"{{x}}\"\n", ["ci/Df V=12"]),
        ("fly.toml", "[build]\n[build.args]\nV = '12'\n[env]\nX = '1'\n", ["Dockerfile V=12"]),
        ("fly.toml", "[build]\nimage = 'quay.io/a/f:1'\n[env]\nV = '12'\n", []),
        (
            "Cross.toml",
            "[target.a.dockerfile]\nfile = 'ci/Df'\nbuild-args = { V = '12' }\n[target.b]\ndockerfile = 'Bf'\n",
            ["Bf", "ci/Df V=12"]
        ),
        ("meson.build", "project('x')\nFile=x\n", []),
        ("action.yml", "runs: {using: docker, image: 'docker://alpine:3'}\n", []),
        (
            "skaffold.yaml",
            """
            apiVersion: skaffold/v4beta6
            kind: Config
            build:
              artifacts:
              - {image: a, context: ci, docker: {dockerfile: Df, buildArgs: {V: "12", W: "{{.X}}"}}}
              - {image: b, kaniko: {dockerfile: Kf}}
              - {image: c, jib: {}}

            """, ["ci/Df V=12", "Kf"]
        ),
        (
            "cloudbuild.yaml",
            """
            steps:
            - {name: gcr.io/cloud-builders/docker, args: [build, -f, ci/Df, --build-arg, V=12, .]}
            - {name: "gcr.io/kaniko-project/executor:v1", dir: sub, args: [--dockerfile=Kf, --destination=x]}

            """, ["ci/Df V=12", "sub/Kf"]
        ),
        (
            "Jenkinsfile",
            "agent { dockerfile { filename 'Df'; dir 'ci'; additionalBuildArgs '--build-arg V=12' } }\n"
                + "docker.build('own', '-f Jf --build-arg W=1 .')\nagent { dockerfile true }\n",
            ["ci/Df V=12", "Jf W=1"]
        ),
        (
            "m.tf",
            "resource \"docker_image\" \"x\" {\n  name = \"own\"\n  build {\n    context = \"${path.module}/ci\"\n"
                + "    dockerfile = \"Df\"\n    build_args = { V = var.v }\n  }\n}\nvariable \"v\" { default = \"12\" }\n",
            ["ci/Df V=12"]
        ),
        (
            "Tiltfile",
            "docker_build('own', 'ci', dockerfile='ci/Df', build_args={'V': '12'})\ndocker_build('b', 'b')\n",
            ["ci/Df V=12", "b/Dockerfile"]
        ),
        (
            "azure-pipelines.yml",
            "steps:\n- task: Docker@2\n  inputs: {command: build, Dockerfile: ci/Df, arguments: --build-arg V=12}\n",
            ["ci/Df V=12"]
        ),
        (
            "Earthfile", "a:\n  FROM DOCKERFILE -f ci/Df --build-arg V=12 .\n  FROM DOCKERFILE -f +b/x .\n",
            ["ci/Df V=12"]
        ),
        (
            ".goreleaser.yaml",
            "dockers:\n- dockerfile: cj/Df\n  build_flag_templates: [--build-arg=V=12, '--build-arg=W={{.Version}}']\n",
            ["cj/Df V=12"]
        ),
    ])
    func `settings of tools name Dockerfiles`(path: String, text: String, expected: [String]) {
        #expect(builds(text, as: path) == expected)
    }

    @Test func `a target of an Earthfile has the arguments that its callers give`() throws {
        let text = """
            VERSION 0.8
            ARG --global G=1
            all:
              BUILD +a --V=2
              BUILD --V=3 +a
              BUILD ./sub+s --T=4
              COPY (+b/f --IMG="q.io/b:1" --U=$X) .
            a:
              ARG V
              FROM q.io/a:$V
              RUN docker run q.io/g:$G
            b:
              ARG IMG=q.io/c:1
              ARG U
              ARG V=9
              FROM $IMG
              FROM q.io/u:$U
              FROM q.io/v:$V

            """
        let result = scanned(text, as: "Earthfile")
        #expect(
            result.findings.map { $0.reference?.asTyped ?? "?" + $0.text }.sorted() == [
                "?q.io/u:$U", "q.io/a:2", "q.io/a:3", "q.io/b:1", "q.io/c:1", "q.io/g:1", "q.io/v:9",
            ])
        let followUp = try #require(result.followUps.first)
        #expect(followUp.path == "sub/Earthfile")
        let sub = Array("VERSION 0.8\ns:\n  ARG T\n  FROM q.io/t:$T\n".utf8)
        let found = FileScanner().scan(sub, kind: .text(.earthfile), followed: followUp.kind).findings
        #expect(found.map { $0.reference?.asTyped } == ["q.io/t:4"])
    }

    @Test func `a dev container has the defaults of the machine's variables`() {
        func container(_ text: String) -> [String] { references(text, as: ".devcontainer/devcontainer.json") }
        #expect(container(#"{"image": "q.io/a:${localEnv:V:12}-${localEnv:W:x}"}"#) == ["q.io/a:12-x"])
        #expect(container(#"{"image": "${localEnv:I:q.io/b:1}"}"#) == ["q.io/b:1"])
        #expect(container(#"{"image": "q.io/a:${localEnv:V}"}"#) == ["?localEnv"])
        let build = #"{"build": {"dockerfile": "Df", "args": {"V": "${localEnv:V:12}"}}}"#
        #expect(builds(build, as: ".devcontainer/devcontainer.json") == ["Df V=12"])
    }

    @Test func `a Bake file is the same in JSON as in HCL`() {
        let json = """
            {"variable": {"BASE": {"default": "quay.io/a/b:1"}},
             "target": {"a": {"context": "b", "args": {"V": "13", "BASE_IMAGE": "${BASE}"}},
             "c": {"inherits": ["a"], "context": "c", "args": {"V": "14"}}}}
            """
        let hcl = """
            variable "BASE" { default = "quay.io/a/b:1" }
            target "a" {
              context = "b"
              args = { V = "13", BASE_IMAGE = BASE }
            }
            target "c" {
              inherits = ["a"]
              context = "c"
              args = { V = "14" }
            }
            """
        let expected = ["b/Dockerfile BASE_IMAGE=quay.io/a/b:1 V=13", "c/Dockerfile BASE_IMAGE=quay.io/a/b:1 V=14"]
        #expect(builds(json, as: "docker-bake.json") == expected)
        #expect(builds(hcl, as: "docker-bake.hcl") == expected)
        #expect(references(json, as: "docker-bake.json") == ["quay.io/a/b:1"])
    }

    @Test func `aliases in a Bake file in JSON are not made ever more of`() {
        let levels = (1..<40).map { "\"l\($0)\": &l\($0) [*l\($0 - 1), *l\($0 - 1)]" }.joined(separator: ", ")
        let text = #"{"target": {"a": {"dockerfile": "Df", "args": {"l0": &l0 [1], \#(levels)}}}}"#
        #expect(builds(text, as: "docker-bake.json") == ["./Df"])
    }

    @Test func `a Compose file of any name is known by what it builds, without a word of images`() {
        let text =
            "services:\n  web:\n    build: ./web\n  db:\n    build: {context: ., dockerfile: Df, args: {V: '12'}}\n"
        #expect(builds(text, as: "infra/dev.yml") == ["./web/Dockerfile", "./Df V=12"])
        #expect(builds("services:\n  web:\n    type: php\n    build:\n    - make\n", as: "infra/dev.yml") == [])
        #expect(builds("x:\n  services:\n    web:\n      build: .\n", as: "infra/dev.yml") == [])
    }

    // MARK: - Files that are laid over others

    private func builds(_ name: String, of files: [String: String]) -> [String] {
        let nearby = NearbyFiles(name: name, read: { files[$0].map { Array($0.utf8) } })
        let result = FileScanner().scan(Array((files[name] ?? "").utf8), kind: FileKind(path: name), in: nearby)
        return result.followUps.compactMap { followUp in
            guard case .dockerfile(let arguments) = followUp.kind else { return nil }
            return "\(followUp.path) \(arguments.values["V"]?.joined(separator: ",") ?? "-")"
        }
    }

    @Test func `a build has the values of the file that is laid over its own`() {
        let bake = [
            "docker-bake.hcl": "target \"a\" {\n  context = \"ci\"\n  args = { V = \"1\", W = \"1\" }\n}\n",
            "docker-bake.override.json": #"{"target": {"a": {"args": {"V": "2"}}}}"#,
        ]
        for name in bake.keys { #expect(builds(name, of: bake) == ["ci/Dockerfile 2"], "\(name)") }
        let compose = [
            "compose.yaml": "services: {a: {build: {context: ci, args: {V: '1'}}}, b: {build: b}}\n",
            "compose.override.yml": "services: {a: {build: {args: {V: '2'}}}}\n",
        ]
        #expect(builds("compose.yaml", of: compose) == ["ci/Dockerfile 2", "b/Dockerfile -"])
        #expect(builds("compose.override.yml", of: compose) == ["ci/Dockerfile 2"])
        let other = ["docker-bake.dev.hcl": bake["docker-bake.hcl"] ?? "", "docker-bake.override.json": "{}"]
        #expect(builds("docker-bake.dev.hcl", of: other) == ["ci/Dockerfile 1"])
    }

    @Test func `a Dockerfile that is a text of a Tiltfile is read in its place`() throws {
        let text =
            "docker_build('acme/y', '.', dockerfile_contents='FROM busybox:1.36\\nCOPY --from=alpine:3 / /\\n')\n"
        let findings = scanned(text, as: "Tiltfile").findings
        #expect(findings.map(\.text) == ["busybox:1.36", "alpine:3"])
        #expect(findings.map(\.kind) == [.dockerfileFrom, .dockerfileCopy])
        let block =
            "docker_build('acme/y', '.', build_args={'V': '3'}, dockerfile_contents=\"\"\"\nARG V=1\nFROM a:$V\n\"\"\")\n"
        #expect(references(block, as: "Tiltfile") == ["a:3"])
    }

    @Test(arguments: [
        ("v", ["a", "b"]), ("[\"c\", \"d\"]", ["c", "d"]), ("x == \"\" ? [\"c\"] : v", ["c", "a", "b"]),
        ("versions()", ["e", "f"]), ("suffixed(\"g\")", ["g-1"]),
        ("w == \"\" ? versions() : [\"c\"]", ["e", "f", "c"]),
    ]) func `each value of a Bake matrix counts, however its list is said`(list: String, expected: [String]) {
        let text = """
            variable "v" { default = ["a", "b"] }
            function "versions" {
              params = []
              result = ["e", "f"]
            }
            function "suffixed" {
              params = [x]
              result = ["${x}-1"]
            }
            target "t" {
              matrix = { ver = \(list) }
              contexts = { base = "docker-image://quay.io/a:${ver}" }
            }

            """
        #expect(references(text, as: "docker-bake.hcl") == expected.map { "quay.io/a:" + $0 })
        let open = text.replacing("ver = \(list)", with: "ver = split(\",\", x)")
        #expect(references(open, as: "docker-bake.hcl") == ["?ver"])
    }

    @Test(arguments: ["[V]", "{V: }", "{V: null}"])
    func `an argument of Compose without a value has that of the environment`(_ args: String) {
        let compose = "services: {a: {build: {context: ., args: \(args)}}}\n"
        func arguments(_ environment: String) -> [[String: [String]]] {
            let nearby = NearbyFiles(read: { $0 == ".env" ? Array(environment.utf8) : nil })
            return FileScanner().scan(Array(compose.utf8), kind: .compose, in: nearby).followUps.compactMap {
                guard case .dockerfile(let arguments) = $0.kind else { return nil }
                return arguments.values
            }
        }
        #expect(arguments("V=22\n") == [["V": ["22"]]])
        #expect(arguments("W=22\n") == [[:]])
    }
}
