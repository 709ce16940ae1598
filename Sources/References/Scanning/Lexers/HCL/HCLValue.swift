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
