// SPDX-License-Identifier: Apache-2.0

package import OCI

extension BatchListParser {
    /// The items of all lists read, in order, each once.
    ///
    /// - Parameter rule: where entries without a target of their own go; nil if nobody said.
    /// - Throws: `BatchListError` with everything that is wrong, the parser's own problems included. Then nothing may be
    ///   copied.
    package func items(rule: TargetRule?) throws(BatchListError) -> [BatchItem] {
        try items(rules: rule.map { [$0] } ?? [], tags: [:]).items
    }

    /// The items of all lists, tag filters expanded.
    ///
    /// - Parameters:
    ///   - rules: where entries without a target of their own go, to each of these places; none if nobody said.
    ///   - tags: what each repository of a filtered line has, in any order; one that could not be listed is missing.
    /// - Throws: `BatchListError` with everything that is wrong: also with what only the expansion brings to light, two
    ///   lines that write one tag.
    package func items(
        rules: [TargetRule], tags: [SourceRepository: [Tag]]
    ) throws(BatchListError) -> BatchItems {
        var collector = ItemCollector()
        for line in lines {
            for rule in line.hasTarget || rules.isEmpty ? [nil] : rules.map(Optional.some) {
                switch line {
                case .one(let entry): collector.add(entry, rule: rule)
                case .filtered(let entry): collector.add(entry, rule: rule, tags: tags[entry.source])
                }
            }
        }
        let problems = problems + collector.problems + collector.names.problems + collector.chains
        guard problems.isEmpty else { throw BatchListError(problems: inOrder(problems)) }
        return BatchItems(items: collector.items, unexpanded: collector.unexpanded)
    }

    /// The repositories whose tags the filtered lines need, each once, in the order of the lists.
    package var repositoriesToList: [SourceRepository] {
        var seen: Set<SourceRepository> = []
        return filtered.map(\.source).filter { seen.insert($0).inserted }
    }

    /// By list, then by line: the order in which a user repairs them.
    private func inOrder(_ problems: [BatchProblem]) -> [BatchProblem] {
        let ranks = Dictionary(zip(files, files.indices)) { first, _ in first }
        func rank(_ place: ListPlace) -> (Int, Int, Int) { (ranks[place.file] ?? 0, place.line, place.column) }
        return problems.sorted { rank($0.place) < rank($1.place) }
    }
}

extension BatchListParser.Line {
    fileprivate var hasTarget: Bool {
        switch self {
        case .one(let entry): entry.target != nil
        case .filtered(let entry): entry.targetName != nil
        }
    }
}

/// Decides targets, drops duplicates, and finds items that would overwrite each other.
private struct ItemCollector {
    private(set) var items: [BatchItem] = []
    private(set) var unexpanded: [UnexpandedLine] = []
    private(set) var problems: [BatchProblem] = []
    private(set) var names = TargetNameCheck()
    /// The first item that writes a tag, by its position: lists of 100,000 lines are to fit.
    private var writers: [TargetTag: Int] = [:]
    /// Copies that `writers` does not tell apart: to a digest alone, or of the same content to the same tag.
    private var seen: Set<Copy> = []

    private struct TargetTag: Hashable {
        let registry: String
        let repository: Repository
        let tag: Tag

        init(_ reference: Reference, _ tag: Tag) {
            registry = reference.registry.canonicalName
            repository = reference.repository
            self.tag = tag
        }
    }

    private struct Copy: Hashable {
        let source: Reference
        let target: Reference
    }

    mutating func add(_ entry: BatchEntry, rule: TargetRule?) {
        guard let target = target(of: entry, rule: rule),
            names.passes(target, at: entry.targetPlace, by: entry.target == nil ? rule : nil)
        else { return }
        let item = BatchItem(source: entry.source, target: target, place: entry.place)
        guard let tag = target.tag else { return addOnce(item) }
        let key = TargetTag(target, tag)
        guard let first = writers[key].map({ items[$0] }) else {
            writers[key] = items.count
            return items.append(item)
        }
        if first.source == item.source, first.target == target { return }
        if Self.isSameContent(first.source, item.source) { return addOnce(item) }
        problems.append(Self.conflict(of: item, with: first, at: entry.targetPlace))
    }

