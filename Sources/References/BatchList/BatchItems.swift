// SPDX-License-Identifier: Apache-2.0

package import OCI

extension BatchListParser {
    /// The items of all lists, in order, each once.
    ///
    /// - Parameter rule: the target rule for entries without a target; nil if none was given.
    /// - Throws: `BatchListError` with all problems, also those of the parser. Then nothing may be copied.
    package func items(rule: TargetRule?) throws(BatchListError) -> BatchItemList {
        try items(rules: rule.map { [$0] } ?? [], tags: [:]).items
    }

    /// The items of all lists, tag filters expanded.
    ///
    /// - Parameters:
    ///   - rules: the target rules for entries without a target. Such an entry is copied to the target of each rule.
    ///     Empty if none was given.
    ///   - tags: the tags of each repository of a filtered line, in any order. A repository whose tags could not be
    ///     listed is missing.
    /// - Throws: `BatchListError` with all problems, also those that only the expansion shows, such as two lines that
    ///   write one tag.
    package func items(
        rules: [TargetRule], tags: [SourceRepository: [Tag]]
    ) throws(BatchListError) -> BatchItems {
        var collector = ItemCollector(pool, rules: rules, folder: folder)
        var cursor = EntryPool.Cursor(pool)
        var filters = filters[...]
        for position in 0...pool.count {
            while let filter = filters.first, filter.entriesBefore == position {
                collector.add(filter.entry, tags: tags[filter.entry.source])
                filters.removeFirst()
            }
            if position < pool.count { collector.add(cursor.entry(at: position), at: position) }
        }
        let problems =
            problems + collector.problems + collector.untargeted.problems + collector.names.problems
            + collector.chains
        guard problems.isEmpty else { throw BatchListError(problems: inOrder(problems)) }
        return BatchItems(items: collector.neededItems, unexpanded: collector.unexpanded)
    }

    /// The repositories whose tags the filtered lines need, each once, in the order of the lists.
    package var repositoriesToList: [SourceRepository] {
        var seen: Set<SourceRepository> = []
        return filtered.map(\.source).filter { seen.insert($0).inserted }
    }

    /// The problems by list, then by line, which is the order in which a user repairs them.
    private func inOrder(_ problems: [BatchProblem]) -> [BatchProblem] {
        let ranks = Dictionary(zip(files, files.indices)) { first, _ in first }
        func rank(_ place: ListPlace) -> (Int, Int, Int) { (ranks[place.file] ?? 0, place.line, place.column) }
        return problems.sorted { rank($0.place) < rank($1.place) }
    }
}

/// Decides targets, drops duplicates, and finds items that would overwrite each other.
private struct ItemCollector {
    private let rules: [TargetRule]
    private let folder: (String) -> String
    private(set) var items: BatchItemList
    private(set) var unexpanded: [UnexpandedLine] = []
    private(set) var problems: [BatchProblem] = []
    private(set) var names = TargetNameCheck()
    /// Lines without a target, if there is no rule for them.
    private(set) var untargeted = RepeatedProblem()
    /// The first item that writes a tag, by its position.
    private var writers = PositionTable()
    /// Items that `writers` does not distinguish: to a digest alone, or of the same content to the same tag.
    private var copies = PositionTable()

    init(_ entries: EntryPool, rules: [TargetRule], folder: @escaping (String) -> String) {
        self.rules = rules
        self.folder = folder
        items = BatchItemList(entries, rules: rules)
    }

    /// The items without entries that none of them needs.
    var neededItems: BatchItemList {
        var items = items
        items.forgetSurplus()
        return items
    }

    private struct TargetTag: Hashable {
        let registry: String
        let repository: Repository
        let tag: Tag

        /// nil if no tag is set.
        init?(of target: Reference, folder: (String) -> String) {
            guard let tag = target.tag else { return nil }
            let place = target.registry.layoutFolder.map { RegistryHost(layoutFolder: folder($0)) } ?? target.registry
            registry = place.canonicalName
            repository = target.repository
            self.tag = tag
        }
    }

    private struct Copy: Hashable {
        let source: Reference
        let target: Reference

        init(_ item: BatchItem) { (source, target) = (item.source, item.target) }
    }

    /// The positions of the rules for an entry. nil: no rule, because the entry has a target, or because there is no
    /// rule, which is a problem of the entry.
    private func choices(hasTarget: Bool) -> [Int?] { hasTarget || rules.isEmpty ? [nil] : rules.indices.map { $0 } }

    /// - Parameter position: the position of the entry in the pool; nil for an entry that is not in the pool.
    mutating func add(_ entry: BatchEntry, at position: Int?) {
        for rule in choices(hasTarget: entry.target != nil) { add(entry, at: position, rule) }
    }

