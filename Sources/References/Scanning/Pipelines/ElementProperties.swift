// SPDX-License-Identifier: Apache-2.0

/// The properties of a build file, and texts of the same file that use them: Maven's `<properties>`, MSBuild's
/// `<PropertyGroup>`. A name with several values has none.
struct ElementProperties {
    /// nil for what has several values.
    private var values: [String: TracedText?] = [:]
    private var placeholders: Placeholders

    /// Values that are made of others, and these of others.
    private static let depthLimit = 8
    /// Bytes of a value, and of a text that is filled in. No image has as many.
    private static let lengthLimit = 1024

    init(_ opening: String, _ closing: String) { placeholders = Placeholders(opening, closing) }

    mutating func assign(_ name: String, _ value: TracedText) {
        let isKnown = values[name].map { $0?.bytes == value.bytes } ?? true
        let isUsable = isKnown && value.count <= Self.lengthLimit
        values[name] = .some(isUsable ? value : nil)
        placeholders.values[name] = isUsable ? value : nil
    }

    /// Takes a name's value away, whatever is assigned to it.
    mutating func open(_ name: String) {
        values[name] = .some(nil)
        placeholders.values[name] = nil
    }

    /// A text with what is known filled in.
    func filled(_ text: TracedText) -> TracedText {
        var text = text
        // Values may name each other in a circle.
        for _ in 0..<Self.depthLimit where text.count <= Self.lengthLimit && placeholders.areIn(text) {
            text = placeholders.fill(text).text
        }
        return text
    }
}

extension ElementProperties {
    /// Those of a pom.xml (maven.apache.org, "POM Reference", "Properties"). A property that a profile also sets is open,
    /// because the active profiles are unknown.
    init(maven document: XMLElements) {
        self.init("${", "}")
        for group in document.elements(at: "project", "properties") {
            for property in document.all[group].children {
                if let text = document.text(of: property) { assign(document.all[property].name, text) }
            }
        }
        for group in document.elements(at: "profile", "properties") {
            for property in document.all[group].children { open(document.all[property].name) }
        }
    }
}
