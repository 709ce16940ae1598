// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// The parameters of CircleCI's jobs and executors.
@Suite struct CircleCITests {
    @Test func `a default counts beside given values where somebody gives none`() {
        let text = """
            version: 2.1
            executors:
              py:
                parameters: {version: {type: string, default: "3.11"}}
                docker: [{image: "q.io/py:<< parameters.version >>"}]
              go:
                parameters: {version: {type: string, default: "1.20"}}
                docker: [{image: "q.io/go:<< parameters.version >>"}]
            jobs:
              t: {executor: {name: py, version: "3.12"}, steps: [checkout]}
              u: {executor: py, steps: [checkout]}
              v: {executor: {name: go, version: "1.21"}, steps: [checkout]}
              w:
                parameters: {tag: {type: string, default: "14"}}
                docker: [{image: "q.io/w:<< parameters.tag >>"}]
              x:
                parameters: {tag: {type: string, default: "14"}}
                docker: [{image: "q.io/x:<< parameters.tag >>"}]
              y:
                parameters: {tag: {type: string, default: "14"}}
                docker: [{image: "q.io/y:<< parameters.tag >>"}]
            workflows:
              a: {jobs: [t, u, v, w, {w: {tag: "15"}}, {x: {tag: "15"}}, {y: {context: c}}, {y: {tag: "16"}}]}
            """
        #expect(
            Set(references(text, as: ".circleci/config.yml")) == [
                "q.io/py:3.11", "q.io/py:3.12", "q.io/go:1.21", "q.io/w:14", "q.io/w:15", "q.io/x:15", "q.io/y:14",
                "q.io/y:16",
            ])
    }

    @Test func `commands have the parameters that callers give, in shell text, too`() {
        let text = """
            version: 2.1
            commands:
              run:
                parameters: {image: {type: string, default: "q.io/d:1"}, tag: {type: string}}
                steps:
                - run: docker run << parameters.image >>
                - run: {command: "docker run q.io/t:<< parameters.tag >>"}
              pass:
                parameters: {tag: {type: string, default: "1"}}
                steps: [{run: {command: "docker run q.io/p:<<parameters.tag>>"}}]
            jobs:
              a:
                parameters: {v: {type: string, default: "3"}}
                machine: true
                steps: [{run: "docker run q.io/v:<< parameters.v >>"}, {run: {tag: "7"}}, {pass: {tag: << parameters.v >>}}]
              b:
                machine: true
                steps: [{run: {tag: "8", image: "q.io/g:2"}}, {run: "docker run q.io/n:<< parameters.v >>"}]
            workflows:
              w: {jobs: [a, {a: {v: "4"}}, {a: {matrix: {parameters: {v: ["5"]}}}}, b]}
            """
        #expect(
            Set(references(text, as: ".circleci/config.yml")) == [
                "q.io/d:1", "q.io/g:2", "q.io/t:7", "q.io/t:8", "q.io/v:3", "q.io/v:4", "q.io/v:5", "?parameters.tag",
                "?parameters.v",
            ])
    }

    @Test func `workflows give values to the jobs and executors of inline orbs by the orbs' names`() {
        let text = """
            version: 2.1
            orbs:
              orb:
                executors:
                  e:
                    parameters: {tag: {type: string, default: "1"}}
                    docker: [{image: "q.io/e:<< parameters.tag >>"}]
                jobs:
                  j:
                    parameters: {tag: {type: string, default: "14"}}
                    docker: [{image: "q.io/j:<< parameters.tag >>"}]
                  k: {executor: {name: e, tag: "2"}, steps: [checkout]}
            jobs:
              j: {executor: {name: orb/e, tag: "3"}, steps: [checkout]}
            workflows:
              a: {jobs: [orb/j: {tag: "15"}, orb/k, j]}
            """
        #expect(Set(references(text, as: ".circleci/config.yml")) == ["q.io/e:2", "q.io/e:3", "q.io/j:15"])
    }
}
