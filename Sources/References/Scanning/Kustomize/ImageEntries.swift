// SPDX-License-Identifier: Apache-2.0

/// Entries of kustomize's images. They are applied one after the other: each finds images by the names that those before it
/// have left.
struct ImageEntries {
    private var entries: [ImageEntry] = []
    /// Which entries look for a name, and which for names that match an expression.
    private var literals: [String: [Int]] = [:]
    private var patterns: [Int] = []

    /// Expressions that are tried for each name, and entries that one name goes through. Real lists have a few.
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

    /// What becomes of each name that an entry looks for, in the entry that is the last to change it.
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

    /// None where one entry stands for many names: a new one would be that of all. None for a suffix beside no new name either:
    /// kustomize adds it twice to what its entry finds twice (5.5), and once to what has another name by then.
    private func parts(of outcome: Outcome, at entry: ImageEntry) -> [ReferencePart] {
        if outcome.hasSuffix, entry.newName == nil { return [] }
        guard let name = entry.newName ?? (entry.name.isLiteral ? entry.insertion : nil) else { return [] }
        return [name] + [outcome.tag?.part, outcome.digest?.part].compactMap(\.self)
    }

    /// What entries have made of a name so far.
    private struct Outcome: Hashable {
        struct Field: Hashable {
            var text: String
            /// nil where it stands nowhere as a whole.
            var part: ReferencePart?
        }

        /// nil for all that an expression matches.
        private(set) var name: String?
        private(set) var tag: Field?
        private(set) var digest: Field?
        private(set) var hasSuffix = false
        /// The entry that was the last to change it.
        private(set) var last: Int?

        init(name: String) { self.name = name }

        init(_ entry: ImageEntry, at position: Int) { pass(entry, at: position) }

        var isPinned: Bool { tag != nil || digest != nil }
        var version: String { (tag.map { ":" + $0.text } ?? "") + (digest.map { "@" + $0.text } ?? "") }
        /// What of a tag is not known here.
        var missing: String { hasSuffix ? "tagSuffix" : "newTag" }

        /// A new tag or digest takes the place of both, a suffix that of the digest (api/filters/imagetag, updater.go).
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
