// SPDX-License-Identifier: Apache-2.0

/// The texts of a pipeline's scalars, with the runner's variables written as shell variables.
struct PipelineText {
    let view: YAMLView
    let kind: FindingKind

    /// - Parameters:
    ///   - scope: the prefix of the shell names for the current job's matrix.
    ///   - variables: the known variables.
    func text(_ index: YAMLDocument.Index, in scope: String?, with variables: ShellVariables) -> TracedText? {
        view.text(index).map { PipelineMacros.asShell($0, of: kind, job: scope, isKnown: variables.isKnown) }
    }
}
