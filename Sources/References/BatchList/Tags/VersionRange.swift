// SPDX-License-Identifier: Apache-2.0

import OCI

/// A range of versions: `semver` followed by comparisons. Blanks or commas mean "and", `||` means "or".
///
/// `>=1.20 <2`, `^1.4` (up to the next major version), `~1.4` (up to the next minor one), `=1.2.3` or `1.2.3`,
/// `!=1.5.0`. A pre-release is in the range only if a comparison names a pre-release of the same three numbers:
/// `>=1.20` does not include `1.21-rc1`.
struct VersionRange: Hashable, Sendable {
    fileprivate enum Relation: Hashable {
        case equal
        case notEqual
        case less
        case lessOrEqual
        case greater
        case greaterOrEqual
    }

    fileprivate struct Comparison: Hashable {
        let relation: Relation
        let version: SemanticVersion
    }

    /// The range contains a version if all comparisons of at least one alternative hold.
    private let alternatives: [[Comparison]]

    /// Reads `{semver…}`.
    init(braced text: Substring) throws(TagFilterError) {
        guard text.hasPrefix("{semver"), text.hasSuffix("}") else {
            throw TagFilterError("between braces stands semver with a range", hint: "{semver>=1.20 <2}")
        }
        let range = text.dropFirst("{semver".count).dropLast()
        var alternatives: [[Comparison]] = []
        for part in Self.alternatives(of: range) { alternatives.append(try Self.comparisons(part)) }
        self.alternatives = alternatives
    }

    func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { comparisons in
            comparisons.allSatisfy { $0.holds(for: version) }
                && (version.preRelease.isEmpty
                    || comparisons.contains { $0.version.admitsPreRelease(of: version) })
        }
    }

    private static func alternatives(of range: Substring) -> [Substring] {
        var parts: [Substring] = []
        var rest = range
        while let bars = rest.firstRange(of: "||") {
            parts.append(rest[..<bars.lowerBound])
            rest = rest[bars.upperBound...]
        }
        return parts + [rest]
    }

    private static func comparisons(_ text: Substring) throws(TagFilterError) -> [Comparison] {
        var rest = text.drop(while: isSeparator)
        guard !rest.isEmpty else {
            throw TagFilterError("a range of versions is empty", hint: "{semver>=0} takes every version")
        }
        var comparisons: [Comparison] = []
        while !rest.isEmpty {
            let sign = rest.prefix { "<>=!^~".contains($0) }
            rest = rest[sign.endIndex...].drop(while: isSeparator)
            let word = rest.prefix { !isSeparator($0) && !"<>=!^~".contains($0) }
            rest = rest[word.endIndex...].drop(while: isSeparator)
            guard let version = SemanticVersion(word) else {
                throw TagFilterError("\"\(word.displayable(limit: 64))\" is not a version", hint: "{semver>=1.20 <2}")
            }
            comparisons += try Self.comparisons(String(sign), version)
        }
        return comparisons
    }

    private static func comparisons(
        _ sign: String, _ version: SemanticVersion
    ) throws(TagFilterError) -> [Comparison] {
        func both(_ end: SemanticVersion) -> [Comparison] {
            [Comparison(relation: .greaterOrEqual, version: version), Comparison(relation: .less, version: end)]
        }
        switch sign {
        case ">=": return [Comparison(relation: .greaterOrEqual, version: version)]
        case ">": return [Comparison(relation: .greater, version: version)]
        case "<=": return [Comparison(relation: .lessOrEqual, version: version)]
        case "<": return [Comparison(relation: .less, version: version)]
        case "!=": return [Comparison(relation: .notEqual, version: version)]
        case "", "=", "==": return [Comparison(relation: .equal, version: version)]
        case "^": return both(version.afterCompatible)
        case "~": return both(version.afterMinor)
        default: throw TagFilterError("\"\(sign)\" does not compare versions", hint: "use >= > <= < = != ^ ~")
        }
    }

    private static func isSeparator(_ character: Character) -> Bool { character.isWhitespace || character == "," }
}

extension VersionRange.Comparison {
    fileprivate func holds(for other: SemanticVersion) -> Bool {
        switch relation {
        case .equal: other == version
        case .notEqual: other != version
        case .less: other < version
        case .lessOrEqual: other <= version
        case .greater: other > version
        case .greaterOrEqual: other >= version
        }
    }
}

extension SemanticVersion {
    fileprivate func admitsPreRelease(of other: SemanticVersion) -> Bool {
        !preRelease.isEmpty && hasSameNumbers(as: other)
    }

    /// The first version that `^` excludes: the leftmost written number that is not zero is incremented; if all are
    /// zero, the last written one.
    fileprivate var afterCompatible: SemanticVersion {
        if major > 0 || precision == 1 { return SemanticVersion(major: major &+ 1) }
        if minor > 0 || precision == 2 { return SemanticVersion(minor: minor &+ 1) }
        return SemanticVersion(patch: patch &+ 1)
    }

    /// The first version that `~` excludes.
    fileprivate var afterMinor: SemanticVersion {
        precision == 1 ? SemanticVersion(major: major &+ 1) : SemanticVersion(major: major, minor: minor &+ 1)
    }
}
