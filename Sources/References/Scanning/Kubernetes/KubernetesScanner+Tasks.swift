// SPDX-License-Identifier: Apache-2.0

/// Tekton's tasks and the parameters that they are given (tekton.dev, "Tasks", "Specifying Parameters").
extension KubernetesScanner {
    var isTekton: Bool { identity?.isTekton == true }

    private static let taskKinds: Set<String> = ["Task", "ClusterTask", "StepAction"]

    /// Notes that an image of a task is a parameter. The values that others give to this parameter are images.
    mutating func noteParameter(of image: String) {
        guard isTekton, let kind = identity?.kind, Self.taskKinds.contains(kind), let task = owner?.name,
            let name = ResourceParameters.parameter(image)
        else { return }
        tasks.images[task, default: []].insert(name)
    }

    /// Reads the parameters that a mapping gives to a task or a run. A value is an image if the task says so, otherwise
    /// if its name says so.
    mutating func readGiven(by mapping: Index) {
        guard let list = document.value("params", in: mapping) else { return }
        let reference = document.value("taskRef", in: mapping) ?? document.value("ref", in: mapping)
        let task = reference.flatMap { document.value("name", in: $0) }.flatMap(document.string)
        if let task { tasks.called.insert(task) }
        let images = task.flatMap { knownTasks[$0] } ?? []
        for item in document.items(list) {
            guard let name = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item), let text = document.string(value)
            else { continue }
            if images.contains(name) ? Self.isImage(text) : Self.isImage(text, namedBy: name) { add(given: value) }
        }
    }

    private static func isImage(_ text: String) -> Bool {
        text.contains("$(") || ImageName.reference(text) != nil
    }

    /// Accepts names like `PYTHON_IMAGE` whose value has a host and a version. `IMAGE` alone, or a name with one of the
    /// words below, is mostly an image that a task makes.
    private static func isImage(_ text: String, namedBy name: String) -> Bool {
        guard ImageText.isImageName(name), name.utf8.count > 5, ImageText.hasHostAndVersion(text) else { return false }
        let upper = name.uppercased()
        return !["OUTPUT", "TARGET", "DEST", "PUSH", "RESULT"].contains { upper.contains($0) }
    }
}
