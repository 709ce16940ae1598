// SPDX-License-Identifier: Apache-2.0

/// Finds images in CUE: in fields called `image`, in fields for the parts of an image, and under names that say that
/// they hold an image.
struct CUEScanner {
    private let file: UnsafeBufferPointer<UInt8>
    private var found = FoundImages(.cue)
    private var embedded: [Finding] = []
    /// The structs around a place, the file's own first.
    private var scopes: [CUEStruct] = []

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        bytes.withUnsafeBufferPointer { file in
            var scanner = CUEScanner(file: file)
            scanner.visit(CUEParser.file(SourceText(bytes)), key: "")
            var result = ScanResult()
            let places = Set(scanner.found.findings.map(\.range))
            result.findings =
                (scanner.found.findings + scanner.embedded.filter { !places.contains($0.range) }).inFileOrder
            return result
        }
    }

    private init(file: UnsafeBufferPointer<UInt8>) { self.file = file }

    // MARK: - Places

    private mutating func visit(_ structure: CUEStruct, key: String) {
        scopes.append(structure)
        let isParts = parts(structure, key: key)
        for (name, value) in structure.fields {
            if !(isParts && Self.partNames.contains(name)) { texts(value, named: name, isMember: Self.isList(key)) }
            visit(value, key: name)
        }
        scopes.removeLast()
    }

    private mutating func visit(_ value: CUEValue, key: String) {
        for text in value.texts { document(text) }
        if let structure = value.structure { visit(structure, key: key) }
        for item in value.items {
            if Self.isList(key) { texts(item, named: "", isMember: true) }
            visit(item, key: key)
        }
    }

    /// `images`, `_images`, `sidecarImages`.
    private static func isList(_ key: String) -> Bool {
        let name = bare(key)
        return name == "images" || name.hasSuffix("Images") || name.hasSuffix("_images")
    }

    /// The name without the marks of definitions and hidden fields.
    private static func bare(_ name: String) -> Substring { name.drop { "_#$".contains($0) } }

    private mutating func texts(_ value: CUEValue, named name: String, isMember: Bool) {
        let name = Self.bare(name)
        guard name == "image" || isMember || ImageText.mayHoldImage(name) else { return }
        for text in value.chosen {
            switch resolved(text) {
            case .text(let image, let written):
                let isPlain = TerraformScanner.isPlain(image.string)
                let isNamed = ImageText.reference(of: image.string, namedBy: name) != nil
                guard name == "image" || (isPlain && (isMember || isNamed)) else { continue }
                found.add(image, written: image.contiguousRange == nil ? written : image)
            case .open(let variable, let written): if name == "image" { found.add(open: variable, written: written) }
            case nil: continue
            }
        }
    }

    // MARK: - Parts

    private static let partNames: Set<String> = ["registry", "repository", "image", "tag", "digest"]

    /// `image: {repository: "…", tag: "…"}`, with `registry` and `digest`.
    ///
    /// - Returns: whether the fields make one image.
    private mutating func parts(_ structure: CUEStruct, key: String) -> Bool {
        let isImage = ImageText.endsInImage(key)
        guard isImage || structure["registry"] != nil || structure["tag"] != nil || structure["digest"] != nil,
            let name = part("repository", of: structure)
                ?? (structure["registry"] == nil ? nil : part("image", of: structure))
        else { return false }
        var fields = ["repository": name]
        for field in ["registry", "tag", "digest"] { fields[field] = part(field, of: structure) }
        guard ImageName.reference(name.string) != nil else { return false }
        // A tag that is set, but not to a text, is decided elsewhere.
        let isOpen = structure["tag"]?.texts.contains(where: isUnknown) == true && fields["tag"] == nil
        if fields["digest"] == nil, fields["tag"] == nil || isOpen {
            return open(fields, name, key: key, isImage: isImage)
        }
        guard let finding = PulledFields(fields).finding(.cue) else { return false }
        found.append(finding)
        return true
    }

    /// The text of a field, if it is one text and not empty.
    private func part(_ name: String, of structure: CUEStruct) -> TracedText? {
        guard let text = structure[name]?.chosen.first, case .text(let value, _)? = resolved(text), !value.isEmpty
        else {
            return nil
        }
        return value
    }

    private func isUnknown(_ text: CUEText) -> Bool { if case .open? = resolved(text) { true } else { false } }

    private mutating func open(
        _ fields: [String: TracedText], _ name: TracedText, key: String, isImage: Bool
    ) -> Bool {
        guard isImage, let range = name.coveringRange else { return false }
        let parts = [(ReferencePart.Field.registry, fields["registry"]), (.repository, name)].compactMap {
            field, text in
            text.flatMap { text in
                text.contiguousRange.map { range in
                    let isAlone = field == .repository && fields["registry"] == nil
                    return ReferencePart(isAlone ? .name : field, range, value: text.string, style: .doubleQuoted)
                }
            }
        }
        found.append(
            Finding(
                kind: .cue, range: range, text: name.string, meaning: .unresolved(key + ".tag"), parts: parts))
        return true
    }

    // MARK: - Texts

    /// A manifest as a text of several lines.
    private mutating func document(_ text: CUEText) {
        for case .text(let text) in text.operands where text.isBlock && text.written.bytes.contains(10) {
            let plain = EmbeddedDocument.withoutSubstitutions(text.written)
            embedded += EmbeddedDocument.findings(in: plain, of: file, .manifests, kind: .cue)
        }
    }

    private func resolved(_ text: CUEText) -> HCLResolver.Resolved? {
        var names = CUENames(scopes: scopes)
        return names.resolve(text, depth: 0)
    }
}
