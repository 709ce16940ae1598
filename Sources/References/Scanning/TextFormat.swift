// SPDX-License-Identifier: Apache-2.0

/// Programs and settings in which images are named, apart from YAML, JSON and Dockerfiles.
package enum TextFormat: String, Hashable, Sendable, CaseIterable {
    case shell
    case powershell
    case batch
    case makefile
    case dotenv
    case terraform
    case nomad
    case bake
    case jenkinsfile
    case java
    case kotlin
    case groovy
    case scala
    case go
    case python
    case typescript
    case csharp
    case bazel
    case tiltfile
    case jsonnet
    case cue
    case bicep
    case earthfile
    case quadlet
    case quadletBuild
    case systemd
    case act
    case droneStar
    case justfile
    case distrobox
    case vagrantfile
    case fly
    case buildpacks
    case cross
    case gitlabRunner
    case msbuild
    case properties

    /// - Parameters:
    ///   - name: the file's name in lower case.
    ///   - folders: the last two folders of its path.
    init?(name: String, folders: String) {
        if let format = Self.names[name] {
            self = format
        } else if name.hasSuffix(".groovy"), folders == "vars" || folders.hasSuffix("/vars") {
            // Steps of a shared library (jenkins.io/doc, "Extending with Shared Libraries").
            self = .jenkinsfile
        } else if name.hasSuffix(".hcl"), name.contains("bake") || name.hasSuffix(".nomad.hcl") {
            self = name.contains("bake") ? .bake : .nomad
        } else if let dot = name.lastIndex(of: "."), let format = Self.extensions[String(name[dot...].dropFirst())] {
            self = format
        } else if name.hasSuffix(".conf"), let dropIn = Self.dropIns.first(where: { folders.hasSuffix($0.folder) }) {
            self = dropIn.format
        } else if name.hasPrefix(".env.") {
            self = .dotenv
        } else if name.hasPrefix("tiltfile.") {
            self = .tiltfile
        } else if name.hasPrefix("jenkinsfile") {
            self = .jenkinsfile
        } else if name.hasPrefix("makefile.") {
            self = .makefile
        } else if name.hasPrefix("fly."), name.hasSuffix(".toml") {
            self = .fly
        } else {
            return nil
        }
    }

    private static let names: [String: TextFormat] = [
        "makefile": .makefile, "gnumakefile": .makefile, ".env": .dotenv, ".envrc": .shell,
        "jenkinsfile": .jenkinsfile, "tiltfile": .tiltfile, "earthfile": .earthfile, "module.bazel": .bazel,
        "workspace": .bazel,
        "workspace.bazel": .bazel, ".actrc": .act, "distrobox.ini": .distrobox, "vagrantfile": .vagrantfile,
        "fly.toml": .fly, "project.toml": .buildpacks, "builder.toml": .buildpacks, "cross.toml": .cross,
        "config.toml": .gitlabRunner, ".drone.star": .droneStar, "justfile": .justfile, ".justfile": .justfile,
    ]

    private static let extensions: [String: TextFormat] = [
        "sh": .shell, "bash": .shell, "zsh": .shell, "ksh": .shell, "bats": .shell, "mk": .makefile, "mak": .makefile,
        "ps1": .powershell, "psm1": .powershell, "cmd": .batch, "bat": .batch, "env": .dotenv, "tf": .terraform,
        "tofu": .terraform, "tfvars": .terraform, "hcl": .terraform, "nomad": .nomad,
        "jenkinsfile": .jenkinsfile, "java": .java, "kt": .kotlin, "kts": .kotlin, "groovy": .groovy, "scala": .scala,
        "go": .go, "py": .python, "ts": .typescript, "js": .typescript, "mts": .typescript, "mjs": .typescript,
        "cs": .csharp, "bzl": .bazel, "jsonnet": .jsonnet, "libsonnet": .jsonnet, "cue": .cue, "bicep": .bicep,
        "earth": .earthfile, "just": .justfile, "container": .quadlet, "image": .quadlet, "volume": .quadlet,
        "build": .quadletBuild, "service": .systemd, "csproj": .msbuild, "fsproj": .msbuild, "vbproj": .msbuild,
        "props": .msbuild, "targets": .msbuild, "pubxml": .msbuild, "properties": .properties,
    ]

    /// Folders of drop-in files for units (systemd.unit(5), podman-systemd.unit(5)).
    private static let dropIns: [(folder: String, format: TextFormat)] = [
        (".service.d", .systemd), (".container.d", .quadlet), (".image.d", .quadlet), (".volume.d", .quadlet),
    ]

    // MARK: - Scanning

    /// Finds the images of a file. Most files name none, and are only searched for a word that such files contain.
    ///
    /// - Parameters:
    ///   - nearby: the files that decide a part of this one.
    ///   - readsEverything: whether files without such a word are read, too.
    func scan(
        _ bytes: [UInt8], in nearby: NearbyFiles = NearbyFiles(), readsEverything: Bool = false
    ) -> ScanResult {
        let mayHold = { (words: [SearchWord]) in readsEverything || has(words, bytes) }
        return switch self {
        case .shell where mayHold(Self.commands): ShellScanner.scan(bytes, kind: .shell)
        case .shell where has(CommandWords.edits, bytes): ShellScanner.scan(bytes, kind: .shell).withoutProblems
        case .powershell where mayHold(Self.commands): ShellScanner.scan(bytes, writtenFor: .powershell)
        case .batch where mayHold(Self.commands): ShellScanner.scan(bytes, writtenFor: .cmd)
        case .makefile where mayHold(Self.commands + Self.includes + CommandWords.edits):
            MakefileScanner.scan(bytes, in: nearby)
        case .dotenv where mayHold(Self.settings + Self.composeWords): DotEnvScanner.scan(bytes)
        case .terraform: TerraformScanner.scan(bytes)
        case .nomad where mayHold(Self.settings): TerraformScanner.scan(bytes, kind: .nomad)
        case .bake where mayHold(Self.targets): BakeScanner.scan(bytes, in: nearby)
        case .jenkinsfile where mayHold(Self.commands + Self.jenkinsWords):
            ProgramScanner.scan(bytes, .jenkinsfile, kind: .jenkins, in: nearby)
        case .bazel where has(Self.pulls, bytes): ProgramScanner.scan(bytes, .bazel, kind: .bazel)
        case .tiltfile: ProgramScanner.scan(bytes, .tiltfile, kind: .tiltfile)
        case .jsonnet where mayHold(Self.jsonnetWords): ProgramScanner.scan(bytes, .jsonnet, kind: .jsonnet)
        case .cue where mayHold(Self.settings + Self.cueWords): CUEScanner.scan(bytes)
        case .bicep where mayHold(Self.bicepWords): ProgramScanner.scan(bytes, .bicep, kind: .bicep, in: nearby)
        case .earthfile: EarthfileScanner.scan(bytes)
        case .quadlet: UnitFileScanner.scan(bytes, kind: .quadlet)
        case .quadletBuild where has(Self.unit, bytes): QuadletBuild.scan(bytes)
        case .systemd where mayHold(Self.commands): UnitFileScanner.scan(bytes, kind: .systemd)
        case .act: ActOptionsScanner.scan(bytes)
        case .droneStar where mayHold(Self.droneStarWords): ProgramScanner.scan(bytes, .droneStar, kind: .drone)
        case .justfile where mayHold(Self.commands): JustfileScanner.scan(bytes)
        case .distrobox: DistroboxScanner.scan(bytes)
        case .vagrantfile where mayHold(Self.commands): VagrantScanner.scan(bytes)
        case .fly: TOMLScanner.scan(bytes, kind: .fly)
        case .buildpacks: TOMLScanner.scan(bytes, kind: .buildpacks)
        case .cross: TOMLScanner.scan(bytes, kind: .cross)
        case .gitlabRunner where has(Self.runners, bytes): TOMLScanner.scan(bytes, kind: .gitlabRunner)
        case .msbuild where has([MSBuildScanner.word], bytes): MSBuildScanner.scan(bytes)
        case .java, .kotlin, .groovy, .scala, .properties:
            program(bytes, besides: databases(bytes), readsEverything: readsEverything)
        case .csharp where has([AspireScanner.word], bytes):
            program(bytes, besides: AspireScanner.findings(in: bytes), readsEverything: readsEverything)
        case .go where has([DockertestScanner.word], bytes):
            program(bytes, besides: DockertestScanner.findings(in: bytes), readsEverything: readsEverything)
        default: program(bytes, readsEverything: readsEverything)
        }
    }

    /// A program that starts containers in a way of its own, and may be a test or describe infrastructure, too.
    private func program(_ bytes: [UInt8], besides containers: [Finding], readsEverything: Bool) -> ScanResult {
        var result = program(bytes, readsEverything: readsEverything)
        let places = Set(containers.map(\.range))
        result.findings = (containers + result.findings.filter { !places.contains($0.range) }).inFileOrder
        return result
    }

    /// What Testcontainers starts for addresses of databases, in programs and in their settings.
    private func databases(_ bytes: [UInt8]) -> [Finding] {
        guard let rules else { return DatabaseAddresses.findings(inSettings: bytes) }
        return DatabaseAddresses.findings(in: bytes, rules.dialect)
    }

    /// Whether templates that make such files are read.
    var hasTemplates: Bool { [.shell, .dotenv, .systemd, .quadlet, .nomad].contains(self) }

    /// Finds the images of a template. The values that it fills in are unknown here.
    func scan(template bytes: [UInt8], readsEverything: Bool = false) -> ScanResult {
        let words = self == .dotenv || self == .nomad ? Self.settings : Self.commands
        guard self == .quadlet || readsEverything || has(words, bytes) else { return ScanResult() }
        var result = scan(templateOf: bytes)
        // A part that a statement leaves out or repeats may contain only one quote of a pair.
        if self != .nomad { result.problems = [] }
        for index in result.findings.indices {
            result.findings[index].text = String(decoding: bytes[result.findings[index].range], as: UTF8.self)
        }
        return result
    }

    private func scan(templateOf bytes: [UInt8]) -> ScanResult {
        let plain = Jinja.withoutStatements(bytes)
        if self == .nomad { return TerraformScanner.scan(job: SourceText(PackTemplate.asHCL(plain)), of: bytes) }
        let source = SourceText(Jinja.asShell(TracedText(plain, origin: 0)))
        switch self {
        case .dotenv: return DotEnvScanner.scan(source)
        case .systemd: return UnitFileScanner.scan(source, kind: .systemd)
        case .quadlet: return UnitFileScanner.scan(source, kind: .quadlet)
        default:
            var scanner = ShellScanner(.shell)
            scanner.read(source)
            return scanner.finished(in: bytes)
        }
    }

    /// Scans programs of tests that start containers, programs that describe infrastructure, and Dagger pipelines.
    /// Other programs are not scanned.
    private func program(_ bytes: [UInt8], readsEverything: Bool) -> ScanResult {
        guard let rules else { return ScanResult() }
        if has(Self.tests, bytes) { return ProgramScanner.scan(bytes, rules, kind: .testcontainers) }
        if has(Self.infrastructure, bytes) {
            return ProgramScanner.scan(bytes, rules.describingInfrastructure(), kind: .pulumi)
        }
        if has(Self.cdk, bytes) { return ProgramScanner.scan(bytes, .cdk(rules.dialect), kind: .aws) }
        guard let pipeline = pipelineRules, has(Self.pipelines, bytes), readsEverything || has(Self.bases, bytes)
        else {
            return ScanResult()
        }
        return ProgramScanner.scan(bytes, pipeline, kind: .dagger)
    }

    private var rules: ProgramRules? {
        switch self {
        case .java: .java
        case .kotlin: .kotlin
        case .groovy: .groovy
        case .scala: .scala
        case .go: .go
        case .python: .python
        case .typescript: .typescript
        case .csharp: .csharp
        default: nil
        }
    }

    /// The rules for the languages in which Dagger pipelines are written.
    private var pipelineRules: ProgramRules? {
        switch self {
        case .go: .dagger(.go, "From")
        case .python: .dagger(.python, "from_")
        case .typescript: .dagger(.typescript, "from")
        default: nil
        }
    }

    /// The kinds of findings in files of this format and in files that they name, except in parts that have another
    /// format.
    var kinds: [FindingKind] {
        switch self {
        case .shell, .powershell, .batch: [.shell] + Self.named
        case .makefile: [.makefile] + Self.named
        case .dotenv: [.dotenv]
        case .terraform: [.terraform, .helmValues, .aws] + Self.built
        case .nomad: [.nomad]
        case .bake: [.bake] + Self.built
        case .jenkinsfile: [.jenkins] + Self.named
        case .bazel: [.bazel]
        case .tiltfile: [.tiltfile] + Self.named
        case .jsonnet: [.jsonnet]
        case .cue: [.cue]
        case .bicep: [.bicep]
        case .earthfile: [.earthfile] + Self.built
        case .quadlet: [.quadlet]
        case .quadletBuild: Self.built
        case .systemd: [.systemd] + Self.named
        case .act: [.act]
        case .droneStar: [.drone]
        case .justfile: [.just] + Self.named
        case .distrobox: [.distrobox]
        case .vagrantfile: [.vagrant]
        case .fly: [.fly] + Self.built
        case .buildpacks: [.buildpacks]
        case .cross: [.cross] + Self.built
        case .gitlabRunner: [.gitlabRunner]
        case .msbuild: [.dotnet]
        case .properties: [.testcontainers]
        case .csharp: [.testcontainers, .pulumi, .aws, .dotnet]
        case .java, .kotlin, .groovy, .scala, .go, .python, .typescript: [.testcontainers, .pulumi, .aws, .dagger]
        }
    }

    /// The kinds of findings in Dockerfiles.
    private static let built: [FindingKind] = [
        .dockerfileFrom, .dockerfileCopy, .dockerfileMount, .dockerfileSyntax,
    ]

    /// The kinds of findings in files that commands name.
    private static let named: [FindingKind] =
        [.helmValues, .compose, .bake, .kubernetes, .kubernetesSetting, .kubernetesText, .kustomize, .buildkite] + built

    // MARK: - Telling what need not be read

    /// Whether the file contains one of the words. Every file that names an image contains one.
    private func has(_ words: [SearchWord], _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            words.contains { ByteSearch.contains($0, in: buffer, 0..<buffer.count) }
        }
    }

    private static let pulls = words("oci.pull", "oci_pull", "container_pull")
    private static let tests = words("estcontainers", "DockerImageName")
    private static let infrastructure = words("pulumi", "Pulumi")
    /// The names of its packages in each of the languages.
    private static let cdk = words("aws-cdk", "aws_cdk", "awscdk", "Amazon.CDK")
    private static let images = ["IMAGE", "image", "Image"]
    private static let settings = images.map { SearchWord($0) }
    private static let composeWords = [SearchWord(ComposeFiles.variable)]
    /// Documents that a shell gives to commands may be anything.
    private static let commands = (images + ["<<"]).map { SearchWord($0) } + composeWords + CommandWords.all
    /// The word in CUE files that set a tag, if no name contains the word image.
    private static let cueWords = words("repository")
    /// The recipes of other makefiles may make images.
    private static let includes = words("include ")
    private static let jenkinsWords = words(of: .jenkinsfile)
    private static let jsonnetWords = words(of: .jsonnet)
    private static let bicepWords = words(of: .bicep) + words("module ")
    private static let droneStarWords = words(of: .droneStar)

    /// Findings by rules are always after one of the names in the rules.
    private static func words(of rules: ProgramRules) -> [SearchWord] {
        Set(rules.names + images).sorted().map { SearchWord($0) }
    }

    /// In Podman's builds. Meson's files have the same file extension.
    private static let unit = words("[Build]")
    private static let runners = words("runners")
    private static let pipelines = words("dagger")
    /// The call that gives a container its base, in each of the languages.
    private static let bases = words("From(", "from_(", "from(")
    private static let targets = words("target", "variable")

    private static func words(_ words: String...) -> [SearchWord] { words.map { SearchWord($0) } }
}
