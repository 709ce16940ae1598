// SPDX-License-Identifier: Apache-2.0

import OCI

/// Values files beside a chart's `values.yaml` that override it if they are given to Helm: `values-prod.yaml`. If they
/// set a part of an image, the other parts must stay, or the result would be another image.
enum OtherValues {
    /// - Parameter name: the name of a file in a chart's folder.
    static func isName(_ name: String) -> Bool { name != "values.yaml" && FileKind(path: name) == .helmValues }

    /// The bytes of a chart's values that must not change.
    static func shared(_ findings: [Finding], in bytes: [UInt8], _ nearby: NearbyFiles) -> [SharedBytes] {
        guard nearby.name == "values.yaml", !findings.isEmpty, nearby.read("Chart.yaml") != nil else { return [] }
        let others = nearby.names("").filter(isName)
        guard !others.isEmpty else { return [] }
        return YAMLView.first(of: bytes) { view in
            others.flatMap { file in
                shared(findings, in: view, below: nearby.read(file).map { ParentValues.said($0) } ?? [], of: file)
            }
        } ?? []
    }

    /// - Parameters:
    ///   - said: the paths of the fields that other values set.
    ///   - file: the file with these values, as a user is told.
    static func shared(
        _ findings: [Finding], in view: YAMLView, below said: [[String]], of file: String
    ) -> [SharedBytes] {
        guard !said.isEmpty else { return [] }
        return places(findings, in: view, below: said).map { SharedBytes(range: $0, use: .part(ofNameIn: file)) }
    }

    /// The findings, with a remark for those that get another tag or digest.
    static func told(
        _ findings: [Finding], in view: YAMLView, below said: [[String]], of file: String
    ) -> [Finding] {
        guard !said.isEmpty else { return findings }
        let places = Set(
            said.compactMap { view.document.value(at: Array($0.dropLast()), in: view.root) }
                .flatMap { view.document.entries($0) }.map { view.place(of: view.document.resolved($0.value)) })
        return findings.map { finding in
            let isMeant = finding.parts.contains { places.contains($0.range) }
            guard isMeant, finding.remark == nil else { return finding }
            var finding = finding
            finding.remark = "\(file.displayable) gives it another tag; copy the tags that it may have"
            return finding
        }
    }

    private static func places(_ findings: [Finding], in view: YAMLView, below said: [[String]]) -> [Range<Int>] {
        // A global registry replaces the registry of each image.
        let isGlobal = said.contains { $0.first == "global" }
        let registries = findings.flatMap(\.parts).filter { $0.field == .registry && isGlobal }.map(\.range)
        // Templates may put it before any name.
        let globals = said.filter { $0.first == "global" }.compactMap { path in
            view.document.value(at: path, in: view.root).map { view.place(of: view.document.resolved($0)) }
        }
        let mappings = Dictionary(grouping: said) { Array($0.dropLast()) }
        return registries + globals
            + mappings.flatMap { mapping, paths -> [Range<Int>] in
                let fields = Set(paths.compactMap(\.last))
                return rest(of: mapping, besides: fields, view)
                    + fronts(of: mapping, besides: fields, in: findings, view)
            }
    }

    /// The registries outside of a mapping that are in front of its names, if the other values set no other one.
    private static func fronts(
        of mapping: [String], besides said: Set<String>, in findings: [Finding], _ view: YAMLView
    ) -> [Range<Int>] {
        guard said.isDisjoint(with: ["registry", "hub", "imageRegistry"]),
            let index = view.document.value(at: mapping, in: view.root)
        else { return [] }
        let own = Set(view.document.entries(index).map { view.place(of: view.document.resolved($0.value)) })
        return findings.filter { $0.parts.contains { own.contains($0.range) } }.flatMap(\.parts)
            .filter { [.registry, .hub].contains($0.field) && !own.contains($0.range) }.map(\.range)
    }

    /// The places of the name fields in a mapping that the other values do not set.
    private static func rest(of mapping: [String], besides said: Set<String>, _ view: YAMLView) -> [Range<Int>] {
        let document = view.document
        guard let index = document.value(at: mapping, in: view.root) else { return [] }
        return document.entries(index).filter { key, value in
            guard let key = document.string(key), ParentValues.fields.contains(key), !said.contains(key) else {
                return false
            }
            return !document.isNull(value) && document.string(value)?.isEmpty == false
        }.map { view.place(of: document.resolved($0.value)) }
    }
}
