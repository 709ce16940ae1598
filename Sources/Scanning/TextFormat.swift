/// Programs and settings in which images are named, apart from YAML, JSON and Dockerfiles.
package enum TextFormat: String, Hashable, Sendable, CaseIterable {
    case shell
    case makefile
    case dotenv
    case terraform
    case nomad
    case bake
    case jenkinsfile

    /// - Parameters:
    ///   - name: the file's, in lower case.
    ///   - folders: the last two it stands in.
    init?(name: String, folders: String) {
        if let format = Self.names[name] {
            self = format
        } else if name.hasSuffix(".hcl"), name.contains("bake") || name.hasSuffix(".nomad.hcl") {
            self = name.contains("bake") ? .bake : .nomad
        } else if let dot = name.lastIndex(of: "."), let format = Self.extensions[String(name[dot...].dropFirst())] {
            self = format
        } else if name.hasPrefix(".env.") {
            self = .dotenv
        } else if name.hasPrefix("jenkinsfile") {
            self = .jenkinsfile
        } else if name.hasPrefix("makefile.") {
            self = .makefile
        } else {
            return nil
        }
    }

    private static let names: [String: TextFormat] = [
        "makefile": .makefile, "gnumakefile": .makefile, ".env": .dotenv, ".envrc": .shell,
        "jenkinsfile": .jenkinsfile,
    ]

    private static let extensions: [String: TextFormat] = [
        "sh": .shell, "bash": .shell, "zsh": .shell, "ksh": .shell, "bats": .shell, "mk": .makefile, "mak": .makefile,
        "env": .dotenv, "tf": .terraform, "tofu": .terraform, "tfvars": .terraform, "hcl": .terraform, "nomad": .nomad,
        "jenkinsfile": .jenkinsfile,
    ]

    // MARK: - Scanning

    /// Finds the images of a file. Most files name none, and are only searched for a word that one would have.
    func scan(_ bytes: [UInt8]) -> ScanResult {
        guard mayHold(bytes) else { return ScanResult() }
        switch self {
        case .shell: return ShellScanner.scan(bytes, kind: .shell)
        case .makefile: return MakefileScanner.scan(bytes)
        case .dotenv: return DotEnvScanner.scan(bytes)
        case .terraform: return TerraformScanner.scan(bytes, kind: .terraform)
        case .nomad: return TerraformScanner.scan(bytes, kind: .nomad)
        case .bake: return BakeScanner.scan(bytes)
        case .jenkinsfile: return ProgramScanner.scan(bytes, .jenkinsfile, kind: .jenkins)
        }
    }

    private func mayHold(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            words.contains { ByteSearch.contains($0, in: buffer, 0..<buffer.count) }
        }
    }

    /// Words of which one stands in every file of this format that names an image.
    private var words: [SearchWord] {
        switch self {
        case .shell, .makefile, .jenkinsfile: Self.commands
        case .dotenv: Self.settings
        case .terraform, .nomad: Self.settings
        case .bake: Self.targets
        }
    }

    private static let settings = words("IMAGE", "image", "Image")
    private static let commands = words(
        "IMAGE", "image", "Image", "docker", "podman", "nerdctl", "finch", "buildah", "crane", "skopeo", "ctr ",
        "crictl",
        "DOCKER", "CONTAINER_", "kubectl")

    private static let targets = words("target", "variable")

    private static func words(_ words: String...) -> [SearchWord] { words.map { SearchWord($0) } }
}
