// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The programs whose place ours takes, where the environment has them.
///
/// With `TRANSCRIPT_PROGRAMS=DIR` transcripts and scripts are played with the `gcrane` and `crane` of that folder. With
/// `TRANSCRIPT_RECORD=DIR` what is played is written there. `Tools/record-originals` sets both.
enum Originals {
    private static let environment = ProcessInfo.processInfo.environment
    static let folder = environment["TRANSCRIPT_PROGRAMS"]
    static var arePlayed: Bool { folder != nil }

    static func record(_ text: String, as name: String) throws {
        guard let folder = environment["TRANSCRIPT_RECORD"] else { return }
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).txt"))
    }

    /// What the originals say of their versions, a line each.
    static func versions() async throws -> [String] {
        guard let folder else { return [] }
        var lines: [String] = []
        for name in ["crane", "gcrane"] {
            lines.append("# \(name) \(try await Tool.run("\(folder)/\(name)", ["version"]).lines.joined())")
        }
        return lines
    }
}
