// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// What a job of a workflow says for its steps: a matrix, a shell, a folder.
@Suite struct GitHubMatrixTests {
    private let path = ".github/workflows/a.yml"

    private func job(_ matrix: String, _ step: String) -> String {
        "jobs:\n  a:\n    strategy:\n      matrix: {\(matrix)}\n    steps:\n    - \(step)\n"
    }

    @Test(arguments: [
        (
            "image: [quay.io/a/x:1, 'quay.io/a/x:2']", "run: docker pull ${{ matrix.image }}",
            ["quay.io/a/x:1", "quay.io/a/x:2"]
        ),
        ("v: ['1', '2']", "run: docker run quay.io/a/x:${{ matrix.v }} sh", ["quay.io/a/x:1", "quay.io/a/x:2"]),
        ("v: [1.10]", "run: docker run quay.io/a/x:${{ matrix.v }}", ["quay.io/a/x:1.1"]),
        ("cfg: [{base-image: quay.io/a/x:1}]", "run: docker pull ${{ matrix.cfg.base-image }}", ["quay.io/a/x:1"]),
        (
            "include: [{n: x, t: '1'}, {n: y, t: '2'}]", "run: docker pull quay.io/a/${{ matrix.n }}:${{ matrix.t }}",
            ["quay.io/a/x:1", "quay.io/a/y:2"]
        ),
        ("image: [quay.io/a/x:1]", "env: {IMG: '${{ matrix.image }}'}\n      run: docker pull $IMG", ["quay.io/a/x:1"]),
        (
            "v: ['1', '2']", "env: {X: 'quay.io/a/x:${{ matrix.v }}'}\n      run: docker pull $X",
            ["quay.io/a/x:1", "quay.io/a/x:2"]
        ),
        (
            "v: ['1', '2']", "uses: any/thing@v1\n      with: {node_image: 'quay.io/a/x:${{ matrix.v }}'}",
            ["quay.io/a/x:1", "quay.io/a/x:2"]
        ),
        (
            "base: [quay.io/a/x:1, quay.io/a/y:1]", "run: docker build --build-arg BASE=${{ matrix.base }} .",
            ["quay.io/a/x:1", "quay.io/a/y:1"]
        ),
        ("image: [quay.io/a/x:1]", "run: docker push ${{ matrix.image }}", []),
        ("image: [quay.io/a/x:1]", "run: echo ${{ matrix.image }}", []),
        ("image: ['${{ inputs.image }}']", "run: docker pull ${{ matrix.image }}:$TAG", ["?matrix.image"]),
        (
            "image: [quay.io/a/x:1, '${{ inputs.image }}']", "run: docker pull ${{ matrix.image }}",
            ["quay.io/a/x:1", "?matrix.image"]
        ),
        ("image: [quay.io/a/x, quay.io/a/y]", "run: docker pull ${{ matrix.image }}:$TAG", ["?matrix.image"]),
        ("v: [1]", "run: docker pull quay.io/a/x:${{ matrix.other }}", ["?matrix.other"]),
    ])
    func `a matrix gives its values to the steps that use them`(matrix: String, step: String, expected: [String]) {
        #expect(references(job(matrix, step), as: path) == expected)
    }

    @Test func `each job has a matrix of its own`() {
        let text = """
            jobs:
              a:
                strategy: {matrix: {v: ["1"]}}
                steps: [{run: "docker pull quay.io/a/x:${{ matrix.v }}"}]
              b:
                strategy: {matrix: {v: ["2"]}}
                steps: [{run: "docker pull quay.io/a/y:${{ matrix.v }}"}]
              c:
                steps: [{run: "docker pull quay.io/a/z:${{ matrix.v }}"}]

            """
        #expect(references(text, as: path) == ["quay.io/a/x:1", "quay.io/a/y:2", "?matrix.v"])
    }

    /// GitHub adds what is included to the combinations that it does not contradict.
    @Test(arguments: [
        ("n: [x, y], include: [{t: '1'}]", ["quay.io/a/x:1", "quay.io/a/y:1"]),
        ("n: [x, y], include: [{n: x, t: '1'}, {n: y, t: '2'}]", ["quay.io/a/x:1", "quay.io/a/y:2"]),
        ("n: [x], t: ['1'], include: [{n: y, t: '2'}]", ["quay.io/a/x:1", "quay.io/a/y:2"]),
        ("n: [x, y], t: ['1', '2'], exclude: [{n: y}, {n: x, t: '2'}]", ["quay.io/a/x:1"]),
    ])
    func `what is included and left out counts as for GitHub`(matrix: String, expected: [String]) {
        let name = "quay.io/a/${{ matrix.n }}:${{ matrix.t }}"
        #expect(references(job(matrix, "run: docker pull \(name)"), as: path) == expected)
        #expect(references(job(matrix, "run: x\n    container: \(name)"), as: path) == expected)
    }

    @Test(arguments: [
        ("defaults: {run: {shell: pwsh}}\njobs:\n  a:\n", ""),
        ("jobs:\n  a:\n", "    defaults: {run: {shell: pwsh}}\n"),
        ("jobs:\n  a:\n", "    runs-on: windows-2022\n"), ("jobs:\n  a:\n", "    runs-on: [self-hosted, Windows]\n"),
        ("defaults: {run: {shell: bash}}\njobs:\n  a:\n", "    defaults: {run: {shell: powershell}}\n"),
    ])
    func `the shell of a job or a workflow reads what names none itself`(workflow: String, job: String) {
        let steps = """
                steps:
                - run: |
                    docker run `
                      quay.io/a/p:1
                - shell: bash
                  run: |
                    docker run \\
                      quay.io/a/b:1

            """
        #expect(references(workflow + job + steps, as: path) == ["quay.io/a/p:1", "quay.io/a/b:1"])
    }

    @Test func `a folder for all steps is where their builds begin`() {
        let text = """
            defaults: {run: {working-directory: all}}
            jobs:
              a: {steps: [{run: docker build .}]}
              b:
                defaults: {run: {working-directory: own}}
                steps: [{run: docker build .}, {working-directory: step, run: docker build .}]

            """
        let paths = scanned(text, as: path).followUps.map(\.path)
        #expect(paths == ["all/Dockerfile", "own/Dockerfile", "step/Dockerfile"])
    }
}
