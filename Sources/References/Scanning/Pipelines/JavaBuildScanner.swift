// SPDX-License-Identifier: Apache-2.0

/// Finds the images that Maven and Gradle builds use: Jib's base images, the images with which Spring Boot builds and
/// runs its own, and the images of fabric8's docker-maven-plugin.
enum JavaBuildScanner {
    private static let (jibPlugin, jib) = (SearchWord("jib-maven-plugin"), SearchWord("jib"))
    private static let spring = SearchWord("spring-boot-maven-plugin")
    private static let docker = SearchWord("docker-maven-plugin")
    private static let task = SearchWord("ootBuildImage")

    static func scanMaven(_ bytes: [UInt8]) -> ScanResult {
        guard bytes.holds(jibPlugin) || bytes.holds(spring) || bytes.holds(docker) else { return ScanResult() }
        let document = XMLElements(bytes)
        let properties = ElementProperties(maven: document)
        var result = bytes.holds(jibPlugin) ? JibScanner.scanMaven(bytes, properties) : ScanResult()
        var build = MavenBuild(document, properties)
        build.scan()
        result.merge(build.result)
        result.findings = result.findings.inFileOrder
        return result
    }

    static func scanGradle(_ bytes: [UInt8]) -> ScanResult {
        var result = bytes.holds(jib) ? JibScanner.scanGradle(bytes) : ScanResult()
        guard bytes.holds(task) else { return result }
        result.findings = (result.findings + BootImageTask.findings(in: bytes)).inFileOrder
        return result
    }
}

/// The plugins of a pom.xml.
private struct MavenBuild {
    private let document: XMLElements
    private let properties: ElementProperties
    private var boot = FoundImages(.buildpacks)
    private var docker = FoundImages(.dockerMaven)
    private var products: [BuildProduct] = []

    init(_ document: XMLElements, _ properties: ElementProperties) {
        self.document = document
        self.properties = properties
    }

    var result: ScanResult {
        var result = ScanResult()
        result.findings = boot.findings + docker.findings
        result.products = products
        return result
    }

    mutating func scan() {
        // Source: docs.spring.io, "Packaging OCI Images" of the Maven plugin.
        for image in document.elements(at: "configuration", "image") where isOf("spring-boot-maven-plugin", image) {
            bootImage(image)
        }
        // Source: dmp.fabric8.io, "Image configuration".
        for image in document.elements(at: "configuration", "images", "image") where isOf("docker-maven-plugin", image)
        {
            dockerImage(image)
        }
    }

    private func isOf(_ plugin: String, _ element: Int) -> Bool {
        var place: Int? = element
        while let here = place, document.all[here].name != "plugin" { place = document.all[here].parent }
        return place.flatMap { document.text("artifactId", of: $0)?.string } == plugin
    }

    private mutating func bootImage(_ image: Int) {
        for name in ["builder", "runImage"] { document.text(name, of: image).map { boot.add($0, properties) } }
        for buildpack in document.children("buildpacks", of: image).flatMap({ document.children("buildpack", of: $0) })
        {
            document.text(of: buildpack).flatMap(BootImageTask.image).map { boot.add($0, properties) }
        }
        product(document.text("name", of: image))
    }

    /// Reads an image with a `build`, which is made from the image in `from`, or an image without one, which is pulled.
    private mutating func dockerImage(_ image: Int) {
        let name = document.text("name", of: image)
        guard let build = document.children("build", of: image).first else {
            // `%a` and similar placeholders are in names of the project's own images.
            if let name, !name.bytes.contains(UInt8(ascii: "%")) { docker.add(name, properties) }
            return
        }
        document.text("from", of: build).map { docker.add($0, properties) }
        product(name)
    }

    private mutating func product(_ name: TracedText?) {
        guard let name = name.map(properties.filled), ImageName.reference(name.string) != nil else { return }
        products.append(BuildProduct(name.string))
    }
}

extension FoundImages {
    /// Adds a text of a build file, filled in with the file's properties.
    mutating func add(_ text: TracedText, _ properties: ElementProperties) {
        add(properties.filled(text), written: text)
    }
}

/// Reads `bootBuildImage { builder = "…" }` of Gradle scripts (docs.spring.io, "Packaging OCI Images" of the Gradle
/// plugin).
private struct BootImageTask {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    private var found = FoundImages(.buildpacks)
    /// The end of the tasks that were read. Tasks inside of others were read with them.
    private var end = 0

    static func findings(in bytes: [UInt8]) -> [Finding] {
        var task = BootImageTask(ProgramTokens(SourceText(bytes), .groovy))
        for index in task.tokens.indices { task.read(at: index) }
        return task.found.findings
    }

    private init(_ tokens: ProgramTokens) {
        self.tokens = tokens
        values = ProgramValues(tokens)
    }

    /// Reads a task that is named by its name, or by its type in Kotlin: `named<BootBuildImage>("bootBuildImage")`.
    private mutating func read(at index: Int) {
        let name = tokens[index].name ?? tokens[index].text?.written.string
        guard name == "bootBuildImage" || name == "BootBuildImage",
            let start = tokens[index...].prefix(8).firstIndex(where: { $0.isMark("{") }), start >= end
        else { return }
        end = tokens.close(of: start)
        for index in start..<end {
            guard let name = tokens[index].name, ["builder", "runImage"].contains(name) else { continue }
            take(valueBehind: index)
        }
    }

    /// Adds the value in `builder = "x"`, `builder "x"` or `builder.set("x")`.
    private mutating func take(valueBehind index: Int) {
        var next = index + 1
        if tokens[next...].first?.isMark(".") == true, tokens[next...].dropFirst().first?.name == "set" { next += 2 }
        guard let token = tokens[next...].first else { return }
        if token.isMark("=") || token.isMark("(") {
            next += 1
        } else if token.text == nil {
            return
        }
        for choice in values.choices(at: next) {
            switch choice.value {
            case .text(let text, let written): found.add(text, written: text.contiguousRange == nil ? written : text)
            case .open(let name, let written): found.add(open: name, written: written)
            case .other: continue
            }
        }
    }

    /// The image of a buildpack; nil for a buildpack of the builder, a file or another address.
    static func image(_ text: TracedText) -> TracedText? {
        let scheme = "docker://"
        if text.bytes.starts(with: scheme.utf8) { return text[scheme.utf8.count..<text.count] }
        return ImageName.isLikely(text.string) ? text : nil
    }
}
