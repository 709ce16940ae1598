// SPDX-License-Identifier: Apache-2.0

/// What is filled into the texts of a resource: the parameters around a place, and the environment of its container.
struct ResourceFilling {
    typealias Index = YAMLDocument.Index

    private(set) var parameters = ResourceParameters()
    /// `$(NAME)`, a reference to the environment (kubernetes.io/docs, "Define Dependent Environment Variables").
    private(set) var environment = Placeholders("$(", ")")

    /// Reads the parameters of a mapping. A resource inside of one with parameters gets those around it.
    mutating func enter(_ mapping: Index, in view: YAMLView) {
        if !parameters.isUsed, let identity = ResourceIdentity(of: mapping, in: view.document) {
            parameters = ResourceParameters(group: identity.group, resource: mapping, in: view)
        }
        if parameters.isUsed { parameters.enter(mapping, in: view) }
    }

    /// Reads all variables of a container. What stands before a variable in the list is filled into it.
    mutating func enterContainer(withEnvironment list: Index, in view: YAMLView) {
        for item in view.document.items(list) { add(item, in: view) }
    }

    mutating func enterContainer(_ variables: Placeholders) { environment = variables }

    /// Adds the next variable of a list. One whose value is not in the file has none.
    mutating func add(_ variable: Index, in view: YAMLView) {
        guard let name = view.document.value("name", in: variable).flatMap(view.document.string) else { return }
        let text = view.document.value("value", in: variable).flatMap(view.written)
        environment.values[name] = text.map { environment.fill($0).text }
    }

    mutating func leaveContainer() { environment.values = [:] }

    /// All possible values of a text; nil if nothing is filled in.
    func readings(of text: TracedText) -> [Variables.Filled]? {
        let own = environment.fill(text)
        guard var all = parameters.fill(own.text) else { return environment.areIn(text) ? [own] : nil }
        let sharesMarks = parameters.placeholders.opening == environment.opening
        for index in all.indices {
            all[index].deciders = own.deciders + all[index].deciders
            if !sharesMarks { all[index].missing = all[index].missing ?? own.missing }
        }
        return all
    }

    /// The bytes of the variables that a text uses. The program in the container may use them for anything else, too.
    func shared(by text: TracedText) -> [SharedBytes] {
        environment.fill(text).deciders.compactMap { environment.values[$0.variable] }.flatMap {
            SharedBytes.all(of: $0, .other)
        }
    }

    /// A finding in a text inside of the resource, with the parameters around the text.
    func filled(_ finding: Finding, in view: YAMLView) -> [Finding] {
        let written = TracedText(view.file[finding.range], origin: finding.range.lowerBound)
        guard finding.unresolved != nil, parameters.isUsed, let readings = parameters.fill(written) else {
            return [finding]
        }
        return readings.map { reading in
            guard reading.missing == nil, let reference = ImageName.reference(reading.text.string) else {
                return finding
            }
            var known = finding
            known.meaning = .reference(reference)
            known.parts = ReferencePart.parts(of: reading.text)
            known.deciders = reading.deciders
            return known
        }
    }
}
