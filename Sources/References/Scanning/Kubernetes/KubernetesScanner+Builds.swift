// SPDX-License-Identifier: Apache-2.0

/// OpenShift builds with an inline Dockerfile.
extension KubernetesScanner {
    /// This word is in each document with such a build. All images of the document may be in the Dockerfile.
    static let buildConfig = "BuildConfig"

    mutating func dockerfile(in resource: Index) {
        guard let identity, identity.kind == Self.buildConfig, ["", "build.openshift.io"].contains(identity.group),
            let index = document.value(at: ["spec", "source", "dockerfile"], in: resource),
            var text = document.text(index)
        else { return }
        text.mapOrigins { view.origins.origin(of: $0) }
        let strategy = document.value(at: ["spec", "strategy", "dockerStrategy"], in: resource)
        let found = DockerfileScanner.scan(
            text.bytes, origins: OriginMap(text), arguments: strategy.map(arguments) ?? BuildArguments())
        let base = strategy.flatMap { document.value("from", in: $0) }
        let replaced = base == nil ? nil : lastBase(of: text)
        for var finding in found.findings where replaced?.overlaps(finding.range) != true {
            finding.owner = owner
            append(finding)
        }
        built.problems += found.problems
        built.shared += found.shared
    }

    private func arguments(of strategy: Index) -> BuildArguments {
        var arguments = BuildArguments()
        for item in document.value("buildArgs", in: strategy).map(document.items) ?? [] {
            guard let name = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item).flatMap(document.string)
            else { continue }
            arguments.add(name, value)
        }
        return arguments
    }

    /// The image that the strategy's `from` replaces: the one in the last FROM (docs.openshift.com, "Build
    /// strategies").
    private func lastBase(of dockerfile: TracedText) -> Range<Int>? {
        let outline = DockerfileOutline(dockerfile.bytes, origins: OriginMap(dockerfile), hasOwnInstructions: false)
        return outline.instructions.last { $0.name == "from" }?.arguments.coveringRange
    }
}
