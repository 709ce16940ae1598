// SPDX-License-Identifier: Apache-2.0

/// The places in which programs of one kind name images.
struct ProgramRules: Sendable {
    var dialect: ProgramDialect
    /// An argument of these calls is an image.
    var calls: [ProgramCall] = []
    /// Calls (keys) inside whose brackets a method (value) gets an image.
    var builders: [String: String] = [:]
    /// The end of the names of base classes whose constructors take an image: `super("…")`.
    var base: String?
    /// Classes of containers check the names of their images.
    var checksNames = false
    /// The first argument of these calls is an image that is made.
    var products: [ProgramCall] = []
    /// The value that is assigned to these names is an image.
    var keys: Set<String> = []
    /// Keys of the tag of an image without one, in the same object.
    var versionKeys: Set<String> = []
    /// As `keys`, but the text itself has to look like an image: with a tag, a digest or a host.
    var looseKeys: Set<String> = []
    /// Names of objects with images under any keys.
    var listKeys: Set<String> = []
    /// Calls with an object in which `name` is an image.
    var namedBy: Set<String> = []
    /// Words before a text that is an image.
    var words: Set<String> = []
    /// Words before a text that a shell runs.
    var scripts: Set<String> = []
    /// A list after one of these words is a command, word by word.
    var hasArgumentLists = false
    /// Words before a text that a shell of Windows runs.
    var otherShells: [String: OtherShell] = [:]
    /// Calls with a registry's address and a block. The images in the block are that registry's.
    var registries: [ProgramCall] = []
    /// Words before a registry's address. The images in the same block are that registry's.
    var registryWords: Set<String> = []
    /// Calls that take the fields of an image as separate arguments.
    var pulls: Set<String> = []
    /// Words at the beginning of a line, before a name and its type. A type contains no values.
    var typeWords: Set<String> = []
    /// Calls that only return the text that they get, and marks before a text: `pulumi.String("x")`.
    var wrappers: Set<String> = []
    /// Text before an image that is not part of it.
    var prefixes: [String] = []
    /// The values of names that say that they hold an image count.
    var hasSettings = false
    /// Texts of several lines may be manifests.
    var hasDocuments = false

    /// Every file with a finding contains one of these names, or a name that says that it holds an image, or a word of
    /// shell text.
    var names: [String] {
        let called = (calls + products + registries).compactMap(\.names.last).map { $0.filter { $0 != "*" } }
        let words = keys.union(looseKeys).union(listKeys).union(namedBy).union(self.words).union(pulls).union(scripts)
        return called + words.sorted() + builders.keys.sorted() + otherShells.keys.sorted() + (base.map { [$0] } ?? [])
    }
}

/// A call by its names: `docker.image(…)`, `new GenericContainer<>(…)`.
struct ProgramCall: Sendable {
    /// Names with dots between them. `*Container` is any name that ends with `Container`.
    let names: [String]
    /// The index of the argument that is the image, from 0.
    var argument = 0
    /// Whether an argument that is not a text is an unresolved image.
    var isCertain = true
    /// The call is made on a value: `container.from(…)`, not `Array.from(…)`.
    var isMethod = false

    init(_ path: String, argument: Int = 0, isCertain: Bool = true, isMethod: Bool = false) {
        names = path.split(separator: ".").map(String.init)
        self.argument = argument
        self.isCertain = isCertain
        self.isMethod = isMethod
    }

    func matches(_ tokens: ProgramTokens, at index: Int) -> Bool {
        guard index + 2 * names.count - 1 < tokens.count, !isMethod || Self.isOnValue(tokens, index) else {
            return false
        }
        for (number, name) in names.enumerated() {
            guard let found = tokens[index + 2 * number].name, Self.matches(name, found) else { return false }
            if number > 0, !tokens[index + 2 * number - 1].isMark(".") { return false }
        }
        return true
    }

    private static func isOnValue(_ tokens: ProgramTokens, _ index: Int) -> Bool {
        guard index > 1, tokens[index - 1].isMark(".") else { return false }
        return tokens[index - 2].isMark(")") || tokens[index - 2].name?.first?.isLowercase == true
    }

    private static func matches(_ name: String, _ found: String) -> Bool {
        name.hasPrefix("*") ? found.hasSuffix(name.dropFirst()) : found == name
    }

    /// The most tokens of type arguments.
    private static let typeLimit = 256

    /// The index of the bracket that opens its arguments. Type arguments are skipped.
    func opening(_ tokens: ProgramTokens, after index: Int) -> Int? {
        var next = index + 2 * names.count - 1
        if next < tokens.count, tokens[next].isMark("<") {
            let end = min(tokens.count, next + Self.typeLimit)
            while next < end, !tokens[next].isMark(">"), !tokens[next].isMark("(") { next += 1 }
            while next < end, tokens[next].isMark(">") { next += 1 }
        }
        return next < tokens.count && tokens[next].isMark("(") ? next : nil
    }
}

// MARK: - Formats

extension ProgramRules {
    /// jenkins.io/doc, "Using Docker with Pipeline"; plugins.jenkins.io/kubernetes.
    static let jenkinsfile = ProgramRules(
        dialect: .groovy,
        calls: [ProgramCall("docker.image"), ProgramCall("image"), ProgramCall("withDockerContainer")],
        products: [ProgramCall("docker.build")], keys: ["image"], words: ["image", "docker"],
        scripts: ["sh", "script"], otherShells: ["bat": .cmd, "powershell": .powershell, "pwsh": .powershell],
        registries: [ProgramCall("docker.withRegistry")], registryWords: ["registryUrl"], hasSettings: true,
        hasDocuments: true)
}