    /// Lines that read a tag which another line writes: which of the two comes first nobody could say.
    var chains: [BatchProblem] {
        items.compactMap { item in
            guard item.source.digest == nil, let tag = item.source.tag,
                let writer = writers[TargetTag(item.source, tag)].map({ items[$0] }),
                writer.place != item.place
            else { return nil }
            return BatchProblem(
                item.place,
                "\"\(item.source)\" is read here and written by \(writer.place.file.displayable):\(writer.place.line)",
                hint: "copy the one that is read first in a list of its own, or name it by its digest")
        }
    }

    private mutating func addOnce(_ item: BatchItem) {
        if seen.insert(Copy(source: item.source, target: item.target)).inserted { items.append(item) }
    }

    /// The tags the line's filter selects, by name: however a registry orders its tags, two runs do the same.
    mutating func add(_ entry: FilteredEntry, rule: TargetRule?, tags: [Tag]?) {
        guard let targetName = entry.targetName(rule: rule) else { return addUnmapped(entry, rule: rule) }
        let maker = entry.targetName == nil ? rule : nil
        if let target = try? Reference(parsing: targetName), !names.passes(target, at: entry.targetPlace, by: maker) {
            return
        }
        let selected = tags?.filter(entry.filter.selects).sorted { $0.name < $1.name } ?? []
        for tag in selected {
            do throws(ReferenceError) { add(try entry.entry(for: tag), rule: rule) } catch {
                problems.append(BatchProblem(entry.place, error))
            }
        }
        guard selected.isEmpty else { return }
        unexpanded.append(
            UnexpandedLine(
                entry: entry, targetName: targetName,
                reason: tags.map { .nothingSelected(of: $0.count) } ?? .notListed))
    }

    /// Says of the repository what would be said of each of its tags.
    private mutating func addUnmapped(_ entry: FilteredEntry, rule: TargetRule?) {
        do throws(ReferenceError) {
            let source = try Reference(parsing: entry.sourceName)
            _ = target(of: BatchEntry(source: source, target: nil, place: entry.place), rule: rule)
        } catch {
            problems.append(BatchProblem(entry.place, error))
        }
    }

    private mutating func target(of entry: BatchEntry, rule: TargetRule?) -> Reference? {
        if let target = entry.target { return target }
        guard let rule else {
            problems.append(
                BatchProblem(
                    entry.place, "\"\(entry.source)\" has no target, and no target for the whole list was given",
                    hint: "write SOURCE TARGET"))
            return nil
        }
        do {
            return try rule.target(for: entry.source)
        } catch {
            problems.append(Self.unmappable(entry, rule: rule, error: error))
            return nil
        }
    }

    /// A registry's port or capitals cannot become part of a repository's path.
    private static func unmappable(_ entry: BatchEntry, rule: TargetRule, error: ReferenceError) -> BatchProblem {
        let byRepository = try? TargetRule(prefix: rule.prefix, mapping: .repository).target(for: entry.source)
        return BatchProblem(
            entry.place,
            "\"\(entry.source)\" cannot be copied below \(rule.prefix) as it is written: \(error.reason.text)",
            hint: byRepository.map { "write the target, or map by repository: \($0)" } ?? "write SOURCE TARGET")
    }

    private static func conflict(of item: BatchItem, with first: BatchItem, at place: ListPlace) -> BatchProblem {
        BatchProblem(
            place,
            "\"\(item.source)\" and \"\(first.source)\" (\(first.place.file.displayable):\(first.place.line)) would both "
                + "be written to \(item.target)",
            hint: "give one of them another target")
    }

    /// Equal digests are equal content wherever they come from; tags are the same only where they are.
    private static func isSameContent(_ left: Reference, _ right: Reference) -> Bool {
        if let digest = left.digest, digest == right.digest { return true }
        return left == right
    }
}
