// SPDX-License-Identifier: Apache-2.0

/// The texts of a pipeline's scalars, with the runner's variables written as the shell's.
struct PipelineText {
    let view: YAMLView
    let kind: FindingKind

    /// - Parameters:
    ///   - scope: of the matrix of the job at hand.
    ///   - variables: the names that are known.
    func text(_ index: YAMLDocument.Index, in scope: String?, with variables: ShellVariables) -> TracedText? {
        view.text(index).map { PipelineMacros.asShell($0, of: kind, matrix: scope, isKnown: variables.isKnown) }
    }
}
