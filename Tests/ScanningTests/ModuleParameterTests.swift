// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

/// Images that a file gives to what another file describes: modules of Bicep, steps of a Jenkins library.
@Suite struct ModuleParameterTests {
    private static let module = """
        param web string = 'a.io/web:1'
        param side string
        param tag string = 'v1'
        resource a 'Microsoft.App/containerApps@2023-05-01' = {
          properties: { template: { containers: [ { image: web }, { image: side }, { image: 'a.io/b:${tag}' } ] } }
        }

        """

    private func found(_ text: String, _ files: [String: String]) -> [String] {
        let nearby = NearbyFiles(read: { files[$0].map { Array($0.utf8) } })
        return FileScanner().scan(Array(text.utf8), kind: FileKind(path: "main.bicep"), in: nearby).findings
            .map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
    }

    @Test(arguments: [
        ("web: 'nginx'", ["nginx"]), ("side: 'nginx:1'", ["nginx:1"]), ("tag: 'v2'", []), ("other: 'nginx:1'", []),
        ("side: given", ["?given"]),
    ]) func `what a module uses as an image is one where the module is called`(parameter: String, expected: [String]) {
        let call = "module m 'm/app.bicep' = if (isOn) {\n  name: 'm'\n  params: {\n    \(parameter)\n  }\n}\n"
        #expect(found(call, ["m/app.bicep": Self.module]) == expected)
        #expect(found(call, [:]).isEmpty)
    }

    @Test func `a module may pass a parameter on, and modules that call each other end`() {
        let outer = "param own string\nmodule m '../app.bicep' = { params: { side: own } }\n"
        let call = "module m 'm/n/outer.bicep' = {\n  params: {\n    own: 'nginx:1'\n  }\n}\n"
        let files = ["m/n/outer.bicep": outer, "m/n/../app.bicep": Self.module]
        #expect(found(call, files) == ["nginx:1"])
        let endless = call.replacing("m/n/outer.bicep", with: "main.bicep")
        #expect(found(endless, ["main.bicep": endless]).isEmpty)
    }

    @Test func `steps of a Jenkins library are read as a Jenkinsfile is`() {
        let step = """
            def call(String image = 'maven:3.9', Map options = [:]) {
              docker.image(image).inside { sh 'mvn package' }
              docker.image(options.node ?: 'node:20').inside { sh 'docker run redis:7' }
            }

            """
        #expect(references(step, as: "lib/vars/build.groovy") == ["maven:3.9", "node:20", "redis:7"])
        #expect(references(step, as: "src/build.groovy").isEmpty)
    }

    @Test(arguments: [
        ("build('gradle:8')", ["gradle:8"]), ("build 'gradle:8', 'x:1'", ["gradle:8"]),
        ("build('gradle:8', 'x:1')", ["gradle:8"]),
        ("def v = 'gradle:8'\nbuild(v)", ["gradle:8"]), ("build(image: 'gradle:8')", ["gradle:8"]),
        ("x.build('gradle:8')", []),
        ("other('gradle:8')", []), ("build()", []), ("build(", []), ("build", []),
    ]) func `what a step of a library uses as an image is one where the step is called`(
        call: String, expected: [String]
    ) {
        for parameter in ["String image", "image = 'maven:3.9'"] {
            let step = "def call(\(parameter), String other = '') {\n  docker.image(image).inside { sh other }\n}\n"
            let files = NearbyFiles(
                names: { $0 == "vars/" ? ["build.groovy"] : [] },
                read: { $0 == "vars/build.groovy" ? Array(step.utf8) : nil })
            let text = "node { sh 'docker ps' }\n\(call)\n"
            let findings = FileScanner().scan(Array(text.utf8), kind: FileKind(path: "Jenkinsfile"), in: files).findings
            #expect(findings.map { $0.reference?.asTyped ?? "?" } == expected)
        }
    }
}