    private mutating func add(_ entry: BatchEntry, at position: Int?, _ number: Int?) {
        let rule = number.map { rules[$0] }
        guard let target = target(of: entry, rule: rule),
            names.passes(target, at: entry.targetPlace, by: entry.target == nil ? rule : nil)
        else { return }
        let item = BatchItem(source: entry.source, target: target, place: entry.place)
        guard isNew(item, at: entry.targetPlace) else { return }
        if let position { items.append(entry: position, rule: number) } else { items.append(entry, rule: number) }
    }

    /// Whether the item is new. Records it as the next one, unless it repeats or contradicts another one.
    private mutating func isNew(_ item: BatchItem, at place: ListPlace) -> Bool {
        guard let tag = TargetTag(of: item.target, folder: folder) else { return isNewCopy(item) }
        let (items, folder) = (items, folder)
        let found = writers.find(tag.hashValue, orInsert: items.count) {
            TargetTag(of: items[$0].target, folder: folder) == tag
        }
        guard let first = found.map({ items[$0] }) else { return true }
        if first.source == item.source, first.target == item.target { return false }
        if Self.isSameContent(first.source, item.source) { return isNewCopy(item) }
        problems.append(Self.conflict(of: item, with: first, at: place))
        return false
    }

    private mutating func isNewCopy(_ item: BatchItem) -> Bool {
        let (copy, items) = (Copy(item), items)
        return copies.find(copy.hashValue, orInsert: items.count) { Copy(items[$0]) == copy } == nil
    }

    /// Lines that read a tag that another line writes. The order of the two copies is undefined.
    var chains: [BatchProblem] {
        items.compactMap { item in
            guard item.source.digest == nil, let tag = TargetTag(of: item.source, folder: folder),
                let writer = writers.find(
                    tag.hashValue, equals: { TargetTag(of: items[$0].target, folder: folder) == tag }
                )
                .map({ items[$0] }),
                writer.place != item.place
            else { return nil }
            return BatchProblem(
                item.place,
                "\"\(item.source)\" is read here and written by \(writer.place.file.displayable):\(writer.place.line)",
                hint: "copy the one that is read first in a list of its own, or name it by its digest")
        }
    }

    /// Adds an item for each tag that the line's filter selects. They are sorted by name, so two runs do the same,
    /// however a registry orders its tags.
    mutating func add(_ entry: FilteredEntry, tags: [Tag]?) {
        for rule in choices(hasTarget: entry.targetName != nil) { add(entry, rule, tags: tags) }
    }

    private mutating func add(_ entry: FilteredEntry, _ number: Int?, tags: [Tag]?) {
        let rule = number.map { rules[$0] }
        guard let targetName = entry.targetName(rule: rule) else { return addUnmapped(entry, rule: rule) }
        let maker = entry.targetName == nil ? rule : nil
        if let target = try? Reference(parsing: targetName), !names.passes(target, at: entry.targetPlace, by: maker) {
            return
        }
        let selected = tags?.filter(entry.filter.selects).sorted { $0.name < $1.name } ?? []
        for tag in selected {
            do throws(ReferenceError) { add(try entry.entry(for: tag), at: nil, number) } catch {
                problems.append(BatchProblem(entry.place, error))
            }
        }
        guard selected.isEmpty else { return }
        unexpanded.append(
            UnexpandedLine(
                entry: entry, targetName: targetName,
                reason: tags.map { .nothingSelected(of: $0.count) } ?? .notListed))
    }

    /// Reports once for the repository the problem that each of its tags would have.
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
            untargeted.note(
                BatchProblem(
                    entry.place, "\"\(entry.source)\" has no target",
                    hint: "write SOURCE TARGET, or name a place for all items with --to"))
            return nil
        }
        do {
            return try rule.target(for: entry.source)
        } catch {
            problems.append(Self.unmappable(entry, rule: rule, error: error))
            return nil
        }
    }

    /// The problem of an entry for which the rule gives no target, because a registry's port or capitals cannot be part
    /// of a repository's path.
    private static func unmappable(_ entry: BatchEntry, rule: TargetRule, error: ReferenceError) -> BatchProblem {
        let byRepository = try? TargetRule(prefix: rule.prefix, mapping: .repository).target(for: entry.source)
        return BatchProblem(
            entry.place,
            "no target below \(rule.prefix) can be made of \"\(entry.source)\": \(error.reason.text)",
            hint: byRepository.map { "write SOURCE TARGET, or use --map repository, which makes \($0)" }
                ?? "write SOURCE TARGET")
    }

    private static func conflict(of item: BatchItem, with first: BatchItem, at place: ListPlace) -> BatchProblem {
        BatchProblem(
            place,
            "\"\(item.source)\" and \"\(first.source)\" (\(first.place.file.displayable):\(first.place.line)) would both "
                + "be written to \(item.target)",
            hint: "give one of them another target")
    }

    /// Equal digests are equal content, whatever their repositories. Equal tags are equal content only in the same
    /// repository.
    private static func isSameContent(_ left: Reference, _ right: Reference) -> Bool {
        if let digest = left.digest, digest == right.digest { return true }
        return left == right
    }
}
