// SPDX-License-Identifier: Apache-2.0

/// Bake files in HCL and in JSON, and the result of merging them with the files beside them that Bake reads by default
/// (docs.docker.com, "Bake file reference", "File lookup").
enum BakeFile {
    /// Later files override earlier ones.
    private static let names = [
        "docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl",
    ]

    /// - Parameters:
    ///   - name: the name of this file.
    ///   - read: reads a file beside it.
    /// - Returns: nil if the file is complete by itself.
    static func whole(_ own: HCLBody, name: String?, read: (String) -> [UInt8]?) -> HCLBody? {
        guard let name, names.contains(name) else { return nil }
        let bodies = names.compactMap { other in other == name ? own : read(other).map { body(of: $0, named: other) } }
        return bodies.count > 1 ? bodies.dropFirst().reduce(bodies[0]) { laid($1, over: $0) } : nil
    }

    private static func body(of bytes: [UInt8], named name: String) -> HCLBody {
        guard name.hasSuffix(".json") else {
            var parser = HCLParser(SourceText(bytes))
            return parser.file()
        }
        return bytes.withUnsafeBufferPointer { buffer in
            var document = YAMLDocument(buffer)
            guard (try? document.parse(0..<buffer.count)) != nil, document.root >= 0 else { return HCLBody() }
            return body(of: YAMLView(document: document, file: buffer))
        }
    }

    private static func laid(_ over: HCLBody, over base: HCLBody) -> HCLBody {
        var result = HCLBody()
        result.attributes = base.attributes.filter { over.value($0.name) == nil } + over.attributes
        result.blocks = base.blocks
        for block in over.blocks {
            let index = result.blocks.firstIndex { $0.type == block.type && $0.labels.first == block.labels.first }
            guard let index else {
                result.blocks.append(block)
                continue
            }
            let body = BakeTargets.merged(result.blocks[index].body, block.body)
            result.blocks[index] = HCLBlock(type: block.type, labels: block.labels, body: body)
        }
        return result
    }

    // MARK: - JSON

    private static let blocks: Set<String> = ["target", "variable", "group", "function"]

    /// In JSON, blocks are objects of objects, with the labels as keys.
    static func body(of view: YAMLView) -> HCLBody {
        var body = HCLBody()
        for (key, value) in view.document.entries(view.root) {
            guard let name = view.document.string(key) else { continue }
            guard blocks.contains(name) else {
                body.attributes.append(HCLEntry(name: name, value: self.value(value, in: view)))
                continue
            }
            for (label, block) in view.document.entries(value) {
                let attributes = HCLBody(attributes: entries(block, in: view))
                let labels = [view.document.string(label)].compactMap(\.self)
                body.blocks.append(HCLBlock(type: name, labels: labels, body: attributes))
            }
        }
        return body
    }

    private static func entries(_ index: YAMLDocument.Index, in view: YAMLView) -> [HCLEntry] {
        view.document.entries(index).compactMap { key, value in
            view.document.string(key).map { HCLEntry(name: $0, value: self.value(value, in: view)) }
        }
    }

    private static func value(_ index: YAMLDocument.Index, in view: YAMLView) -> HCLValue {
        // JSON has no aliases. Following them could grow without end.
        switch view.document[index].kind {
        case .sequence: return .list(view.document.items(index).map { value($0, in: view) })
        case .mapping: return .object(entries(index, in: view))
        default: return view.document.isNull(index) ? .other([]) : text(index, in: view)
        }
    }

    /// A text in quotes is a template, as in HCL.
    private static func text(_ index: YAMLDocument.Index, in view: YAMLView) -> HCLValue {
        let range = view.place(of: index)
        let text = TracedText(view.file[range], origin: range.lowerBound)
        guard view.document[index].style == .doubleQuoted else { return .text(FilledText(literal: text)) }
        let quote = TracedText(untraced: "\"")
        var parser = HCLParser(SourceText(TracedText(untraced: "value=") + quote + text + quote))
        return parser.file().value("value") ?? .other([])
    }
}
