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
        var build = MavenBuild(document, properties)
        build.scan()
        return build.result
    }

    static func scanGradle(_ bytes: [UInt8]) -> ScanResult {
        let isJibs = bytes.holds(jib)
        guard isJibs || bytes.holds(task) else { return ScanResult() }
        return GradleBuild.scan(bytes, isJibs: isJibs)
    }
}

/// The plugins of a pom.xml.
private struct MavenBuild {
    private let document: XMLElements
    private let properties: ElementProperties
    private var boot = FoundImages(.buildpacks)
    private var docker = FoundImages(.dockerMaven)
    private var jib = FoundImages(.jib)
    private var products: [BuildProduct] = []

    init(_ document: XMLElements, _ properties: ElementProperties) {
        self.document = document
        self.properties = properties
    }

    var result: ScanResult {
        var result = ScanResult()
        result.findings = (boot.findings + docker.findings + jib.findings).inFileOrder
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
        readJib()
    }

    /// Reads Jib's settings, in each place where the plugin is used, and in properties (github.com/GoogleContainerTools/jib,
    /// "jib-maven-plugin").
    private mutating func readJib() {
        let isJibs = { (image: Int) in isOf("jib-maven-plugin", image) }
        let bases = document.elements(at: "from", "image").filter(isJibs)
        for image in bases + document.elements(at: "properties", "jib.from.image") {
            document.text(of: image).flatMap(GradleBuild.jibBase).map { jib.add($0, properties) }
        }
        let made = document.elements(at: "to", "image").filter(isJibs)
        for image in made + document.elements(at: "properties", "jib.to.image") { product(document.text(of: image)) }
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
            document.text(of: buildpack).flatMap(Self.buildpack).map { boot.add($0, properties) }
        }
        product(document.text("name", of: image))
    }

    /// The image of a buildpack; nil for a buildpack of the builder, a file or another address.
    private static func buildpack(_ text: TracedText) -> TracedText? {
        let scheme = "docker://"
        if text.bytes.starts(with: scheme.utf8) { return text[scheme.utf8.count..<text.count] }
        return ImageName.isLikely(text.string) ? text : nil
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
