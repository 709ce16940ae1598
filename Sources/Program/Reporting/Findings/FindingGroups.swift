// SPDX-License-Identifier: Apache-2.0

import OCI
package import Scanning

/// How often each image, file or registry occurs among findings.
package struct FindingGroups: Sendable {
    package enum Key: String, Sendable, CaseIterable {
        case image, file, registry
    }

    private let key: Key
    private var counts: [String: Int] = [:]

    package init(by key: Key) { self.key = key }

    package mutating func add(_ finding: LocatedFinding) { add(name: name(of: finding)) }

    package mutating func add(name: String) { counts[name, default: 0] += 1 }

    /// The most frequent first, by name among equals.
    package var sorted: [(name: String, count: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// `COUNT<tab>NAME`.
    package var textLines: [String] { sorted.map { "\($0.count)\t\($0.name.displayable)" } }

    package var jsonLines: [String] {
        sorted.map { entry in
            JSON.object([
                .init(key: key.rawValue, value: .string(entry.name)), .init(key: "count", value: JSON(entry.count)),
            ])
            .text
        }
    }

    /// The group that a finding counts for.
    package func name(of finding: LocatedFinding) -> String {
        switch key {
        case .file: return finding.file
        case .image: return finding.finding.reference.map(ImageName.fullName) ?? Self.unresolved
        case .registry: return finding.finding.reference.map(ImageName.registryName) ?? Self.unresolved
        }
    }

    private static let unresolved = "unresolved"
}
