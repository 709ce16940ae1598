// SPDX-License-Identifier: Apache-2.0

/// Finds the images that a machine pulls when it starts for the first time, in the commands that cloud-init runs and in
/// the files that it writes (docs.cloud-init.io, "Module reference").
struct CloudConfigScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private(set) var result = ScanResult()

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// Whether the first line says that a file is for cloud-init, as it must (docs.cloud-init.io, "User-data formats").
    static func isMeant(_ file: some Collection<UInt8>) -> Bool {
        guard file.first == UInt8(ascii: "#") else { return false }
        let lines = file.prefix(ScriptLine.length).split(separator: 10, maxSplits: 2, omittingEmptySubsequences: false)
        let isJinja = lines.first?.starts(with: "## template:".utf8) == true
        guard let line = lines.dropFirst(isJinja ? 1 : 0).first, line.starts(with: mark.utf8) else { return false }
        return line.dropFirst(mark.utf8.count).allSatisfy { $0 <= 32 }
    }

    private static let mark = "#cloud-config"

    mutating func scan() {
        // The commands of one list share a shell.
        for key in ["bootcmd", "runcmd"] {
            if let list = document.value(key, in: view.root) { run(document.items(list)) }
        }
        for file in document.value("write_files", in: view.root).map(document.items) ?? [] { written(file) }
    }

    private mutating func run(_ commands: [Index]) {
        var shell = ShellScanner(.shell)
        for command in commands {
            if document.kind(command) == .sequence {
                shell.read(words: view.texts(command))
            } else if let text = view.text(command) {
                shell.read(SourceText(text))
            }
        }
        take(shell.finished(in: view.file))
    }

    /// Reads the content of a file as what its path, or its first line, says.
    private mutating func written(_ file: Index) {
        // An encoded text is another text.
        guard document.value("encoding", in: file) == nil,
            let path = document.value("path", in: file).flatMap(document.string),
            let text = document.value("content", in: file).flatMap({ view.text($0) })
        else { return }
        let source = SourceText(text)
        switch FileKind(path: path) ?? ScriptLine.kind(of: text.bytes) {
        case .text(.shell):
            var shell = ShellScanner(.shell)
            shell.read(source)
            take(shell.finished(in: view.file))
        case .text(.systemd): take(UnitFileScanner.scan(source, kind: .systemd))
        case .text(.quadlet): take(UnitFileScanner.scan(source, kind: .quadlet))
        case .text(.dotenv): take(DotEnvScanner.scan(source))
        case .yaml, .json, .compose, .helmValues, .dockerfile: take(text, at: path)
        default: break
        }
    }

    /// Takes a document, which is read as one that a shell writes to a file.
    private mutating func take(_ text: TracedText, at path: String) {
        var scanner = HeredocScanner(file: view.file, kind: .shell)
        scanner.isTemplate = view.isTemplate
        scanner.scan(ShellHeredoc(text: text, isLiteral: true, fileName: path))
        result.findings += scanner.findings.map(view.opened)
    }

    /// Files that commands name are on the machine.
    private mutating func take(_ found: ScanResult) {
        result.shared += found.shared
        result.findings += found.findings.written(in: view.file).map(view.opened)
    }
}
