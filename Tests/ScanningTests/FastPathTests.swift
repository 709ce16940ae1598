// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Files that do not say "image" are thrown away by the words that are not in them: what reading everything finds, reading
/// little finds, for each command of each program in each kind of file, and for each key of each rule.
@Suite struct FastPathTests {
    private static let image = "quay.io/a/x:1"

    /// The commands of a program with which the word "image" need not be said, with an image at each place that they have for one.
    private static func commands(of name: String) -> [String] {
        guard let program = ImageProgram.named(name) else { return [] }
        return program.commands.flatMap { command in
            let front = ([name] + command.verbs).joined(separator: " ")
            let options = command.imageOptions.sorted().map { ($0.count == 1 ? "-" : "--") + $0 + " " + image }
            let operand = command.prefix + image
            let operands: [String] =
                switch command.operands {
                case _ where command.removes: []
                case .first, .all, .registryImages: [operand]
                case .firstMakesSecond, .copies: [operand + " " + command.prefix + "quay.io/b/y:1"]
                case .assignments: ["deployment/x x=" + image]
                case .none, .products, .secondIsMade, .replacements, .command, .files, .lastIsChart: []
                }
            return (options + operands).map { front + " " + $0 }
        }.filter { !$0.lowercased().contains("image") }
    }

    private static let files: [(name: String, text: @Sendable (String) -> String)] = [
        ("a.sh", { $0 + "\n" }), ("bin/a", { "#!/bin/sh\n\($0)\n" }), ("a.ps1", { $0 + "\n" }),
        ("a.cmd", { $0 + "\n" }),
        ("a.sh.j2", { $0 + "\n" }), ("Makefile", { "a:\n\t\($0)\n" }), ("justfile", { "a:\n  \($0)\n" }),
        ("a.service", { "[Service]\nExecStart=/usr/bin/\($0)\n" }), ("Jenkinsfile", { "node { sh '\($0)' }\n" }),
        ("Tiltfile", { "local('\($0)')\n" }), ("Vagrantfile", { "c.vm.provision 'shell', inline: '\($0)'\n" }),
        ("play.yml", { "- hosts: a\n  tasks:\n  - name: x\n    ansible.builtin.shell: \($0)\n" }),
        ("tasks.yml", { "- ansible.builtin.command: \($0)\n" }),
        ("ci/jobs.yml", { "a:\n  stage: b\n  script:\n  - \($0)\n" }),
        (".gitlab-ci.yml", { "a:\n  script:\n  - \($0)\n" }),
        (".github/workflows/a.yml", { "jobs: {a: {steps: [{run: \"\($0)\"}]}}\n" }),
        ("files.yaml", { "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.sh: |\n    set -e\n    \($0)\n" }),
        ("first.yaml", { "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    #!/bin/sh\n    \($0)\n" }),
        (
            "exec.yaml",
            { "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    command: [sh, -c, '\($0)']\n" }
        ),
        ("task.yaml", { "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - script: |\n      \($0)\n" }),
    ]

    @Test(arguments: ImageProgram.names.sorted())
    func `no command of a program is lost in any kind of file`(program: String) {
        for command in Self.commands(of: program) {
            #expect(!Self.found(command + "\n", in: "a.sh", everything: true).isEmpty, "\(command)")
            for file in Self.files { Self.compare(file.text(command), in: file.name) }
        }
    }

    @Test(arguments: ["DOCKER", "docker", "CONTAINER_TOOL", "OCI_BIN", "podman", "Podman", "KUBECTL"])
    func `no program in a variable is lost`(name: String) {
        Self.compare("$\(name) pull \(Self.image)\n", in: "a.sh")
        Self.compare("a:\n\t$(\(name)) pull \(Self.image)\n", in: "Makefile")
    }

    @Test func `no document that a shell hands to a command is lost`() {
        Self.compare("cat > Dockerfile <<EOF\nFROM \(Self.image)\nEOF\n", in: "a.sh")
    }

    @Test(arguments: [
        ("a.bicep", ProgramRules.bicep), ("a.jsonnet", .jsonnet), (".drone.star", .droneStar),
        ("Jenkinsfile", .jenkinsfile), ("Tiltfile", .tiltfile),
    ])
    func `no key and no call of a rule is lost`(file: String, rules: ProgramRules) {
        for key in rules.keys.union(rules.looseKeys).sorted() {
            for value in [Self.image] + rules.prefixes.map({ $0 + Self.image }) {
                Self.compare("a = {\n \(key): '\(value)'\n}\n", in: file)
            }
        }
        for call in rules.calls {
            let arguments = Array(repeating: "'x'", count: call.argument) + ["'\(Self.image)'"]
            Self.compare("a = \(call.names.joined(separator: "."))(\(arguments.joined(separator: ", ")))\n", in: file)
        }
    }