extension ProgramRules {
    /// testcontainers.org: images of containers that tests start.
    private static func testcontainers(_ dialect: ProgramDialect, _ calls: [ProgramCall]) -> ProgramRules {
        ProgramRules(
            dialect: dialect, calls: calls, builders: ["withDockerfileFromBuilder": "from"], base: "Container",
            checksNames: true)
    }

    private static let jvmCalls = [
        ProgramCall("DockerImageName.parse"), ProgramCall("GenericContainer"),
        ProgramCall("*Container", isCertain: false),
    ]
    static let java = testcontainers(.java, jvmCalls)
    static let kotlin = testcontainers(.kotlin, jvmCalls)
    static let groovy = testcontainers(.groovy, jvmCalls)
    static let scala = testcontainers(.scala, jvmCalls)

    /// golang.testcontainers.org; pulumi.com/registry.
    static let go = ProgramRules(
        dialect: .go,
        calls: [
            ProgramCall("testcontainers.Run", argument: 1), ProgramCall("testcontainers.WithImage"),
            ProgramCall("*.Run", argument: 1, isCertain: false),
        ], keys: ["Image"], wrappers: ["pulumi.String", "pulumi.StringPtr", "pulumi.Sprintf"])

    /// testcontainers-python; pulumi.com/registry.
    static let python = ProgramRules(
        dialect: .python, calls: [ProgramCall("DockerContainer"), ProgramCall("*Container", isCertain: false)])
    static let typescript = ProgramRules(
        dialect: .typescript,
        calls: [
            ProgramCall("GenericContainer"), ProgramCall("*Container", isCertain: false),
            ProgramCall("ImageName.fromString", isCertain: false),
        ],
        wrappers: ["pulumi.interpolate"])
    static let csharp = ProgramRules(
        dialect: .csharp,
        calls: [
            ProgramCall("WithImage"), ProgramCall("ContainerBuilder"), ProgramCall("*Builder", isCertain: false),
            ProgramCall("DockerImage", isCertain: false),
        ])

    /// The rules for files that describe infrastructure for Pulumi in the same language.
    func describingInfrastructure() -> ProgramRules {
        var rules = self
        rules.looseKeys.formUnion(["image", "Image"])
        rules.keys.remove("Image")
        // pulumi.com/registry/packages/docker, "RemoteImage"; the second is Go's.
        rules.namedBy.formUnion(["RemoteImage", "NewRemoteImage"])
        return rules
    }

    /// The same languages where a file describes infrastructure for Amazon's cloud (docs.aws.amazon.com/cdk, "ContainerImage"
    /// and "DockerImage"). In Go a method of a class has the class in front of its name.
    static func cdk(_ dialect: ProgramDialect) -> ProgramRules {
        let calls = ["ContainerImage", "DockerImage", "BundlingDockerImage"].flatMap { holder in
            [".fromRegistry", ".from_registry", ".FromRegistry", "_FromRegistry"].map { ProgramCall(holder + $0) }
        }
        return ProgramRules(dialect: dialect, calls: calls, wrappers: ["jsii.String"])
    }

    /// docs.dagger.io, "Container": the call that gets a container's base.
    static func dagger(_ dialect: ProgramDialect, _ name: String) -> ProgramRules {
        ProgramRules(dialect: dialect, calls: [ProgramCall(name, isMethod: true)])
    }

    /// github.com/bazel-contrib/rules_oci, "oci_pull"; rules_docker, "container_pull".
    static let bazel = ProgramRules(dialect: .python, pulls: ["pull", "oci_pull", "container_pull"])

    /// docs.tilt.dev, "Tiltfile API reference"; github.com/tilt-dev/tilt-extensions, "restart_process", "docker_build_sub".
    static let tiltBuilds = [
        "docker_build", "docker_build_with_restart", "docker_build_sub", "custom_build", "custom_build_with_restart",
    ]

    /// docs.tilt.dev, "Tiltfile API reference".
    static let tiltfile = ProgramRules(
        dialect: .python, products: tiltBuilds.map { ProgramCall($0) },
        looseKeys: ["image"], scripts: ["local", "cmd", "serve_cmd"], hasArgumentLists: true, hasSettings: true,
        hasDocuments: true)

    /// docs.drone.io, "Starlark Scripts".
    static let droneStar = ProgramRules(dialect: .python, keys: ["image"])

    static let jsonnet = ProgramRules(
        dialect: .jsonnet,
        calls: [ProgramCall("container.new", argument: 1), ProgramCall("container.withImage")], keys: ["image"],
        versionKeys: ["version", "tag"], listKeys: ["images", "_images"],
        hasSettings: true, hasDocuments: true)

    /// learn.microsoft.com, "Bicep file structure and syntax".
    static let bicep = ProgramRules(
        dialect: .bicep, keys: AzureScanner.siteKeys.union(["image"]), typeWords: ["type", "param", "output"],
        prefixes: ["DOCKER|", "docker|"], hasSettings: true)
}
