// SPDX-License-Identifier: Apache-2.0

/// The properties of a build file (Maven's `<properties>`, MSBuild's `<PropertyGroup>`), for filling in other texts of
/// the same file. A name that is assigned several values has no value.
struct ElementProperties {
    /// The values by name; nil for a name with several values.
    private var values: [String: TracedText?] = [:]
    private var placeholders: Placeholders

    /// How often a text is filled in again, for values that contain other values.
    private static let depthLimit = 8
    /// The most bytes of a value, and of a text that is filled in. No image has as many.
    private static let lengthLimit = 1024

    init(_ opening: String, _ closing: String) { placeholders = Placeholders(opening, closing) }

    mutating func assign(_ name: String, _ value: TracedText) {
        let isKnown = values[name].map { $0?.bytes == value.bytes } ?? true
        let isUsable = isKnown && value.count <= Self.lengthLimit
        values[name] = .some(isUsable ? value : nil)
        placeholders.values[name] = isUsable ? value : nil
    }

    /// Removes a name's value. Later assignments do not give it one.
    mutating func open(_ name: String) {
        values[name] = .some(nil)
        placeholders.values[name] = nil
    }

    /// Fills the known values into a text.
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
    /// Reads the properties of a pom.xml (maven.apache.org, "POM Reference", "Properties"). A property that a profile
    /// also sets has no value, because the active profiles are unknown.
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
