// SPDX-License-Identifier: Apache-2.0

/// An expression of HCL, as far as it is written out.
indirect enum HCLValue {
    /// A text, quoted or between `<<NAME` and `NAME`.
    case text(FilledText)
    /// Names with dots between them: `var.image`, `local.a.b`.
    case reference(path: String, written: TracedText)
    /// A part of what a name means: `local.images["app"].name`.
    case element(HCLElement)
    case list([HCLValue])
    case object([HCLEntry])
    /// A function's name and arguments.
    case call(name: String, arguments: [HCLValue])
    /// One of several values: the operands after `?`.
    case choice([HCLValue])
    /// Anything else, with the operands in it.
    case other([HCLValue])
}

/// A name with keys behind it, in brackets or behind dots.
struct HCLElement {
    let base: String
    /// From the outermost to the innermost. A key behind a dot is a text.
    let keys: [HCLValue]
    let written: TracedText
}

/// A value of an object, or an attribute of a block, with its name.
struct HCLEntry {
    let name: String
    let value: HCLValue
}

/// Attributes and blocks, of a file or between braces.
struct HCLBody {
    var attributes: [HCLEntry] = []
    var blocks: [HCLBlock] = []

    func value(_ name: String) -> HCLValue? { attributes.first { $0.name == name }?.value }
}

struct HCLBlock {
    let type: String
    let labels: [String]
    let body: HCLBody
}

extension HCLBody {
    /// The names that are only used before a tag or a digest: `"${var.image}:${var.tag}"`.
    static func namesBeforeTags(in uses: [(name: String, isBeforeTag: Bool)]) -> Set<String> {
        Set(uses.filter(\.isBeforeTag).map(\.name)).subtracting(uses.filter { !$0.isBeforeTag }.map(\.name))
    }

    var nameUses: [(name: String, isBeforeTag: Bool)] {
        attributes.flatMap(\.value.nameUses) + blocks.flatMap(\.body.nameUses)
    }
}

extension HCLValue {
    /// Whether a text is written out in an expression.
    var holdsText: Bool {
        switch self {
        case .text: true
        case .list(let values), .choice(let values), .other(let values), .call(_, let values):
            values.contains(where: \.holdsText)
        case .object(let entries): entries.contains(where: \.value.holdsText)
        case .reference, .element: false
        }
    }

    /// The names in an expression, each with whether a tag or a digest follows.
    var nameUses: [(name: String, isBeforeTag: Bool)] {
        switch self {
        case .text(let text): text.nameUses
        case .reference(let path, _): [(path, false)]
        case .element(let element): [(element.base, false)]
        case .list(let values), .choice(let values), .other(let values), .call(_, let values):
            values.flatMap(\.nameUses)
        case .object(let entries): entries.flatMap(\.value.nameUses)
        }
    }
}

extension FilledText {
    fileprivate var nameUses: [(name: String, isBeforeTag: Bool)] {
        pieces.indices.compactMap { index in
            guard case .expression(let path, _) = pieces[index] else { return nil }
            guard index + 1 < pieces.count, case .literal(let next) = pieces[index + 1] else { return (path, false) }
            return (path, next.bytes.first.map { ":@".utf8.contains($0) } ?? false)
        }
    }
}
