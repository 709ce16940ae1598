// SPDX-License-Identifier: Apache-2.0

/// How the text of a step is read: by which program, and in which folder.
struct PipelineStep {
    typealias Index = YAMLDocument.Index

    private let step: Index
    private let document: YAMLDocument
    /// What the job says for all of its steps.
    private let job: GitHubJob?
    /// Azure's steps name the shell by their key, or by their task.
    private let isPowerShell: Bool

    init(_ step: Index, of job: GitHubJob?, in document: YAMLDocument, isPowerShell: Bool) {
        (self.step, self.job, self.document, self.isPowerShell) = (step, job, document, isPowerShell)
    }

    /// The program that reads the text: the step's own, else the one that the job or the workflow says for all.
    private var program: String? { document.value("shell", in: step).flatMap(document.string) ?? job?.shell }

    /// Steps may be written in other languages than a shell's.
    var isShell: Bool {
        guard let program else { return true }
        return !["python", "node", "ruby", "perl"].contains { program.hasPrefix($0) }
    }

    var shell: OtherShell? { isPowerShell ? .powershell : program.flatMap { OtherShell(program: $0) } }

    private static let folderKeys = ["working-directory", "workingDirectory", "working_directory", "dir"]

    /// The folder, with a slash at its end; empty for the file's own or the project's.
    var folder: String {
        let named = Self.folderKeys.lazy.compactMap { document.value($0, in: step).flatMap(document.string) }.first
        return (named ?? job?.folder).flatMap(BuildCommand.local).map(FilePath.asFolder) ?? ""
    }
}
