// SPDX-License-Identifier: Apache-2.0

/// The shell text that a Terraform file hands to machines, and runs itself.
struct TerraformScripts {
    /// Names of attributes, and keys of a machine's metadata, for what a machine runs when it starts (registry.terraform.io,
    /// "aws_instance", "google_compute_instance", "azurerm_linux_virtual_machine" and their kin).
    static let names: Set<String> = [
        "user_data", "user_data_base64", "user-data", "custom_data", "metadata_startup_script", "startup-script",
        "startup_script",
    ]
    /// Key of metadata with a container's declaration (docs.cloud.google.com, "Deploying containers on VMs").
    static let declaration = "gce-container-declaration"
    /// Every file with such a text contains one of these words.
    static let words = ["local-exec", "inline", "data", "startup"]
    /// Functions that return the texts that they get.
    static let wrappers: Set<String> = ["base64encode", "base64gzip", "join", "sensitive", "trimspace"]

    private var shell: ShellScanner
    private let kind: FindingKind
    /// Settings of cloud-init.
    private var configurations: [TracedText] = []
    /// The names whose values were read.
    private var names: Set<String> = []

    init(_ kind: FindingKind) {
        self.kind = kind
        shell = ShellScanner(kind)
    }

    /// Reads a text, or a list of lines, that a separate shell runs.
    mutating func read(_ value: HCLValue, _ values: HCLResolver) {
        shell.enter(0)
        shell.enter(shell.addPlace())
        readLines(value, values)
    }

    /// Reads what a provisioner runs on this machine or on the one that is made (developer.hashicorp.com/terraform,
    /// "local-exec Provisioner" and "remote-exec Provisioner").
    mutating func read(provisioner block: HCLBlock, _ values: HCLResolver) {
        switch block.labels.first {
        case "local-exec":
            if let command = block.body.value("command"), isShell(block.body.value("interpreter")) {
                read(command, values)
            }
        // The others are Packer's (developer.hashicorp.com/packer, "Shell Provisioner").
        case "remote-exec", "shell", "shell-local", "powershell", "windows-shell":
            if let lines = block.body.value("inline") { read(lines, values) }
        default: return
        }
    }

    mutating func finished(in file: UnsafeBufferPointer<UInt8>) -> ScanResult {
        var result = shell.finished(in: file)
        result.findings = result.findings.written(in: file)
        for text in configurations { result.findings += Self.findings(in: text, of: file, kind) }
        return result
    }

    private static func findings(
        in text: TracedText, of file: UnsafeBufferPointer<UInt8>, _ kind: FindingKind
    ) -> [Finding] {
        let plain = EmbeddedDocument.withoutSubstitutions(text)
        return plain.bytes.withUnsafeBufferPointer { buffer in
            var document = YAMLDocument(buffer)
            guard (try? document.parse(0..<buffer.count)) != nil, document.root >= 0 else { return [] }
            var scanner = CloudConfigScanner(
                view: YAMLView(document: document, origins: OriginMap(plain), file: file))
            scanner.scan()
            return scanner.result.findings.map { finding in
                var finding = finding
                finding.kind = kind
                return finding
            }
        }
    }

    private func isShell(_ interpreter: HCLValue?) -> Bool {
        guard let interpreter else { return true }
        guard case .list(let words) = interpreter, case .text(let program)? = words.first else { return false }
        return ShellPrograms.shells.contains(ShellPrograms.lastPart(program.written.string))
    }

    private mutating func readLines(_ value: HCLValue, _ values: HCLResolver) {
        switch value {
        case .text(let text): read(Self.text(of: text, values))
        case .list(let lines), .choice(let lines): for line in lines { readLines(line, values) }
        case .call(let name, let arguments) where Self.wrappers.contains(name):
            for argument in arguments { readLines(argument, values) }
        case .reference(let path, _) where names.insert(path).inserted:
            for definition in values.definitions(of: path) { readLines(definition, values) }
        default: return
        }
    }

    private mutating func read(_ text: TracedText) {
        // What another file holds is found there.
        guard text.origins.first.map(TerraformModule.isForeign) != true else { return }
        if CloudConfigScanner.isMeant(text.trimmed.bytes) { return configurations.append(text.trimmed) }
        shell.read(SourceText(text))
    }

    /// A text with those of its values filled in that are in the same file.
    private static func text(of text: FilledText, _ values: HCLResolver) -> TracedText {
        text.pieces.reduce(into: TracedText()) { result, piece in
            switch piece {
            case .literal(let literal): result.append(literal)
            case .expression(let path, let written):
                let known = values.resolve(.reference(path: path, written: written))
                guard known.count == 1, case .text(let value, _) = known[0], let range = value.contiguousRange,
                    !TerraformModule.isForeign(range.lowerBound)
                else { return result.append(written) }
                result.append(value)
            }
        }
    }
}
