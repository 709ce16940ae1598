// SPDX-License-Identifier: Apache-2.0

/// The inputs of a workflow or an action: the value that a caller gives, otherwise the default (docs.github.com,
/// "on.workflow_call.inputs", "on.workflow_dispatch.inputs", and "Metadata syntax", "inputs").
struct GitHubInputs {
    /// The defaults by input name. There are several if a workflow can be started in different ways with different
    /// defaults.
    private(set) var defaults: [String: [TracedText]] = [:]
    /// Inputs that have no default for at least one way to start the workflow.
    private var open: Set<String> = []

    /// - Parameter given: the values that a caller gives, by input name.
    init(of view: YAMLView, given: [String: String] = [:]) {
        let document = view.document
        let holders =
            document.value("runs", in: view.root) == nil
            ? ["workflow_call", "workflow_dispatch"].compactMap { document.value(at: ["on", $0], in: view.root) }
            : [view.root]
        for holder in holders {
            guard let inputs = document.value("inputs", in: holder) else { continue }
            for (key, input) in document.entries(inputs) {
                guard let name = document.string(key) else { continue }
                if let text = given[name] {
                    defaults[name] = [TracedText(untraced: text)]
                } else if let text = Self.text(of: input, in: view) {
                    defaults[name, default: []].append(text)
                } else {
                    open.insert(name)
                }
            }
        }
    }

    private static func text(of input: YAMLDocument.Index, in view: YAMLView) -> TracedText? {
        guard let value = view.document.value("default", in: input), !view.document.isNull(value),
            let text = view.text(value), !text.isEmpty, !text.bytes.contains(UInt8(ascii: "$"))
        else { return nil }
        return text
    }

    /// The defaults by the shell names of the inputs. An input is left out if it may have no value, or if another input
    /// has the same shell name.
    var variables: [(name: String, values: [TracedText])] {
        let all = Set(defaults.keys).union(open)
        let names = Dictionary(grouping: all) { PipelineMacros.input($0) }
        return names.sorted { $0.key < $1.key }.compactMap { name, inputs in
            guard inputs.count == 1, let values = defaults[inputs[0]], !open.contains(inputs[0]) else { return nil }
            return (name, values)
        }
    }
}
