// SPDX-License-Identifier: Apache-2.0

/// How to read the text of a step: the program that runs it and its folder.
struct PipelineStep {
    typealias Index = YAMLDocument.Index

    private let step: Index
    private let document: YAMLDocument
    /// The settings of the job for all of its steps.
    private let job: GitHubJob?
    /// Whether the step's key or task says that the text is PowerShell. Azure's steps name the shell in this way.
    private let isPowerShell: Bool

    init(_ step: Index, of job: GitHubJob?, in document: YAMLDocument, isPowerShell: Bool) {
        (self.step, self.job, self.document, self.isPowerShell) = (step, job, document, isPowerShell)
    }

    /// The program that runs the text: the step's own, otherwise the default of the job or the workflow.
    private var program: String? { document.value("shell", in: step).flatMap(document.string) ?? job?.shell }

    /// Whether the text is for a shell. Steps may be written in other languages.
    var isShell: Bool {
        guard let program else { return true }
        return !["python", "node", "ruby", "perl"].contains { program.hasPrefix($0) }
    }

    var shell: OtherShell? { isPowerShell ? .powershell : program.flatMap { OtherShell(program: $0) } }

    /// The beginning of the shell names for what a step of GitHub hands out; nil if it has no name.
    var outputs: String? {
        document.value("id", in: step).flatMap(document.string).map { PipelineMacros.step($0, in: job?.scope) }
    }

    private static let folderKeys = ["working-directory", "workingDirectory", "working_directory", "dir"]

    /// The folder, with a slash at its end; empty for the file's own folder or the project's.
    var folder: String {
        let named = Self.folderKeys.lazy.compactMap { document.value($0, in: step).flatMap(document.string) }.first
        return (named ?? job?.folder).flatMap(BuildCommand.local).map(FilePath.asFolder) ?? ""
    }
}
