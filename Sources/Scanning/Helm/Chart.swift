// SPDX-License-Identifier: Apache-2.0

import OCI

/// The chart that a template belongs to, as far as it says what images the template's texts come to.
struct Chart {
    /// From the template's folder to the chart's, with a slash at its end.
    let folder: String
    private let fields: [String: String]
    private let values: [UInt8]
    private let definitions: [String: String]

    /// Levels of folders below `templates`.
    private static let levels = 1...5

    /// - Returns: nil for what is no chart's template.
    init?(around template: Surroundings) {
        guard
            let level = Self.levels.first(where: { level in
                template.read(String(repeating: "../", count: level) + "Chart.yaml") != nil
            })
        else { return nil }
        folder = String(repeating: "../", count: level)
        fields = template.read(folder + "Chart.yaml").map(Self.fields) ?? [:]
        values = template.read(folder + "values.yaml") ?? []
        let templates = String(repeating: "../", count: level - 1)
        let helpers = template.names(templates).filter { $0.hasPrefix("_") }.compactMap {
            template.read(templates + $0)
        }
        definitions = helpers.reduce(into: [:]) { $0.merge(Self.definitions(in: $1)) { $1 } }
    }

    private static func fields(_ bytes: [UInt8]) -> [String: String] {
        bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0 else { return [:] }
            return ["name", "version", "appVersion"].reduce(into: [:]) { fields, key in
                fields[key.lowercased()] = document.value(key, in: document.root).flatMap(document.string)
            }
        }
    }

    /// What stands between each `define "name"` and the `end` that closes it.
    static func definitions(in bytes: [UInt8]) -> [String: String] {
        var found: [String: String] = [:]
        var name: String?
        var body = ""
        var level = 0
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let words = ChartExpression.words(rest[open.upperBound..<close.lowerBound]).filter { $0 != "-" }
            let keyword = words.first.map { $0.hasPrefix("-") ? $0.dropFirst() : $0 } ?? ""
            if ["if", "with", "range", "define", "block"].contains(keyword) { level += 1 }
            if keyword == "end" { level -= 1 }
            if name != nil { body += rest[..<open.lowerBound] }
            if let ended = name, level == 0 {
                found[ended] = body
                name = nil
            } else if keyword == "define", level == 1, words.count > 1 {
                name = words[1].filter { $0 != "\"" }
                body = ""
            } else if name != nil {
                body += rest[open.lowerBound..<close.upperBound]
            }
            rest = rest[close.upperBound...]
        }
        return found
    }

    // MARK: - Texts of templates

    /// What became of a text that a template fills in.
    enum Outcome {
        /// The values decide, and are found where they stand.
        case found
        /// The values decide, and nothing there says that they are an image.
        case used
        case open
    }

    /// What the values say of each of several texts.
    func outcomes(of texts: [String]) -> [Outcome] {
        values.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0 else {
                return texts.map { _ in .open }
            }
            let view = YAMLView(document: document, file: buffer)
            var scanner = HelmValuesScanner(view: view, root: view.root)
            scanner.scan()
            return texts.map { outcome(of: $0, view, scanner.findings) }
        }
    }

    private func outcome(of text: String, _ view: YAMLView, _ findings: [Finding]) -> Outcome {
        if let finding = Self.finding(text, view, fields, definitions) {
            return findings.contains { $0.saysSame(as: finding) } ? .found : .used
        }
        // What a helper makes of an image's fields is that image.
        guard text.contains("include") || text.contains("template") else { return .open }
        return holdsOne(of: findings, below: paths(in: text, depth: 0), view) ? .found : .open
    }

    /// The image that a text comes to, where the values have its name.
    static func finding(
        _ text: String, _ view: YAMLView, _ fields: [String: String], _ definitions: [String: String]
    ) -> Finding? {
        var scalars: [Range<Int>] = []
        let expression = ChartExpression(
            values: { path in
                guard let index = view.document.value(at: path, in: view.root), !view.document.isNull(index),
                    let text = view.text(index), !text.isEmpty
                else { return nil }
                scalars.append(view.place(of: view.document.resolved(index)))
                return text
            }, chart: fields, definitions: definitions)
        guard let whole = expression.value(of: text), let reference = ImageName.reference(whole.string),
            let end = ReferenceBounds(whole.bytes).name?.upperBound
        else { return nil }
        guard let origin = whole.origins[..<end].last(where: { $0 != TracedText.nowhere }),
            let place = scalars.first(where: { $0.contains(origin) })
        else { return nil }
        return Finding(
            kind: .helmValues, range: place, text: view.fileText(place), meaning: .reference(reference),
            parts: ReferencePart.parts(of: whole))
    }

    /// The values that a text mentions, and those that what it includes mentions.
    private func paths(in text: String, depth: Int) -> [[String]] {
        guard depth < 4 else { return [] }
        var paths: [[String]] = []
        var rest = text[...]
        while let start = rest.firstRange(of: ".Values.") {
            let path = rest[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
            paths.append(path.split(separator: ".").map(String.init))
            rest = rest[start.upperBound...]
        }
        for function in ["include \"", "template \""] {
            rest = text[...]
            while let start = rest.firstRange(of: function) {
                let name = rest[start.upperBound...].prefix { $0 != "\"" }
                if let body = definitions[String(name)] { paths += self.paths(in: body, depth: depth + 1) }
                rest = rest[start.upperBound...]
            }
        }
        return paths
    }

    private func holdsOne(of findings: [Finding], below paths: [[String]], _ view: YAMLView) -> Bool {
        paths.contains { path in
            guard let index = view.document.value(at: path, in: view.root) else { return false }
            let scalars = Self.scalars(of: index, in: view.document, depth: 0).map { view.place(of: $0) }
            return findings.contains { scalars.contains($0.range) }
        }
    }

    /// A scalar, or those of a mapping and of the mappings in it.
    private static func scalars(
        of index: YAMLDocument.Index, in document: YAMLDocument, depth: Int
    ) -> [YAMLDocument.Index] {
        if document.kind(index) == .scalar { return [document.resolved(index)] }
        guard depth < 2 else { return [] }
        return document.entries(index).flatMap { scalars(of: $0.value, in: document, depth: depth + 1) }
    }
}

