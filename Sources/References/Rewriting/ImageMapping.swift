// SPDX-License-Identifier: Apache-2.0

package import BatchList
package import OCI

/// The replacement for each image.
package enum ImageMapping: Sendable {
    /// A rule gives the place of the copy of every image.
    case rule(TargetRule)
    /// Only these have copies.
    case table(ImageTable)

    /// Makes a table of copies. If an image has several copies, the first one counts.
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

/// The copies by their images, and other data for frequent questions.
package struct ImageTable: Sendable {
    fileprivate let copies: [Reference: Reference]
    fileprivate let targets: Set<Reference>
    /// The names of the copies of each source repository, for all tags.
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
    /// The same image, pinned to the digest.
    package func pinned(to digest: Digest) -> Reference {
        var pinned = self
        pinned.digest = digest
        pinned.asTyped = String(asTyped.prefix { $0 != "@" }) + "@" + digest.text
        // If the reference was typed without a tag, it is written with the digest only.
        if !hasTypedTag { pinned.tag = nil }
        return pinned
    }

    private var hasTypedTag: Bool {
        let name = asTyped.prefix { $0 != "@" }
        guard let colon = name.lastIndex(of: ":") else { return false }
        return !name[colon...].contains("/")
    }
}
