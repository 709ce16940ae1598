// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What a step or a job of a pipeline is given counts there.
@Suite struct PipelineScopeTests {
    private static let workflow = ".github/workflows/a.yml"

    @Test(arguments: [
        (
            "{jobs: {j: {steps: [{run: docker run $R/a:1, env: {R: quay.io/s}}, {run: docker run $R/b:1}]}}}",
            ["quay.io/s/a:1", "?R"]
        ),
        (
            "{jobs: {j: {env: {R: quay.io/s}, steps: [{run: docker run $R/a:1}]}, k: {steps: [{run: docker run $R/b:1}]}}}",
            ["quay.io/s/a:1", "?R"]
        ),
        (
            "{jobs: {j: {env: {V: 1}, steps: [{run: \"docker run q.io/a:$V\"}]}, "
                + "k: {env: {V: 2}, steps: [{run: \"docker run q.io/b:$V\"}]}}}", ["q.io/a:1", "q.io/b:2"]
        ),
        (
            "{env: {R: quay.io/a}, jobs: {j: {steps: [{run: docker run $R/a:1}, {run: docker run $R/b:1, env: {R: ghcr.io/a}}]}}}",
            ["quay.io/a/a:1", "ghcr.io/a/b:1"]
        ),
        (
            "{env: {R: quay.io/a}, jobs: {j: {env: {V: 1}, steps: [{run: \"docker run $R/$I:$V\", env: {I: i}}]}}}",
            ["quay.io/a/i:1"]
        ),
        (
            "{jobs: {j: {env: {V: 1}, steps: [{uses: a/b@v1, with: {image: \"q.io/a:${{ env.V }}\"}}]}, "
                + "k: {env: {V: 2}, steps: [{uses: a/b@v1, with: {image: \"q.io/b:${{ env.V }}\"}}]}}}",
            ["q.io/a:1", "q.io/b:2"]
        ),
        (
            "{jobs: {j: {container: {image: redis, env: {V: 1}}, steps: [{run: \"docker run q.io/a:$V\"}]}}}",
            ["redis", "q.io/a:1"]
        ),
        (
            "{env: {IMAGE: q.io/a}, jobs: {j: {steps: [{run: \"docker run $IMAGE:$T\", env: {T: 1}}]}}}", ["q.io/a:1"]
        ),
        (
            "{jobs: {j: {steps: [{run: docker build -t own/x ., env: {A: b}}, {run: docker run own/x, env: {C: d}}]}}}",
            []
        ),
    ])
    func `GitHub's env counts in its step, its job or its workflow, the inner one first`(
        text: String, expected: [String]
    ) {
        #expect(references(text, as: Self.workflow) == expected)
    }

    @Test func `Azure's variables count in their job`() {
        let text =
            "jobs:\n- {job: a, variables: {V: 1}, steps: [{script: docker pull q.io/a:$(V)}]}\n"
            + "- {job: b, variables: [{name: V, value: 2}], steps: [{bash: docker pull q.io/b:$(V)}]}\n"
        #expect(references(text, as: "azure-pipelines.yml") == ["q.io/a:1", "q.io/b:2"])
    }

    @Test func `Azure's matrix gives variables to its job`() {
        let text = """
            jobs:
            - job: a
              strategy: {matrix: {x: {image: q.io/m:1, tag: "1"}, y: {image: q.io/m:2, tag: "2"}}}
              container: $[ variables['image'] ]
              steps:
              - script: docker run $(image)
              - script: docker run q.io/s:$(tag)
            - job: b
              strategy: {matrix: {x: {image: q.io/n:1, tag: "3"}}}
              container: $(image)
              steps: [{script: "docker run q.io/b:$(tag)"}]
            - job: c
              steps: [{script: "docker run q.io/c:$(tag)"}]
            """
        #expect(
            references(text, as: "azure-pipelines.yml").sorted() == [
                "?tag", "q.io/b:3", "q.io/m:1", "q.io/m:2", "q.io/n:1", "q.io/s:1", "q.io/s:2",
            ])
    }

    @Test func `Buildkite's matrix counts in its step`() {
        let text = """
            steps:
            - {command: make, matrix: ["1", "2"], plugins: [{docker#v5: {image: "q.io/a:{{matrix}}"}}]}
            - command: docker run q.io/b:{{ matrix.v }}-{{matrix.w}}
              matrix: {setup: {v: ["3", "4"], w: ["5"]}}
            - command: docker run q.io/c:{{matrix}}
            """
        #expect(
            references(text, as: ".buildkite/pipeline.yml").sorted() == [
                "?matrix", "q.io/a:1", "q.io/a:2", "q.io/b:3-5", "q.io/b:4-5",
            ])
    }

    @Test func `CircleCI's environment counts in its job, that of an executor and of a container everywhere`() {
        let text = """
            version: 2.1
            executors: {e: {machine: true, environment: {E: 3}}}
            jobs:
              a: {machine: true, environment: {V: 1}, steps: [{run: "docker pull q.io/a:$V"}]}
              b: {machine: true, environment: {V: 2}, steps: [{run: {command: "docker pull q.io/b:$V"}}]}
              c: {executor: e, steps: [{run: "docker pull q.io/c:$E"}]}
            """
        #expect(references(text, as: ".circleci/config.yml") == ["q.io/a:1", "q.io/b:2", "q.io/c:3"])
    }

    @Test func `steps that an alias stands for have the variables of each job`() {
        let text = """
            version: 2.1
            x: &steps [{run: "docker pull q.io/a:$V"}]
            jobs:
              a: {machine: true, environment: {V: 1}, steps: *steps}
              b: {machine: true, environment: {V: 2}, steps: *steps}
            """
        #expect(references(text, as: ".circleci/config.yml") == ["q.io/a:1", "q.io/a:2"])
    }

    @Test func `aliases that stand for many others end`() {
        let levels = (1..<24).map { "l\($0): &l\($0) {env: {B: c}, x: *l\($0 - 1), y: [*l\($0 - 1), *l\($0 - 1)]}\n" }
        let text = "l0: &l0 {env: {A: b}, run: docker pull q.io/a:$A}\n" + levels.joined()
        #expect(references(text, as: Self.workflow) == ["q.io/a:b"])
    }
}
