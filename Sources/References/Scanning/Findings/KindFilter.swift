// SPDX-License-Identifier: Apache-2.0

/// Which kinds of findings are looked for.
package struct KindFilter: Hashable, Sendable {
    /// Empty: all.
    private let included: Set<FindingKind>
    private let excluded: Set<FindingKind>

    package init() { (included, excluded) = ([], []) }

    /// - Parameters:
    ///   - included: names of kinds, or their first part: `dockerfile` means `dockerfile.from` and all others that
    ///     begin with `dockerfile.`. Empty: all.
    ///   - excluded: the same. A kind in both lists is excluded.
    /// - Throws: `ScanProblem` for a name that is not the name of a kind.
    package init(including included: [String], excluding excluded: [String]) throws(ScanProblem) {
        self.included = try Self.kinds(included)
        self.excluded = try Self.kinds(excluded)
    }

    private static func kinds(_ names: [String]) throws(ScanProblem) -> Set<FindingKind> {
        var kinds: Set<FindingKind> = []
        for name in names {
            let meant = FindingKind.allCases.filter { $0.rawValue == name || $0.rawValue.hasPrefix(name + ".") }
            guard !meant.isEmpty else { throw ScanProblem("\"\(name)\" is no kind; there are \(known)") }
            kinds.formUnion(meant)
        }
        return kinds
    }

    /// All names of kinds, for messages to the user.
    private static var known: String {
        var names: [String] = []
        for kind in FindingKind.allCases {
            let name = String(kind.rawValue.prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names.sorted().joined(separator: ", ")
    }

    package var isEverything: Bool { included.isEmpty && excluded.isEmpty }

    package func keeps(_ kind: FindingKind) -> Bool {
        !excluded.contains(kind) && (included.isEmpty || included.contains(kind))
    }

    /// Whether a file may hold a finding that is kept. Only for some kinds of files this is known before the file is
    /// read.
    package func keeps(_ file: FileKind) -> Bool {
        switch file {
        case .text(let format), .template(let format): return format.kinds.contains(where: keeps)
        default: return true
        }
    }
}
