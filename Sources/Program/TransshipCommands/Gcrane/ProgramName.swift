// SPDX-License-Identifier: Apache-2.0

/// The name by which this program was started: its own, or that of a program that it replaces.
package enum ProgramName: String, Sendable {
    case transship
    case gcrane
    case crane

    /// - Parameter path: the process's first argument. If it is a link, the link's own name counts.
    package init(calledAs path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        self = ProgramName(rawValue: name) ?? .transship
    }
}
