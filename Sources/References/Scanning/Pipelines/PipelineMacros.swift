// SPDX-License-Identifier: Apache-2.0

/// Writes the variables that a pipeline's runner fills into shell text, before the shell sees it, as shell variables.
enum PipelineMacros {
    /// The marks that a runner puts around a name.
    private struct Mark: Sendable {
        let opening: [UInt8]
        let prefix: [UInt8]
        let closing: [UInt8]
        /// The prefix of the shell names, which keeps them apart from other names.
        let scope: String
        /// Whether names may contain dots and dashes.
        let hasPaths: Bool
        /// Whether names may contain `['`.
        let hasIndexes: Bool

        init(
            _ opening: String, _ prefix: String, _ closing: String, scope: String = "", hasPaths: Bool = false,
            hasIndexes: Bool = false
        ) {
            (self.opening, self.prefix, self.closing) = (Array(opening.utf8), Array(prefix.utf8), Array(closing.utf8))
            self.scope = scope
            self.hasPaths = hasPaths || hasIndexes
            self.hasIndexes = hasIndexes
        }

        func mayBeOfName(_ byte: UInt8) -> Bool {
            isNameByte(byte) || (hasPaths && ".-".utf8.contains(byte)) || (hasIndexes && "['".utf8.contains(byte))
        }
    }

    private static let parameterScope = "parameters__"

    /// The shell name for a parameter of a template.
    static func parameter(_ name: String) -> String { parameterScope + name }

    private static let inputScope = "inputs__"

    /// The shell name for an input of a workflow or an action.
    static func input(_ name: String) -> String { inputScope + plain(TracedText(untraced: name)).string }

    /// The beginning of the shell names for the outputs of steps, and of jobs.
    private static let stepScope = "steps__"
    private static let jobScope = "needs__"

    /// The beginning of the shell names for a step's outputs.
    ///
    /// - Parameter job: the prefix of the shell names for the step's job; nil for an action's step.
    static func step(_ id: String, in job: String?) -> String {
        (job ?? "") + stepScope + plain(TracedText(untraced: id)).string
    }

    /// The shell name for an output of a step: `steps.ID.outputs.NAME`.
    static func output(_ step: String, _ name: String) -> String {
        step + "_outputs_" + plain(TracedText(untraced: name)).string
    }

    /// The shell names for an output of a step of Azure: `STEP.NAME` in its own job, `JOB.outputs['STEP.NAME']` in others,
    /// and with the stage before that in other stages (learn.microsoft.com, "Set an output variable for use in future
    /// jobs").
    ///
    /// - Parameter job: the names of the job's stage, if it has one, and of the job.
    static func azureOutputs(_ step: String, _ name: String, of job: [String]) -> [String] {
        let own = step + "." + name
        let paths = job.indices.map { job[$0...].joined(separator: ".") + ".outputs['" + own }
        return [(stepScope, own)].map { $0 + plain(TracedText(untraced: $1)).string }
            + paths.map { jobScope + plain(TracedText(untraced: $0)).string }
    }

    /// The shell name for an output of a job: `needs.ID.outputs.NAME`.
    static func output(ofJob id: String, _ name: String) -> String {
        output(jobScope + plain(TracedText(untraced: id)).string, name)
    }

    private static let matrixScope = "matrix__"

    /// The shell name for `{{matrix}}` or `{{matrix.NAME}}` of Buildkite.
    ///
    /// - Parameter name: with the dot before it; empty if the matrix has no names.
    static func matrix(_ name: String) -> String { matrixScope + plain(TracedText(untraced: "matrix" + name)).string }

    private static let pipelineScope = "pipeline__"

    /// The shell name for a parameter of a whole CircleCI pipeline.
    static func pipelineParameter(_ name: String) -> String {
        pipelineScope + plain(TracedText(untraced: name)).string
    }

    private static let marks: [FindingKind: [Mark]] = [
        .githubActions: [
            Mark("${{", "env.", "}}"), Mark("${{", "inputs.", "}}", scope: inputScope, hasPaths: true),
            Mark("${{", "github.event.inputs.", "}}", scope: inputScope, hasPaths: true),
            Mark("${{", "needs.", "}}", scope: jobScope, hasPaths: true),
            // In the outputs of a workflow that others call.
            Mark("${{", "jobs.", "}}", scope: jobScope, hasPaths: true),
        ],
        .azurePipelines: [
            Mark("${{", "parameters.", "}}", scope: parameterScope), Mark("${{", "variables.", "}}"),
            Mark("$(", "", ")"), Mark("$[", "variables['", "']]"), Mark("$[", "variables['", "'] ]"),
            Mark("$(", "", ")", scope: stepScope, hasPaths: true),
        ]
            + ["dependencies.", "stageDependencies."].flatMap { prefix in
                ["']]", "'] ]"].map { Mark("$[", prefix, $0, scope: jobScope, hasIndexes: true) }
            },
        .circleCI: [Mark("<<", "pipeline.parameters.", ">>", scope: pipelineScope, hasPaths: true)],
        .gitlabCI: [Mark("$[[", "inputs.", "]]", scope: inputScope, hasPaths: true)],
        .taskfile: [Mark("{{", ".", "}}")],
        .buildkite: [Mark("{{", "", "}}", scope: matrixScope, hasPaths: true)],
    ]