    @Test(arguments: AzureScanner.words) func `no key of an Azure template is lost`(key: String) {
        let site =
            "{\"apiVersion\": \"2022\", \"properties\": {\"siteConfig\": {\"\(key)\": \"DOCKER|\(Self.image)\"}}}"
        let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        let text = "{\"$schema\": \"\(schema)\", \"resources\": [\(site)]}\n"
        #expect(!Self.found(text, in: "m.json", everything: true).isEmpty)
        Self.compare(text, in: "m.json")
    }

    @Test func `no image of CUE is lost whose name says nothing`() {
        let text = "a: {repository: \"quay.io/a/x\", tag: \"1\"}\n"
        #expect(!Self.found(text, in: "a.cue", everything: true).isEmpty)
        Self.compare(text, in: "a.cue")
    }

    @Test(arguments: PublishedRules.annotations.keys.sorted()) func `no annotation of a resource is lost`(key: String) {
        let values = [
            "\(Self.image)", "docker://\(Self.image)", "'image: \(Self.image)'", "'[{image: \(Self.image)}]'",
            "|\n      - image: \(Self.image)",
            "'[{apiVersion: v1, kind: Pod, spec: {containers: [{image: \(Self.image)}]}}]'",
        ]
        Self.compare(values.map { Self.pod("annotations:\n    \(key): \($0)", "") })
    }

    @Test(arguments: PublishedRules.arguments.sorted() + ["image", "x-IMAGE-y", "imAge"])
    func `no argument and no variable of a container is lost`(name: String) {
        let settings = [
            "args: [--\(name)=\(Self.image)]", "command: [x, --\(name), \(Self.image)]",
            "env: [{name: \(name), value: \(Self.image)}]", "env:\n    - value: \(Self.image)\n      name: '\(name)'",
            "env: [{name: \"\\x49MAGE\", value: \(Self.image)}]",
        ]
        Self.compare(settings.map { Self.pod("", $0) })
    }

    @Test(arguments: ["script", "source", "podSpecPatch", "'script'"]) func `no text of a resource is lost`(key: String)
    {
        let texts = [
            "docker run \(Self.image)", "|\n    docker run \(Self.image)",
            "'{apiVersion: v1, kind: Pod, spec: {image: \(Self.image)}}'", "'containers: [{image: \(Self.image)}]'",
        ]
        Self.compare(
            [key, "other"].flatMap { key in
                texts.map { "apiVersion: a/v1\nkind: Task\nspec:\n  image: x:1\n  \(key): \($0)\n" }
            })
    }

    @Test(arguments: [("ConfigMap", "data"), ("Secret", "stringData")])
    func `no setting of a ConfigMap or a Secret is lost`(kind: String, data: String) {
        for key in ["image", "APP_IMAGE", "'image'"] {
            let text = "apiVersion: v1\nkind: \(kind)\n\(data):\n  \(key): \(Self.image)\n"
            #expect(!Self.found(text, in: "a.yaml", everything: true).isEmpty)
            Self.compare(text, in: "a.yaml")
        }
    }

    /// Of each of these texts nothing is lost, and one has more images than the one without settings.
    private static func compare(_ resources: [String]) {
        for text in resources { compare(text, in: "a.yaml") }
        #expect(resources.contains { found($0, in: "a.yaml", everything: true).contains { $0.text == image } })
    }

    private static func pod(_ metadata: String, _ container: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          \(metadata)
        spec:
          containers:
          - image: x:1
            imagePullPolicy: Always
            \(container)

        """
    }

    @Test func `short names count as whole words`() {
        func stands(_ text: String) -> Bool {
            text.holds(SearchWord("oc", isWhole: true))
        }
        #expect(stands("oc") && stands("a oc b") && stands("/oc\n") && stands("local oc"))
        #expect(!stands("local") && !stands("oc_") && !stands("oc1") && !stands(""))
    }

    private static func compare(_ text: String, in file: String) {
        #expect(found(text, in: file, everything: true) == found(text, in: file, everything: false), "\(file): \(text)")
    }

    private static func found(_ text: String, in file: String, everything: Bool) -> [Finding] {
        var options = ScanOptions()
        options.readsEverything = everything
        return FileScanner(options: options).scan(Array(text.utf8), kind: FileKind(path: file)).findings
    }
}
