// SPDX-License-Identifier: Apache-2.0

package import BatchList
package import OCI

/// Which image replaces which.
package enum ImageMapping: Sendable {
    /// Every image has its copy at a place the rule gives.
    case rule(TargetRule)
    /// Only these have copies.
    case table(ImageTable)

    /// A table of copies; the first of several for one image counts.
    package init(pairs: [(source: Reference, target: Reference)]) {
        self = .table(ImageTable(pairs))
    }

    /// - Returns: `leave` for a reference that names a copy already.
    package func decision(for reference: Reference) -> RewriteDecision {
        switch self {
        case .table(let table):
            guard !table.targets.contains(reference), let target = table.copies[reference] else { return .leave }
            return .replace(with: target)
        case .rule(let rule):
            if Self.isBelow(rule.prefix, reference) { return .leave }
            do throws(ReferenceError) {
                let target = try rule.target(for: reference)
                guard let name = target.impossibleName else { return .replace(with: target) }
                return .refuse("there can be no \(target): \(name.reason)")
            } catch {
                return .refuse("it has no place below \(rule.prefix): \(error.reason.text)")
            }
        }
    }

    /// The decision about an image whose tag is unknown: only the target's name counts.
    package func nameDecision(for reference: Reference) -> RewriteDecision {
        guard case .table(let table) = self else { return decision(for: reference) }
        let names = table.names[reference.repositoryName] ?? []
        guard let name = names.first, let target = try? Reference(parsing: name) else { return .leave }
        return names.count == 1 ? .replace(with: target) : .refuse("its tags have copies in several repositories")
    }

    private static func isBelow(_ prefix: TargetPrefix, _ reference: Reference) -> Bool {
        reference.registry == prefix.registry
            && (prefix.path.isEmpty || reference.repository.path.hasPrefix(prefix.path + "/"))
    }
}

/// Copies by the images they are of, and what is often asked about them.
package struct ImageTable: Sendable {
    fileprivate let copies: [Reference: Reference]
    fileprivate let targets: Set<Reference>
    /// The names of the copies of a source repository, whatever their tags.
    fileprivate let names: [String: Set<String>]

    fileprivate init(_ pairs: [(source: Reference, target: Reference)]) {
        copies = Dictionary(pairs.map { ($0.source, $0.target) }) { first, _ in first }
        targets = Set(copies.values)
        names = copies.reduce(into: [:]) { names, copy in
            names[copy.key.repositoryName, default: []].insert(FieldValues(copy.value).name)
        }
    }
}

extension Reference {
    /// The same image, held to the digest.
    package func pinned(to digest: Digest) -> Reference {
        var pinned = self
        pinned.digest = digest
        pinned.asTyped = String(asTyped.prefix { $0 != "@" }) + "@" + digest.text
        // A digest without a typed tag is written without a tag.
        if !hasTypedTag { pinned.tag = nil }
        return pinned
    }

    private var hasTypedTag: Bool {
        let name = asTyped.prefix { $0 != "@" }
        guard let colon = name.lastIndex(of: ":") else { return false }
        return !name[colon...].contains("/")
    }
}
