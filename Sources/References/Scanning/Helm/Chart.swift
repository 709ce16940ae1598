// SPDX-License-Identifier: Apache-2.0

import OCI

/// The chart of a template, as far as it decides the images in the template's texts.
struct Chart {
    /// The path from the template's folder to the chart's folder, with a slash at its end.
    let folder: String
    let fields: [String: String]
    let annotations: [String: String]
    let values: [UInt8]
    let definitions: [String: String]
    let memory: ChartMemory
    let parents: [ParentValues]
    /// The values that parent charts override, and the file of the outermost parent that does, which has precedence.
    let overridden: [[String]: String]

    /// The levels of folders, from the template's folder up, at which the chart's folder is looked for.
    private static let levels = 1...5

    /// - Returns: nil if the file is not a template of a chart.
    init?(around template: NearbyFiles, _ memory: ChartMemory) {
        self.memory = memory
        guard
            let (level, file) = Self.levels.lazy.compactMap({ level in
                template.read(String(repeating: "../", count: level) + "Chart.yaml").map { (level, $0) }
            }).first
        else { return nil }
        folder = String(repeating: "../", count: level)
        (fields, annotations) =
            YAMLView.first(of: file) { (Self.fields(in: $0), Self.annotations(in: $0)) } ?? ([:], [:])
        values = template.read(folder + "values.yaml") ?? []
        parents = ParentValues.all(above: fields["name"], around: template, from: folder, memory)
        overridden = Dictionary(parents.flatMap { parent in parent.said.map { ($0, parent.file) } }) { $1 }
        let helpers = (0..<level).flatMap { level -> [[UInt8]] in
            let folder = String(repeating: "../", count: level)
            return template.names(folder).filter { $0.hasPrefix("_") || $0.hasSuffix(".tpl") }
                .compactMap { template.read(folder + $0) }
        }
        definitions = helpers.reduce([:]) { all, helper in
            let own = memory.definitions.value(of: helper) { Self.definitions(in: helper) }
            return all.isEmpty ? own : all.merging(own) { $1 }
        }
    }

    static func fields(_ bytes: [UInt8]) -> [String: String] { YAMLView.first(of: bytes, fields(in:)) ?? [:] }

    private static func fields(in view: YAMLView) -> [String: String] {
        ["name", "version", "appVersion"].reduce(into: [:]) { fields, key in
            fields[key.lowercased()] = view.document.value(key, in: view.root).flatMap(view.document.string)
        }
    }

    private static func annotations(in view: YAMLView) -> [String: String] {
        guard let annotations = view.document.value("annotations", in: view.root) else { return [:] }
        return view.document.entries(annotations).reduce(into: [:]) { texts, entry in
            guard let key = view.document.string(entry.key) else { return }
            texts[key] = view.document.string(entry.value)
        }
    }

    /// The texts between each `define "name"` and its `end`, by name.
    static func definitions(in bytes: [UInt8]) -> [String: String] {
        var found: [String: String] = [:]
        var name: String?
        var body = ""
        var level = 0
        var start = 0
        let text = String(decoding: bytes, as: UTF8.self)
        for place in ChartTokens.actions(in: text) {
            let words = ChartTokens.words(text[bytes: place]).filter { $0 != "-" }
            let keyword = words.first.map { $0.hasPrefix("-") ? $0.dropFirst() : $0 } ?? ""
            if ["if", "with", "range", "define", "block"].contains(keyword) { level += 1 }
            if keyword == "end" { level -= 1 }
            if name != nil { body += text[bytes: start..<place.lowerBound - 2] }
            if let ended = name, level == 0 {
                found[ended] = body
                name = nil
            } else if keyword == "define", level == 1, words.count > 1 {
                name = words[1].filter { $0 != "\"" }
                body = ""
            } else if name != nil {
                body += text[bytes: place.lowerBound - 2..<place.upperBound + 2]
            }
            start = place.upperBound + 2
        }
        return found
    }

    /// The outcome of a text in a template.
    enum Outcome {
        /// The values at these paths decide the text, and are recognized as an image without the template.
        case found([[String]])
        /// The values at these paths decide the text only by their shape, because the template could not be read.
        case held([[String]], by: Unread)
        /// The values decide the text, and only the template shows that they are an image.
        case used(ChartRecipe)
        /// The name is in the template, and the values decide the rest.
        case named(Reference)
        /// Something else decides the text, perhaps together with the values at these paths. `by` is the template, if
        /// it could not be read and may put something before the values.
        case open([[String]], by: Unread?)
    }

    /// The text of a template that could not be read and may put something before values.
    struct Unread {
        let text: String
        /// The last keys of values that the template gets from its includer under names of its own.
        let ends: [[String]]
        /// The values in the text, if one of them is in front of a name. It must not move without the others.
        var values: [[String]] = []
    }
}
