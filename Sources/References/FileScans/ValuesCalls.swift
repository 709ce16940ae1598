// SPDX-License-Identifier: Apache-2.0

import Scanning

/// Which keys of ConfigMaps and Secrets hold a chart's values for a release, and in which files they are.
struct ValuesCalls {
    private var taken: Set<ValuesKey> = []
    private var held: [(file: String, keys: Set<ValuesKey>)] = []
    private var generated: [(file: String, paths: [ValuesKey: String])] = []

    mutating func add(_ report: FileReport) {
        let values = report.values
        if !values.taken.isEmpty { taken.formUnion(values.taken) }
        if !values.held.isEmpty { held.append((report.file, values.held)) }
        if !values.generated.isEmpty { generated.append((report.file, values.generated)) }
    }

    /// Each file with such keys, to be read again, and each file from which a generator makes one.
    var followUps: [(file: String, followUp: FollowUp)] {
        guard !taken.isEmpty else { return [] }
        let own = held.compactMap { file, keys -> (file: String, followUp: FollowUp)? in
            let known = keys.intersection(taken)
            return known.isEmpty ? nil : (file, FollowUp(path: FilePath.name(of: file), kind: .heldValues(known)))
        }
        let others = generated.flatMap { file, paths in
            paths.filter { taken.contains($0.key) }.values.sorted().map {
                (file: file, followUp: FollowUp(path: $0, kind: .named(.helmValues)))
            }
        }
        return own + others
    }
}
