// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What is given to Tekton's tasks.
@Suite struct TaskParameterTests {
    private static func run(_ name: String, _ value: String) -> String {
        """
        apiVersion: tekton.dev/v1
        kind: TaskRun
        metadata: {name: r}
        spec:
          taskRef: {name: pytest}
          params:
          - {name: \(name), value: "\(value)"}

        """
    }

    @Test func `is an image by a name in IMAGE with a host and a version`() {
        #expect(references(Self.run("PYTHON_IMAGE", "quay.io/a/py:2")) == ["quay.io/a/py:2"])
        #expect(references(Self.run("builder-image", "quay.io/a/py:2")) == ["quay.io/a/py:2"])
    }

    @Test(arguments: [
        ("IMAGE", "quay.io/a/own:1"), ("OUTPUT_IMAGE", "quay.io/a/own:1"), ("PYTHON_IMAGE", "a/py:2"),
        ("PYTHON_IMAGE", "quay.io/a/py"), ("PYTHON_IMAGE", "$(params.x)"),
    ])
    func `is none by another name, or with another value`(name: String, value: String) {
        #expect(references(Self.run(name, value)) == [])
    }

    @Test func `is an image, or open, where the task says so`() {
        func found(_ value: String) -> [String] {
            let scanned = FileScanner().scan(
                Array(Self.run("IMAGE", value).utf8), kind: .yaml, followed: .tasks(["pytest": ["IMAGE"]]))
            return scanned.findings.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
        }
        #expect(found("alpine") == ["alpine"])
        #expect(found("$(params.x)") == ["?params.x"])
        #expect(found("") == [])
    }

    @Test(arguments: ["$(params.I)", "$(inputs.params.I)", "$(params['I'])", "$(params[\"I\"])"])
    func `a task says which of its parameters are images`(image: String) {
        let task = """
            apiVersion: tekton.dev/v1beta1
            kind: Task
            metadata: {name: t}
            spec:
              steps:
              - name: a
                image: '\(image.replacing("'", with: "''"))'
              - name: b
                image: quay.io/a/$(params.name):$(params.tag)

            """
        #expect(scanned(task).tasks.images == ["t": ["I"]])
    }
}
