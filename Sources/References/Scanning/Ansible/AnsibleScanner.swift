// SPDX-License-Identifier: Apache-2.0

/// Finds the images of Ansible's plays, tasks and variables: the images that container modules are given, the images in
/// shell text, and variables whose names say that they hold an image.
struct AnsibleScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var shell = ShellScanner(.ansible)
    private var scripts: [TracedText] = []
    private var visited: Set<Index> = []
    private var embedded: [Finding] = []
    private var loop = AnsibleLoop()
    private var loops = 0

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// The modules by name without the collection, with the key that holds the image.
    private static let modules: [String: String] = [
        "docker_container": "image", "docker_image": "name", "docker_image_pull": "name",
        "docker_swarm_service": "image",
        "podman_container": "image", "podman_image": "name", "podman_pod": "infra_image",
    ]
    /// The modules that make an image or give it another name, with the keys that hold the names.
    private static let makers: [String: [String]] = [
        "docker_image_build": ["name"], "docker_image_tag": ["repository"], "docker_image_push": ["name"],
        "docker_image_remove": ["name"], "podman_image": ["name"], "docker_image": ["name", "repository"],
    ]
    /// The modules that take whole documents, with the keys that hold them (docs.ansible.com, "kubernetes.core" and
    /// "community.docker").
    private static let holders: [String: (keys: [String], content: EmbeddedDocument.Content)] = [
        "k8s": (["definition", "resource_definition", "inline"], .manifests),
        "docker_compose": (["definition"], .byContent), "docker_compose_v2": (["definition"], .byContent),
        "docker_compose_v2_run": (["definition"], .byContent), "docker_stack": (["compose"], .byContent),
    ]
    private static let shells: Set<String> = ["shell", "command", "raw"]

    /// Recognizes a list of plays or tasks by its content.
    static func isAnsible(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0, document.kind(document.root) == .sequence else { return false }
        return document.items(document.root).prefix(64).contains { isPlayOrTask($0, of: document, depth: 0) }
    }

    private static func isPlayOrTask(_ item: Index, of document: YAMLDocument, depth: Int) -> Bool {
        if document.value("hosts", in: item) != nil || document.value("import_playbook", in: item) != nil {
            return true
        }
        return document.entries(item).contains { key, value in
            guard let name = document.string(key) else { return false }
            if name == "block", depth < blockLimit {
                return document.items(value).prefix(64).contains { isPlayOrTask($0, of: document, depth: depth + 1) }
            }
            return name.hasPrefix("ansible.builtin.") || name == "kubernetes.core.k8s" || modules[module(name)] != nil
        }
    }

    /// The deepest block in a block that is looked at to tell a list of tasks.
    private static let blockLimit = 4

    private static func module(_ name: String) -> String {
        name.split(separator: ".").last.map(String.init) ?? name
    }

    mutating func scan() -> ScanResult {
        visit(view.root, depth: 0)
        if document.kind(view.root) == .mapping {
            variables(view.root)
        }
        for script in scripts { shell.read(SourceText(script)) }
        var result = shell.finished(in: view.file)
        result.problems = []
        let known = Set(result.findings.map(\.range))
        result.findings += embedded.filter { !known.contains($0.range) }
        result.findings = result.findings.written(in: view.file)
        return result
    }

    // MARK: - Walking

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, visited.insert(target).inserted else { return }
        let outer = loop
        defer { loop = outer }
        enterLoop(of: target)
        for item in document.items(target) { visit(item, depth: depth + 1) }
        for (key, value) in document.entries(target) {
            guard let name = document.string(key) else { continue }
            entry(Self.module(name), value)
            visit(value, depth: depth + 1)
        }
    }

    private mutating func entry(_ name: String, _ value: Index) {
        if let keys = Self.makers[name], name.hasPrefix("docker_image_") || makes(value) {
            return keys.forEach { product(value, $0) }
        }
        if let key = Self.modules[name] { module(value, key) }
        if let (keys, content) = Self.holders[name] {
            for value in keys.compactMap({ document.value($0, in: value) }) { documents(value, content) }
        }
        if Self.shells.contains(name) { script(value) }
        if name == "vars" || name == "set_fact" {
            variables(value)
        }
    }

    /// Assigns the values of a task's `item`, if the task contains the list that it loops over.
    private mutating func enterLoop(of task: Index) {
        guard let list = AnsibleLoop.list(of: task, in: document) else { return }
        loops += 1
        loop = AnsibleLoop()
        for (name, values) in AnsibleLoop.values(
            of: list, in: document, named: AnsibleLoop.name(of: task, in: document))
        {
            let texts = values.compactMap { text($0) }
            guard texts.count == values.count, !texts.contains(where: { $0.bytes.contains(36) }) else { continue }
            let variable = loop.add(name, number: loops)
            shell.variables.assign(variable, list: texts)
        }
    }

    /// Reads `docker_container: name=web image=nginx:1`, the older form of arguments.
    private mutating func plainModule(_ arguments: TracedText, _ key: String) {
        var fields: [String: TracedText] = [:]
        for word in arguments.blankSeparated {
            guard let (name, value) = word.cut(at: UInt8(ascii: "=")) else { continue }
            fields[name.string] = ShellVariables.unquoted(value)
        }
        guard let image = fields[key], fields["path"] == nil else { return }
        guard key == "name", let tag = fields["tag"] else { return shell.add(image: image) }
        shell.add(image: image + TracedText(untraced: ":") + tag, written: image)
    }

    private mutating func module(_ arguments: Index, _ key: String) {
        if document.kind(arguments) == .scalar, let words = text(arguments) { return plainModule(words, key) }
        guard let value = document.value(key, in: arguments), let image = text(value) else { return }
        if key == "name", let tag = document.value("tag", in: arguments).flatMap({ text($0) }) {
            return shell.add(image: image + TracedText(untraced: ":") + tag, written: image)
        }
        shell.add(image: image)
    }

    /// Whether the arguments of a module make or remove an image (docs.ansible.com, "community.docker.docker_image" and
    /// "containers.podman.podman_image").
    private func makes(_ arguments: Index) -> Bool {
        func field(_ name: String) -> String? { document.value(name, in: arguments).flatMap(document.string) }
        return ["build", "path"].contains { document.value($0, in: arguments) != nil }
            || ["build", "load", "local"].contains(field("source")) || field("state") == "absent"
    }

    /// A variable of another file may be the image that other tasks pull where this one does not run.
    private mutating func product(_ arguments: Index, _ key: String) {
        guard let value = document.value(key, in: arguments) else { return }
        guard let name = text(value) else {
            return document.items(value).compactMap { text($0) }.forEach { shell.add(products: $0) }
        }
        guard !name.bytes.contains(36) || shell.variables.values(of: name).contains(where: { $0 != nil }) else {
            return
        }
        guard key == "name", let tag = document.value("tag", in: arguments).flatMap({ text($0) }) else {
            return shell.add(products: name)
        }
        shell.add(products: name + TracedText(untraced: ":") + tag)
    }

    /// Reads a document, a list of documents, or a text that is a document.
    private mutating func documents(_ value: Index, _ content: EmbeddedDocument.Content) {
        switch document.kind(value) {
        case .scalar:
            guard let text = view.text(value).map(Jinja.asShell) else { return }
            embedded += EmbeddedDocument.findings(
                in: EmbeddedDocument.withoutSubstitutions(text), of: view.file, content, kind: .ansible)
        case .sequence:
            for item in document.items(value) where document.kind(item) == .mapping { documents(item, content) }
        case .mapping: embedded += EmbeddedDocument.findings(at: value, of: view, content, kind: .ansible)
        default: return
        }
    }

    private mutating func script(_ value: Index) {
        if let words = document.value("argv", in: value) {
            return scripts.append(TracedText(command: document.items(words).compactMap { text($0) }))
        }
        guard let text = text(document.value("cmd", in: value) ?? value) else { return }
        scripts.append(text)
    }

    /// Reads variables, which may use others that come later in the file.
    private mutating func variables(_ mapping: Index) {
        let all = document.entries(mapping).compactMap { key, value -> (name: String, text: TracedText)? in
            guard let name = document.string(key), let text = text(value) else { return nil }
            return (name, text)
        }
        assign(all)
        let texts = Dictionary(all.map { ($0.name, $0.text) }) { first, _ in first }
        for (key, value) in document.entries(mapping) {
            if let name = document.string(key), ImageText.isImageListName(name) { list(value) }
            images(below: value, depth: 1)
        }
        for (name, text) in all {
            if let tag = Self.tagNames(beside: name).lazy.compactMap({ texts[$0] }).first, isUntagged(text, of: name) {
                shell.add(image: text + TracedText(untraced: ":") + tag, written: text, named: name)
            } else {
                shell.add(setting: name, text)
            }
        }
    }

    /// Adds the images of `app_images: [nginx:1]` and `app_images: {web: nginx:1}`.
    private mutating func list(_ value: Index) {
        for item in document.items(value) + document.entries(value).map(\.value) {
            if let text = text(item), ImageText.isListed(text.string) { shell.add(image: text) }
        }
    }

    private mutating func assign(_ all: [(name: String, text: TracedText)]) {
        var waiting = all
        for _ in 0..<Self.chainLimit where !waiting.isEmpty {
            let known = waiting.map { shell.variables.value(of: $0.text, except: $0.name) != nil }
            for ((name, text), isKnown) in zip(waiting, known) where isKnown { shell.variables.assign(name, text) }
            let rest = zip(waiting, known).filter { !$0.1 }.map(\.0)
            if rest.count == waiting.count { break }
            waiting = rest
        }
        for (name, text) in waiting { shell.variables.assign(name, text) }
    }

    /// The most variables of one file that one after another uses.
    private static let chainLimit = 16

    /// The variables that hold the tag of the image in another one: `redis_image` and `redis_image_version`,
    /// `redis_image_repo` and `redis_image_tag`.
    private static func tagNames(beside name: String) -> [String] {
        let word = "_image"
        guard let end = ["", "_repo", "_repository", "_name"].first(where: { name.hasSuffix(word + $0) }) else {
            return []
        }
        let image = name.dropLast(end.count)
        return [image, image.dropLast(word.count)].flatMap { [$0 + "_tag", $0 + "_version"] }
    }

    /// Whether a variable holds an image without a tag, itself or by other variables.
    private func isUntagged(_ text: TracedText, of name: String) -> Bool {
        let text = shell.variables.value(of: text, except: name) ?? text
        let bounds = ReferenceBounds(text.bytes)
        return !bounds.hasVersion && ImageName.reference(text.string) != nil
    }

    /// Adds images inside the values of variables, at keys whose names say so: for example, a mapping of services that
    /// each have an `image`.
    private mutating func images(below index: Index, depth: Int) {
        guard depth < YAMLParser.depthLimit, document[index].kind != .alias else { return }
        for item in document.items(index) { images(below: item, depth: depth + 1) }
        for (key, value) in document.entries(index) {
            if let name = document.string(key), ImageText.isImageListName(name) { list(value) }
            if let name = document.string(key), ImageText.isImageName(name), let text = text(value) {
                let isUse = name == "image" && ShellVariables.variable(text) != nil
                if isUse { shell.add(image: text) } else { shell.add(setting: name, text) }
            }
            images(below: value, depth: depth + 1)
        }
    }

    /// A scalar's text in the file, with Jinja's expressions written as shell variables. The document cannot be used,
    /// because these expressions are blanked out there.
    private func text(_ index: Index) -> TracedText? {
        guard var text = view.text(index) else { return nil }
        if let range = text.contiguousRange { text = TracedText(view.file[range], origin: range.lowerBound) }
        return loop.renamed(Jinja.asShell(text))
    }
}
