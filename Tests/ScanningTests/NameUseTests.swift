// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Images in variables and matrices of pipelines that are used for something else, too.
@Suite struct NameUseTests {
    private static func workflow(_ step: String) -> String {
        """
        jobs:
          a:
            strategy: {matrix: {image: [ubuntu]}}
            container: ${{ matrix.image }}
            steps:
            - \(step)

        """
    }

    private func advice(_ text: String, as file: String) -> [String?] {
        scanned(text, as: file).findings.map(\.advice)
    }

    @Test(arguments: [
        "if: startsWith(matrix.image, 'ubuntu')", "if: matrix.image == 'ubuntu'", "run: ./ci/${{ matrix.image }}.sh",
        "run: ./install-${{ matrix.image }}",
        "{uses: actions/upload-artifact@v4, with: {name: \"${{ matrix.image }}\"}}",
        "{uses: actions/cache@v4, with: {key: \"${{ matrix.image }}\"}}",
    ])
    func `an image of a matrix stays if a step of GitHub uses it as another name`(step: String) {
        let found = advice(Self.workflow(step), as: ".github/workflows/a.yml")
        #expect(found.count == 1 && found[0]?.contains("matrix.image is used for something else, too") == true)
    }

    @Test(arguments: [
        "run: docker run ${{ matrix.image }} ls", "run: x --image=${{ matrix.image }}.",
        "{name: \"test ${{ matrix.image }}\", run: x}", "{uses: \"docker://${{ matrix.image }}\"}",
    ])
    func `an image of a matrix changes if it is only run and shown`(step: String) {
        let found = advice(Self.workflow(step), as: ".github/workflows/a.yml")
        #expect(!found.isEmpty && found.allSatisfy { $0 == nil })
    }

    @Test func `an image that a matrix leaves out in places stays`() {
        let text = Self.workflow("run: x").replacing(
            "{image: [ubuntu]}", with: "{image: [ubuntu, debian], v: [1, 2], exclude: [{image: ubuntu, v: 1}]}")
        let found = advice(text, as: ".github/workflows/a.yml")
        #expect(found.compactMap(\.self).count == 1 && found.count == 2)
    }

    @Test(arguments: ["script: ./ci/$IMG.sh", "script: x\n  cache: {key: $IMG}"])
    func `an image of a matrix stays if a job of GitLab uses it as another name`(line: String) {
        let job = "a:\n  parallel: {matrix: [{IMG: [alpine]}]}\n  image: $IMG\n  \(line)\n"
        let found = advice(job, as: ".gitlab-ci.yml")
        #expect(found.count == 1 && found[0]?.contains("$IMG is used for something else, too") == true)
    }

    @Test func `arguments of builds in Compose and Skaffold are found where they stand`() {
        let compose = "services:\n  a:\n    build:\n      context: .\n      args: [BASE=node:20, PORT=80]\n"
        #expect(references(compose, as: "compose.yaml") == ["node:20"])
        let variable = "services:\n  a:\n    build: {context: ., args: {BASE_IMAGE: '${BASE:-node:20}', X: y}}\n"
        #expect(references(variable, as: "compose.yaml") == ["node:20"])
        let skaffold =
            "apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n  - image: a\n"
            + "    docker: {buildArgs: {BASE: 'node:20', X: '{{.Y}}'}}\n"
        #expect(references(skaffold, as: "skaffold.yaml") == ["node:20"])
    }

    @Test(arguments: [
        (
            ".github/workflows/a.yml",
            "jobs: {a: {container: {image: 'ghcr.io/a/x:1', credentials: {username: u, password: p}}}}\n", "credentials"
        ),
        (".circleci/config.yml", "jobs: {a: {docker: [{image: 'a/x:1', auth: {username: u}}]}}\n", "auth"),
        ("azure-pipelines.yml", "resources: {containers: [{container: a, image: 'a/x:1', endpoint: e}]}\n", "endpoint"),
        ("bitbucket-pipelines.yml", "image: {name: 'a/x:1', username: u, password: p}\n", "username"),
    ])
    func `an image with a login beside it is told`(file: String, text: String, key: String) {
        let remark = "\(key) beside it is the login for its registry: change it, too"
        #expect(scanned(text, as: file).findings.map(\.remark) == [remark])
    }
}
