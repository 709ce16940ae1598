// SPDX-License-Identifier: Apache-2.0

/// What templates and values together say about the findings in each of them.
extension Chart {
    /// Finds the images in a chart's helper templates line by line, because definitions are not YAML documents.
    static func scan(helper bytes: [UInt8], in nearby: NearbyFiles, _ memory: ChartMemory) -> ScanResult {
        var result = ScanResult()
        bytes.withUnsafeBufferPointer { file in
            let isMeant = words.contains { ByteSearch.contains($0, in: file, 0..<file.count) }
            guard isMeant else { return }
            var lines = TemplateLineScanner(file: file, range: 0..<file.count, of: .chartHelper)
            result.findings = lines.findings()
        }
        guard !result.findings.isEmpty, let chart = Chart(around: nearby, memory) else { return ScanResult() }
        chart.decide(&result, of: bytes, around: nearby)
        return result
    }

    static let words = [SearchWord("image:"), SearchWord("IMAGE")]

    /// Removes the findings of a template that the values decide.
    static func decide(
        _ result: inout ScanResult, of template: [UInt8], in nearby: NearbyFiles, _ memory: ChartMemory
    ) {
        guard result.findings.contains(where: isFilledIn) else { return }
        Chart(around: nearby, memory)?.decide(&result, of: template, around: nearby)
    }

    private static func isFilledIn(_ finding: Finding) -> Bool {
        finding.unresolved != nil && finding.text.contains("{{")
    }

    func decide(_ result: inout ScanResult, of template: [UInt8], around nearby: NearbyFiles) {
        let open = result.findings.indices.filter { Self.isFilledIn(result.findings[$0]) }
        guard !open.isEmpty else { return }
        let places = open.map { (result.findings[$0].range.lowerBound, result.findings[$0].text) }
        let outcomes = zip(open, outcomes(of: places, in: template))
        let uses = ChartUses(outcomes.flatMap { [$0.1.taken] + $0.1.passed }, overridden: overridden)
        if !uses.isEmpty {
            result.followUps.append(FollowUp(path: folder + "values.yaml", kind: .chartValues(uses)))
            result.followUps += others(by: uses, around: nearby)
        }
        for (index, outcome) in outcomes.reversed() {
            switch outcome.taken {
            case .open: continue
            case .named(let reference): result.findings[index].meaning = .reference(reference)
            case .found, .held, .used: result.findings.remove(at: index)
            }
        }
    }

    /// The other files whose values override the chart's, with what the templates make of them: the files beside
    /// `values.yaml`, and the values of the parent charts.
    func others(by uses: ChartUses, around template: NearbyFiles) -> [FollowUp] {
        let beside = template.names(folder).filter(OtherValues.isName).map { ($0, [[String]()]) }
        return (beside + parents.map { ($0.file, $0.prefixes) }).compactMap { file, prefixes in
            let uses = uses.ofOthers(below: prefixes)
            return uses.hasUnsure ? FollowUp(path: folder + file, kind: .chartValues(uses)) : nil
        }
    }

    /// The images that templates make from the values, besides those that the values name themselves.
    static func scan(_ bytes: [UInt8], _ uses: ChartUses, _ nearby: NearbyFiles) -> [Finding] {
        YAMLView.first(of: bytes) { view in
            let found = uses.recipes.compactMap { recipe in finding(recipe, view).map { (recipe, $0) } }
            let unsure = UnsureValues(uses, in: view)
            guard found.contains(where: { $0.1.nameEnd != nil }) else { return unsure.kept(found.map(\.1)) }
            let mentions = ValueMentions(around: nearby)
            let images = found.map { recipe, finding in
                guard finding.nameEnd != nil, let front = recipe.paths.first,
                    let other = uses.unread[front].map({ "\($0) uses it, too" })
                        ?? (mentions.areFronts(of: front) ? nil : "templates use it for something else, too")
                else { return finding }
                var kept = finding
                kept.parts.removeAll { $0.field == .hub }
                (kept.nameEnd, kept.deciders) = (nil, [Decider(front.joined(separator: "."), file: other)])
                return kept
            }
            return unsure.kept(images)
        } ?? []
    }

    /// Findings that are based only on the shape of the values, with the findings that replace them.
    static func unsure(_ findings: [Finding], in bytes: [UInt8], by uses: ChartUses) -> [Finding: Finding] {
        guard uses.hasUnsure else { return [:] }
        return YAMLView.first(of: bytes) { UnsureValues(uses, in: $0).opened(findings) } ?? [:]
    }

    /// Findings by the shape of the values that the templates contradict: each template makes another image from their
    /// names, or a template makes the same image from more values than the finding has.
    static func refuted(_ findings: [Finding], in bytes: [UInt8], by uses: ChartUses) -> [Finding] {
        YAMLView.first(of: bytes) { view in
            var (made, used): (Set<Finding.Meaning>, [Range<Int>]) = ([], [])
            var covered: Set<Finding> = []
            for recipe in uses.recipes {
                guard let finding = finding(recipe, view) else { continue }
                made.insert(finding.meaning)
                covered.formUnion(findings.filter { $0.saysSame(as: finding) && isOther(recipe, $0, view) })
                used += places(at: recipe.paths, view)
            }
            let others = places(at: Array(uses.others), view)
            return findings.filter { finding in
                if covered.contains(finding) { return true }
                guard finding.kind == .helmValues, !made.contains(finding.meaning) else { return false }
                // The recipe knows what was open.
                if finding.reference == nil { return used.contains(where: finding.range.overlaps) }
                let names = finding.parts.filter { [.reference, .name, .repository].contains($0.field) }.map(\.range)
                return names.contains { name in used.contains(where: name.overlaps) }
                    && !names.contains { name in others.contains(where: name.overlaps) }
            }
        } ?? []
    }
}
