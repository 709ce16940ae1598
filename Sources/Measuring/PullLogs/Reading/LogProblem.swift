// SPDX-License-Identifier: Apache-2.0

import OCI

/// An entry of a log that could not be read or counted, and its place.
package struct LogProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it; `-` for standard input.
    package var file: String
    /// The line in which the entry begins, counted from 1.
    package var line: Int
    /// One sentence, lower case, no full stop.
    package var reason: String

    package init(file: String, line: Int, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    package var description: String { "\(file.displayable):\(line): \(reason)" }
}

/// Why a file is not a log that this program can read.
package struct UnreadableLog: Error, Hashable, CustomStringConvertible {
    package var reason: String
    package var hint: String?

    package var description: String { reason }
}

/// Why one entry is not valid.
struct EntryError: Error, Equatable {
    var reason: String
}