    /// Marks that the runner takes for plain text, without their first byte (buildkite.com, "Runtime variable
    /// interpolation"; docs.drone.io, "Variables"; woodpecker-ci.org, "Environment variables"; circleci.com, "Using
    /// Dynamic Configuration").
    private static let escapes: [FindingKind: [[UInt8]]] = [
        .buildkite: [Array("$$".utf8), Array("\\$".utf8)], .drone: [Array("$$".utf8)],
        .woodpecker: [Array("$$".utf8)], .circleCI: [Array("\\<<".utf8)],
    ]

    /// The text with the runner's variables written as shell variables: GitHub's `${{ env.X }}`, Azure's `$(X)`, Task's
    /// `{{.X}}`. Its other expressions become words of their own, and its escapes what they mean.
    ///
    /// - Parameters:
    ///   - job: the prefix of the shell names for the job's matrix and its steps; nil outside of jobs.
    ///   - isKnown: whether the pipeline has a variable of this name. `$(x)` may also be the shell's own syntax.
    static func asShell(
        _ text: TracedText, of kind: FindingKind, job: String? = nil, isKnown: (String) -> Bool
    ) -> TracedText {
        var marks = marks[kind] ?? []
        if let job {
            let isCircle = kind == .circleCI
            marks.append(
                isCircle
                    ? Mark("<<", "parameters.", ">>", scope: job, hasPaths: true)
                    : Mark("${{", "matrix.", "}}", scope: job, hasPaths: true))
        }
        if kind == .githubActions {
            marks.append(Mark("${{", "steps.", "}}", scope: (job ?? "") + stepScope, hasPaths: true))
        }
        let escapes = escapes[kind] ?? []
        var expressions = PipelineExpressions(of: kind)
        let beginnings = Set(marks.map { $0.opening[0] } + escapes.map { $0[0] } + (expressions?.beginning ?? []))
        guard text.bytes.contains(where: beginnings.contains) else { return text }
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count {
            if !beginnings.contains(text.bytes[index]) {
                result.append(at: index, of: text)
                index += 1
            } else if let escape = escapes.first(where: text.bytes[index...].starts) {
                result.append(text[index + 1..<index + escape.count])
                index += escape.count
            } else if let (name, end) = name(in: text, at: index, marks, isKnown) {
                result.append(UInt8(ascii: "$"), origin: text.origins[index])
                result.append(UInt8(ascii: "{"), origin: text.origins[index + 1])
                result.append(name)
                result.append(UInt8(ascii: "}"), origin: text.origins[end - 1])
                index = end
            } else if let end = expressions?.append(text, at: index, to: &result) {
                index = end
            } else {
                result.append(at: index, of: text)
                index += 1
            }
        }
        return result
    }

    private static func name(
        in text: TracedText, at index: Int, _ marks: [Mark], _ isKnown: (String) -> Bool
    ) -> (TracedText, Int)? {
        for mark in marks {
            guard let (name, end) = name(in: text, at: index, mark) else { continue }
            let whole = TracedText(untraced: mark.scope) + name
            if isKnown(whole.string) { return (whole, end) }
        }
        return nil
    }

    private static func name(in text: TracedText, at index: Int, _ mark: Mark) -> (TracedText, Int)? {
        guard text.bytes[index...].starts(with: mark.opening) else { return nil }
        var start = index + mark.opening.count
        while start < text.count, text.bytes[start] == 32 { start += 1 }
        guard text.bytes[start...].starts(with: mark.prefix) else { return nil }
        start += mark.prefix.count
        var end = start
        while end < text.count, mark.mayBeOfName(text.bytes[end]),
            !mark.hasIndexes || !text.bytes[end...].starts(with: mark.closing)
        {
            end += 1
        }
        var close = end
        while close < text.count, text.bytes[close] == 32 { close += 1 }
        guard end > start, text.bytes[close...].starts(with: mark.closing) else { return nil }
        let name = text[start..<end]
        return (mark.hasPaths ? plain(name) : name, close + mark.closing.count)
    }

    /// A name with `_` in place of all bytes that shell names do not allow.
    static func plain(_ name: TracedText) -> TracedText {
        var result = TracedText(capacity: name.count)
        for (byte, origin) in zip(name.bytes, name.origins) {
            result.append(isNameByte(byte) ? byte : UInt8(ascii: "_"), origin: origin)
        }
        return result
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }
}
