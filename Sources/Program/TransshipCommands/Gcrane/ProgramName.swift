// SPDX-License-Identifier: Apache-2.0

/// What this program was called as: by its own name, or in the place of one of those it stands in for.
package enum ProgramName: String, Sendable {
    case transship
    case gcrane
    case crane

    /// - Parameter path: the process's first argument; a link's name counts, not what it leads to.
    package init(calledAs path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        self = ProgramName(rawValue: name) ?? .transship
    }
}
