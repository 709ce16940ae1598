// SPDX-License-Identifier: Apache-2.0

import OCI

/// Cloud Build's configurations.
extension PipelineScanner {
    /// Recognizes a Cloud Build configuration by its content, because `gcloud builds submit --config` takes any file
    /// name.
    static func isCloudBuild(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0, let list = document.value("steps", in: document.root),
            !othersKeys.contains(where: { document.value($0, in: document.root) != nil })
        else { return false }
        let steps = document.items(list).map { step in document.entries(step).compactMap { document.string($0.key) } }
        let names = document.items(list).map { document.value("name", in: $0).flatMap(document.string) }
        return names.contains { $0?.contains("/") == true } && !names.contains(nil)
            && steps.allSatisfy { $0.allSatisfy(stepKeys.contains) }
            && (steps.contains { $0.contains { ["args", "entrypoint", "script"].contains($0) } }
                || document.items(list).contains { isStep($0, of: document) })
    }

    /// Whether a step has no command, but an image of a registry and variables as Cloud Build writes them: a list of
    /// `NAME=value`.
    private static func isStep(_ step: Index, of document: YAMLDocument) -> Bool {
        guard let name = document.value("name", in: step).flatMap(document.string),
            ImageText.hasHostAndVersion(name) || name.hasPrefix("gcr.io/"),
            let variables = document.value("env", in: step).map(document.items), !variables.isEmpty
        else { return false }
        return variables.allSatisfy { document.string($0)?.contains("=") == true }
    }

    /// Keys that other pipelines have beside `steps`.
    private static let othersKeys = ["apiVersion", "kind", "jobs", "runs", "trigger", "pool", "pipeline", "when"]

    private static let stepKeys: Set<String> = [
        "<<", "name", "id", "args", "entrypoint", "dir", "env", "secretEnv", "waitFor", "timeout", "script", "volumes",
        "allowFailure", "allowExitCodes", "automapSubstitutions", "pullTiming", "status", "timing", "exitCode",
    ]

    mutating func cloudBuild() {
        variables.areNested = true
        if let substitutions = document.value("substitutions", in: view.root) {
            for (key, value) in document.entries(substitutions) {
                if let name = document.string(key), let text = view.text(value) { variables.values[name] = text }
            }
        }
        var products = CloudBuildProducts()
        products.names = Set(cloudBuildProducts().map { ProductName.of($0) })
        products.tagged = Set(taggedImages().map(ProductName.withBraces))
        for product in products.names.sorted() + products.tagged.sorted() {
            result.products.append(BuildProduct(product))
        }
        let steps = items("steps", in: view.root)
        for step in steps {
            let before = result.findings.count
            field("name", of: step)
            for index in before..<result.findings.count where products.contain(result.findings[index]) {
                result.findings[index].isBuilt = true
            }
        }
        commands(of: steps, products)
    }

    /// Reads the commands of steps: shell text, and the arguments of Docker's builder and kaniko's.
    private mutating func commands(of steps: [Index], _ products: CloudBuildProducts) {
        var shell = ShellScanner(.cloudBuild)
        for (name, text) in variables.values { shell.variables.assign(name, text) }
        for step in steps {
            let folder = document.value("dir", in: step).flatMap(document.string).flatMap(BuildCommand.local)
            shell.startFolder = folder.map { $0 + "/" } ?? ""
            if let text = script(of: step) { shell.read(SourceText(text)) }
        }
        let found = shell.finished(in: view.file)
        result.followUps += found.followUps
        result.overrides += found.overrides
        result.findings += found.findings.filter { !products.contain($0) }.written(in: view.file)
    }

    private func script(of step: Index) -> TracedText? {
        if let script = document.value("script", in: step).flatMap({ view.text($0) }) { return script }
        let words = items("args", in: step).compactMap { view.text($0) }
        if let flag = words.firstIndex(where: { $0.string.hasPrefix("-") && $0.string.hasSuffix("c") }),
            flag < 2, flag + 1 < words.count
        {
            return words[flag + 1].withSingleDollars
        }
        let program = document.value("entrypoint", in: step) ?? document.value("name", in: step)
        let image = program.flatMap(document.string)?.split(separator: "/").last ?? ""
        let name = String(image.prefix { $0 != ":" && $0 != "@" })
        guard name == "docker" || name == "executor" else { return nil }
        return words.reduce(TracedText(untraced: name)) { line, word in
            let quote = TracedText(untraced: word.bytes.contains(32) ? "'" : "")
            return line + TracedText(untraced: " ") + quote + word + quote
        }
    }

    /// The images that `images` lists and that steps tag, both as written and filled in.
    private func cloudBuildProducts() -> [String] {
        let listed = items("images", in: view.root)
        let artifacts = document.value(at: ["artifacts", "images"], in: view.root).map(document.items) ?? []
        var products = (listed + artifacts).compactMap { view.text($0) }
        for step in items("steps", in: view.root) {
            products += Self.tagged(argumentWords(of: step))
        }
        return products.flatMap { [$0.string, variables.fill($0).text.string] }
    }

    /// The words of a step's arguments, and of a shell script among them.
    private func argumentWords(of step: Index) -> [TracedText] {
        items("args", in: step).compactMap { view.text($0) }.flatMap(\.blankSeparated).map(ShellVariables.unquoted)
    }

    /// The images that steps give another name: `docker tag SOURCE NAME`. Other tags of that name are not theirs.
    private func taggedImages() -> [String] {
        items("steps", in: view.root).flatMap { step -> [String] in
            let words = argumentWords(of: step)
            return words.indices.filter { index in
                words[index].string == "tag" && index + 2 < words.count
                    && (index == 0 || words[index - 1].string.hasSuffix("docker"))
            }.flatMap { [words[$0 + 2].string, variables.fill(words[$0 + 2]).text.string] }
        }
    }

    /// The names of the images that a step's arguments make, also in a shell script: `-t NAME`, `--tag=NAME`, kaniko's
    /// `--destination=NAME`. `-t` counts only in a build, because it means something else in other commands.
    private static func tagged(_ words: [TracedText]) -> [TracedText] {
        var isBuild = false
        return words.indices.compactMap { index in
            let text = words[index].string
            if text == "build" { isBuild = true }
            if ["run", "&&", "||", "|", ";"].contains(text) || text.hasSuffix(";") { isBuild = false }
            for prefix in ["--tag=", "--destination="] where text.hasPrefix(prefix) {
                return words[index][prefix.utf8.count..<words[index].count]
            }
            let isFlag = text == "--destination" || (isBuild && (text == "-t" || text == "--tag"))
            return isFlag && index + 1 < words.count ? words[index + 1] : nil
        }
    }
}

/// What the steps of a configuration of Cloud Build make.
private struct CloudBuildProducts {
    /// In the form of `ProductName`, with any tag.
    var names: Set<String> = []
    /// Whole references.
    var tagged: Set<String> = []

    func contain(_ finding: Finding) -> Bool {
        guard finding.reference?.digest == nil else { return false }
        return names.contains(ProductName.of(finding)) || names.contains(ProductName.of(finding.text))
            || tagged.contains(ProductName.withBraces(finding.text))
            || tagged.contains(finding.reference?.asTyped ?? "")
    }
}
