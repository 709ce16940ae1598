// SPDX-License-Identifier: Apache-2.0

import OCI

/// Something in a log that could not be read or counted, and where.
package struct LogProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the user named it; `-` for standard input.
    package var file: String
    /// 1-based; where the entry begins.
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

/// Why a file is no log this program reads.
package struct UnreadableLog: Error, Hashable, CustomStringConvertible {
    package var reason: String
    package var hint: String?

    package var description: String { reason }
}

/// Why one entry is not what it should be.
struct EntryError: Error, Equatable {
    var reason: String
}
