// SPDX-License-Identifier: Apache-2.0

/// A tag that is read as a version (semver.org 2.0). Common forms of tags are accepted: a `v` in front, one or two
/// numbers instead of three (`1.21` is `1.21.0`), and leading zeros (`18.04`).
struct SemanticVersion: Hashable, Sendable {
    var major: UInt64
    var minor: UInt64
    var patch: UInt64
    /// The parts after the first hyphen, split at dots; empty for a release. `1.27-alpine` is a pre-release in semver.
    var preRelease: [Substring]
    /// The number of written numbers, 1 to 3.
    let precision: Int

    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.first == "v" || rest.first == "V" { rest = rest.dropFirst() }
        let hyphen = rest.firstIndex(of: "-")
        let numbers = rest[..<(hyphen ?? rest.endIndex)].split(separator: ".", omittingEmptySubsequences: false)
        let values = numbers.compactMap(Self.number)
        guard (1...3).contains(numbers.count), values.count == numbers.count else { return nil }
        (major, minor, patch) = (values[0], values.count > 1 ? values[1] : 0, values.count > 2 ? values[2] : 0)
        precision = values.count
        preRelease = []
        if let hyphen {
            preRelease = rest[rest.index(after: hyphen)...].split(separator: ".", omittingEmptySubsequences: false)
            guard !preRelease.contains("") else { return nil }
        }
    }

    init(major: UInt64 = 0, minor: UInt64 = 0, patch: UInt64 = 0) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
        preRelease = []
        precision = 3
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt64(text)
    }

    func hasSameNumbers(as other: Self) -> Bool {
        (major, minor, patch) == (other.major, other.minor, other.patch)
    }
}

extension SemanticVersion: Comparable {
    static func == (left: Self, right: Self) -> Bool {
        left.hasSameNumbers(as: right) && left.preRelease == right.preRelease
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(major)
        hasher.combine(minor)
        hasher.combine(patch)
        hasher.combine(preRelease)
    }

    /// Precedence as in semver.org 2.0 §11.
    static func < (left: Self, right: Self) -> Bool {
        if !left.hasSameNumbers(as: right) {
            return (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
        }
        if left.preRelease.isEmpty || right.preRelease.isEmpty {
            return !left.preRelease.isEmpty && right.preRelease.isEmpty
        }
        for (one, other) in zip(left.preRelease, right.preRelease) where one != other {
            switch (number(one), number(other)) {
            case (let one?, let other?): return one < other
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
            case (let one, _): return one != nil
            }
        }
        return left.preRelease.count < right.preRelease.count
    }
}
