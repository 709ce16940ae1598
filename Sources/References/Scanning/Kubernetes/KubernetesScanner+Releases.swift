// SPDX-License-Identifier: Apache-2.0

extension KubernetesScanner {
    /// Notes the names of images that a HelmRelease takes from a ConfigMap or a Secret (fluxcd.io, "Helm Releases", Values
    /// references). What is there is known only in the cluster. Values in the release itself take precedence.
    mutating func referredValues(of release: Index) {
        guard identity?.group == "helm.toolkit.fluxcd.io",
            let list = document.value(at: ["spec", "valuesFrom"], in: release)
        else { return }
        for item in document.items(list) {
            guard let target = document.value("targetPath", in: item), let path = document.string(target) else {
                continue
            }
            let steps = path.split(separator: ".").map(String.init)
            guard Self.namesImage(steps), document.value(at: ["spec", "values"] + steps, in: release) == nil else {
                continue
            }
            let place = view.place(of: target)
            let name = document.value("name", in: item).flatMap(document.string) ?? path
            append(
                Finding(
                    kind: .helmValues, range: place, text: view.fileText(place), meaning: .unresolved(name), parts: [],
                    owner: owner))
        }
    }

    /// Whether the value at a path is an image, or its name.
    private static func namesImage(_ path: [String]) -> Bool {
        guard let last = path.last else { return false }
        return ImageText.isImageName(last)
            || last == "repository" && path.dropLast().last.map { $0.lowercased().hasSuffix("image") } == true
    }
}
