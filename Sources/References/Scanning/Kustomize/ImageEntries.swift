// SPDX-License-Identifier: Apache-2.0

/// The entries of kustomize's `images`. They are applied in order: each entry finds images by the names that the
/// earlier entries have produced.
struct ImageEntries {
    private var entries: [ImageEntry] = []
    /// The positions of entries that look for a literal name. `patterns` has those that look for a regular expression.
    private var literals: [String: [Int]] = [:]
    private var patterns: [Int] = []

    /// The most expressions that are tried for each name, and the most entries that are applied to one name. Real lists
    /// have only a few.
    private static let (patternLimit, stepLimit) = (64, 64)

    init(_ entries: [YAMLDocument.Index], in view: YAMLView) {
        for entry in entries { add(entry, in: view) }
    }

    mutating func add(_ entry: YAMLDocument.Index, in view: YAMLView) {
        guard let entry = ImageEntry(entry, in: view) else { return }
        if entry.name.isLiteral {
            literals[entry.name.text, default: []].append(entries.count)
        } else if patterns.count < Self.patternLimit {
            patterns.append(entries.count)
        }
        entries.append(entry)
    }

    var replacements: [ImageReplacement] { entries.map(\.replacement) }

    /// The results for each name that an entry looks for. Each result is at the last entry that changes the name.
    var findings: [Finding] {
        var known = UniqueList<Outcome>()
        for (position, entry) in entries.enumerated() {
            if !entry.name.isLiteral {
                known.add(outcome(of: Outcome(entry, at: position), from: position + 1))
            } else if literals[entry.name.text]?.first == position {
                known.add(outcome(of: Outcome(name: entry.name.text), from: 0))
            }
        }
        return known.elements.compactMap(finding)
    }

    private func outcome(of start: Outcome, from position: Int) -> Outcome {
        var (outcome, position) = (start, position)
        for _ in 0..<Self.stepLimit {
            guard let name = outcome.name, let next = entry(for: name, from: position) else { break }
            outcome.pass(entries[next], at: next)
            position = next + 1
        }
        return outcome
    }

    private func entry(for name: String, from position: Int) -> Int? {
        let literal = literals[name]?.first { $0 >= position }
        let pattern = patterns.first { index in
            index >= position && literal.map { index < $0 } != false && entries[index].name.matches(name)
        }
        return pattern ?? literal
    }

    private func finding(_ outcome: Outcome) -> Finding? {
        guard let last = outcome.last else { return nil }
        let entry = entries[last]
        let text = (outcome.name ?? entry.name.text) + outcome.version
        let reference = outcome.isPinned && outcome.name != nil ? ImageName.reference(text) : nil
        let missing = outcome.isPinned ? TemplateText.variable(in: text) ?? text : outcome.missing
        var finding = Finding(
            kind: .kustomize, range: entry.range, text: entry.text,
            meaning: reference.map { .reference($0) } ?? .unresolved(missing), parts: parts(of: outcome, at: entry))
        finding.isBuilt = ProductName.isPlaceholder(text)
        return finding
    }

    /// The parts that can be edited. There are none if one entry matches many names, because a new name would replace
    /// all of them. There are also none for a suffix without a new name: kustomize adds the suffix twice if the entry
    /// finds an image twice (5.5), but only once if the image has another name by then.
    private func parts(of outcome: Outcome, at entry: ImageEntry) -> [ReferencePart] {
        if outcome.hasSuffix, entry.newName == nil { return [] }
        guard let name = entry.newName ?? (entry.name.isLiteral ? entry.insertion : nil) else { return [] }
        return [name] + [outcome.tag?.part, outcome.digest?.part].compactMap(\.self)
    }

    /// The result of the entries for a name so far.
    private struct Outcome: Hashable {
        struct Field: Hashable {
            var text: String
            /// nil if no bytes of the file are the whole field.
            var part: ReferencePart?
        }

        /// nil for all names that an expression matches.
        private(set) var name: String?
        private(set) var tag: Field?
        private(set) var digest: Field?
        private(set) var hasSuffix = false
        /// The position of the entry that was the last to change it.
        private(set) var last: Int?

        init(name: String) { self.name = name }

        init(_ entry: ImageEntry, at position: Int) { pass(entry, at: position) }

        var isPinned: Bool { tag != nil || digest != nil }
        var version: String { (tag.map { ":" + $0.text } ?? "") + (digest.map { "@" + $0.text } ?? "") }
        /// The field that decides the unknown part of the tag.
        var missing: String { hasSuffix ? "tagSuffix" : "newTag" }

        /// Applies an entry. A new tag or digest replaces both the tag and the digest; a suffix replaces the digest
        /// (api/filters/imagetag, updater.go).
        mutating func pass(_ entry: ImageEntry, at position: Int) {
            last = position
            name = entry.newName?.value ?? name
            if entry.tag != nil || entry.digest != nil {
                (tag, digest, hasSuffix) = (Self.field(entry.tag), Self.field(entry.digest), false)
            } else if let suffix = entry.suffix {
                digest = nil
                hasSuffix = tag == nil
                tag = tag.map { Field(text: $0.text + suffix) }
            }
        }

        private static func field(_ part: ReferencePart?) -> Field? {
            part.flatMap { part in part.value.map { Field(text: $0, part: part) } }
        }
    }
}