/// Images of a chart's templates that its values decide, without their saying so.
package struct ChartImages: Hashable, Sendable {
    package var texts: [String]
    package var fields: [String: String]
    package var definitions: [String: String]
}

extension Chart {
    /// Takes away what is open in a template and decided by the values.
    static func decide(_ result: inout ScanResult, in surroundings: Surroundings) {
        let open = result.findings.indices.filter { index in
            let finding = result.findings[index]
            return finding.unresolved != nil && finding.text.contains("{{")
                && [".Values.", "include", "template"].contains { finding.text.contains($0) }
        }
        guard !open.isEmpty, let chart = Chart(around: surroundings) else { return }
        let outcomes = zip(open, chart.outcomes(of: open.map { result.findings[$0].text }))
        let used = outcomes.filter { $0.1 == .used }.map { result.findings[$0.0].text }
        if !used.isEmpty { result.followUps.append(chart.followUp(used)) }
        for (index, outcome) in outcomes.reversed() where outcome != .open { result.findings.remove(at: index) }
    }

    private func followUp(_ texts: [String]) -> FollowUp {
        var names: Set<String> = []
        func take(_ text: String) {
            for (name, body) in definitions where text.contains("\"\(name)\"") && names.insert(name).inserted {
                take(body)
            }
        }
        texts.forEach(take)
        return FollowUp(
            path: folder + "values.yaml",
            kind: .chartValues(
                ChartImages(texts: texts, fields: fields, definitions: definitions.filter { names.contains($0.key) })))
    }

    /// What the values have of images that templates make of them, besides what they say themselves.
    static func scan(_ bytes: [UInt8], _ images: ChartImages) -> [Finding] {
        bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0 else { return [] }
            let view = YAMLView(document: document, file: buffer)
            return images.texts.compactMap { finding($0, view, images.fields, images.definitions) }
        }
    }
}
