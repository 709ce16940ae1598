// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Scanning

/// A reference split into the fields that files keep separately.
package struct FieldValues {
    /// Registry and path.
    package let name: String
    /// `docker.io` if the text does not name a registry.
    let registry: String
    let repository: String
    package let tag: String?
    package let digest: Digest?

    package init(_ reference: Reference) {
        let text = Array(reference.asTyped.utf8)
        let bounds = ReferenceBounds(text)
        let name = bounds.name.map { String(decoding: text[$0], as: UTF8.self) } ?? reference.repositoryName
        self.name = name
        tag = bounds.tag.map { String(decoding: text[$0], as: UTF8.self) }
        digest = reference.digest
        let slash = name.firstIndex(of: "/")
        let head = slash.map { name[..<$0] } ?? ""
        if let slash, head == "localhost" || head.contains(".") || head.contains(":") {
            registry = String(head)
            repository = String(name[name.index(after: slash)...])
        } else {
            registry = "docker.io"
            repository = name
        }
    }
}

/// A part of a finding with its new value.
package struct PartValue {
    package let part: ReferencePart
    package let value: String

    /// The edit that writes the value. nil: the part has this value already.
    func edit(in bytes: [UInt8]) -> ByteEdit? {
        if value == part.value { return nil }
        if let insertion = part.insertion {
            return ByteEdit(part.range, Array((insertion.before + value + insertion.after).utf8))
        }
        let whole = ByteEdit(part.range, Array(value.utf8))
        // A text with escapes is replaced as a whole.
        return bytes[part.range].elementsEqual((part.value ?? "").utf8) ? whole.minimal(in: bytes) : whole
    }
}

extension Finding {
    /// The value that each part needs for the finding to mean `target`.
    package func values(for target: Reference) throws(RewriteRefusal) -> [PartValue] {
        if let advice { throw RewriteRefusal(advice) }
        guard let reference, !parts.isEmpty else {
            throw RewriteRefusal("no bytes of this file alone decide the image" + madeOf)
        }
        if let whole = parts.first(where: { $0.field == .reference }) {
            return [PartValue(part: whole, value: target.asTyped)]
        }
        let (old, new) = (FieldValues(reference), FieldValues(target))
        try checkName(old, new)
        try checkVersion(reference, target)
        let hub = has(.hub) ? try hub(for: new) : nil
        return parts.map { part in
            switch part.field {
            case .hub: PartValue(part: part, value: hub ?? "")
            case .repository where hub != nil: PartValue(part: part, value: part.value ?? "")
            default: PartValue(part: part, value: Self.value(of: part, new))
            }
        }
    }

    /// The value before the end of the name, which does not change. If the value contains a slash, charts take it for
    /// the whole name.
    private func hub(for new: FieldValues) throws(RewriteRefusal) -> String {
        if let nameEnd {
            let front = new.name.dropLast(nameEnd.count)
            // Before the end there is one slash, which belongs to either of them.
            guard new.name.hasSuffix(nameEnd), !front.isEmpty, front.hasSuffix("/") != nameEnd.hasPrefix("/") else {
                throw RewriteRefusal("the name ends with \"\(nameEnd)\" in other places, and that of the copy does not")
            }
            return String(front)
        }
        let end = parts.first { $0.field == .repository }?.value ?? ""
        guard !end.isEmpty, new.name.hasSuffix("/" + end) else {
            throw RewriteRefusal("the name ends with \"\(end)\" in a field of its own, and that of the copy does not")
        }
        return String(new.name.dropLast(end.utf8.count + 1))
    }

    /// The variables that decide the image, each with the file that sets it.
    private var madeOf: String {
        let names = deciders.map { decider in decider.variable + (decider.file.map { " (\($0))" } ?? "") }
        return names.isEmpty ? "" : ": it is made of " + UniqueNames.joined(names)
    }

    private func has(_ field: ReferencePart.Field) -> Bool { parts.contains { $0.field == field } }

    private func checkName(_ old: FieldValues, _ new: FieldValues) throws(RewriteRefusal) {
        let isNamed =
            has(.name) || (has(.registry) && has(.repository))
            || (has(.hub) && (has(.repository) || nameEnd != nil))
        guard isNamed || old.name == new.name else {
            throw RewriteRefusal("no bytes of this file alone decide the image's name" + madeOf)
        }
    }

    private func checkVersion(_ old: Reference, _ new: Reference) throws(RewriteRefusal) {
        let tag = parts.first { $0.field == .tag }
        guard old.tag == new.tag || (tag != nil && new.tag != nil) else {
            throw RewriteRefusal("no bytes of this file alone decide the tag" + madeOf)
        }
        // A tag written with its digest can get another digest. A separate digest can be neither added nor removed.
        let holdsDigest = has(.digest) || tag?.value?.contains("@") == true
        guard old.digest == new.digest || (holdsDigest && new.digest != nil) else {
            throw RewriteRefusal("there is no field for the digest \(new.digest?.text ?? "to go")")
        }
    }

    private static func value(of part: ReferencePart, _ new: FieldValues) -> String {
        let old = part.value ?? ""
        switch part.field {
        case .reference, .name: return new.name
        case .registry: return new.registry
        case .repository, .hub: return new.repository
        case .tag:
            guard let tag = new.tag else { return old }
            return old.contains("@") ? tag + (new.digest.map { "@" + $0.text } ?? "") : tag
        case .digest:
            guard let digest = new.digest else { return old }
            // Some files write only the hexadecimal digits.
            return old.contains(":") ? digest.text : String(digest.text.drop { $0 != ":" }.dropFirst())
        }
    }
}

/// Joins names for a sentence.
enum UniqueNames {
    /// Each name once, in order: `A`, `A and B`, `A, B and C`.
    static func joined(_ names: [String]) -> String {
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        guard let last = unique.last, unique.count > 1 else { return unique.first ?? "" }
        return unique.dropLast().joined(separator: ", ") + " and " + last
    }
}
