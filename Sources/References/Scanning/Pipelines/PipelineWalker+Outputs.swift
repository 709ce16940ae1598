// SPDX-License-Identifier: Apache-2.0

/// What steps and jobs of GitHub hand out to those behind them (docs.github.com, "Passing information between jobs").
extension PipelineWalker {
    /// Notes what the text that was read last hands out.
    ///
    /// - Parameter step: the beginning of the shell names for the step's outputs; nil if nobody can name them.
    mutating func handOut(as step: String?) {
        let named = Dictionary(grouping: shell.takeHandedValues()) { value in
            value.isVariable ? value.name : step.map { PipelineMacros.output($0, value.name) } ?? ""
        }
        for (name, values) in named.sorted(by: { $0.key < $1.key }) where !name.isEmpty {
            let texts = values.flatMap(\.texts)
            // A value of which nothing is known would leave the others as the only ones.
            guard texts.allSatisfy(Self.isKnown) else { continue }
            shell.assign(name, texts, everywhere: values.contains { !$0.isVariable })
        }
    }

    /// Notes the outputs of a job.
    mutating func handOutputs(of job: Index) {
        guard let id = jobs[job]?.id, let outputs = document.value("outputs", in: job) else { return }
        for (key, value) in document.entries(outputs) {
            guard let name = document.string(key), let text = text(value, in: jobs[job]?.scope) else { continue }
            let texts = shell.variables.values(of: text).map { $0 ?? shell.variables.filled(text) }
            if texts.allSatisfy(Self.isKnown) {
                shell.assign(PipelineMacros.output(ofJob: id, name), texts, everywhere: true)
            }
        }
    }

    /// Whether a text has a value, or is an image of which only the tag has none.
    private static func isKnown(_ text: TracedText) -> Bool {
        !text.bytes.contains { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") }
            || OpenTag.front(of: text.string) != nil
    }

    /// Takes over a place outside of the steps whose image only outputs decide.
    ///
    /// - Returns: whether its image is known.
    mutating func takeOver(_ finding: Finding) -> Bool {
        guard kind == .githubActions, finding.unresolved != nil else { return false }
        let written = TracedText(view.file[finding.range], origin: finding.range.lowerBound)
        let text = PipelineMacros.asShell(written, of: kind, isKnown: shell.variables.isKnown)
        guard text.bytes != written.bytes, !shell.variables.values(of: text).contains(nil)
        else { return false }
        shell.add(image: text)
        return true
    }
}
