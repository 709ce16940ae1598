// SPDX-License-Identifier: Apache-2.0

extension KubernetesScanner {
    /// Notes what a HelmRelease takes from a ConfigMap or a Secret (fluxcd.io, "Helm Releases", Values references): all
    /// values, or the name of an image. That is known only in the cluster. Values in the release itself take precedence.
    mutating func referredValues(of release: Index) {
        guard identity?.group == "helm.toolkit.fluxcd.io",
            let list = document.value(at: ["spec", "valuesFrom"], in: release)
        else { return }
        for item in document.items(list) {
            guard let target = document.value("targetPath", in: item), let path = document.string(target) else {
                takeValues(item)
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

    private mutating func takeValues(_ item: Index) {
        func text(_ key: String) -> String? { document.value(key, in: item).flatMap(document.string) }
        guard let kind = text("kind"), let name = text("name"), let key = text("valuesKey"), !ValuesKey.isPlain(key)
        else { return }
        takenValues.insert(ValuesKey(kind: kind, name: name, key: key))
    }

    /// Whether the value at a path is an image, or its name.
    private static func namesImage(_ path: [String]) -> Bool {
        guard let last = path.last else { return false }
        return ImageText.isImageName(last)
            || last == "repository" && path.dropLast().last.map { ImageText.endsInImage($0) } == true
    }

    /// Finds images in chart values inside a resource.
    mutating func embeddedValues(_ index: Index) {
        for values in chartValues(of: index) {
            var helm = HelmValuesScanner(view: view, root: values, owner: owner)
            helm.needsHub = isIstio
            helm.scan()
            helm.findings.forEach { append($0) }
            let others = ValueOverrides.findings(in: view, below: values, owner: owner, except: helm.findings)
            others.forEach { append($0) }
        }
    }

    /// The mappings with chart values in resources such as Flux' HelmRelease and Argo CD's Application.
    func chartValues(of index: Index) -> [Index] {
        let paths: [[String]] =
            switch (identity?.group, identity?.kind) {
            case ("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", _): [["spec", "values"]]
            case ("argoproj.io", _): Self.argoSources.map { $0 + ["helm", "valuesObject"] }
            // The hub and the tag beside the values are those of the values, too (istio.io, "IstioOperator Options").
            case _ where isIstio: [["spec"]]
            default: []
            }
        return paths.flatMap { document.values(at: $0[...], in: index) }.filter { document.kind($0) == .mapping }
    }

    /// Whether Istio's operator or Sail installs Istio's charts from the resource. Its images are behind a hub.
    private var isIstio: Bool {
        ["install.istio.io", "operator.istio.io", "sailoperator.io"].contains(identity?.group)
    }

    /// The paths at which Argo CD's Application and ApplicationSet name the charts that they install: one source or a
    /// list.
    static let argoSources: [[String]] = [["spec"], ["spec", "template", "spec"]].flatMap { spec in
        [spec + ["source"], spec + ["sources"]]
    }
}
