// SPDX-License-Identifier: Apache-2.0

import OCI

/// A problem of one line of a list.
package struct BatchProblem: Hashable, Sendable, CustomStringConvertible {
    package let place: ListPlace
    /// One sentence, lower case, no full stop; text from the list is escaped.
    package let message: String
    /// How to repair the line, if that is known.
    package let hint: String?

    package init(_ place: ListPlace, _ message: String, hint: String? = nil) {
        self.place = place
        self.message = message
        self.hint = hint
    }

    /// `FILE:LINE:COLUMN: message`
    package var description: String { "\(place): \(message)" }
}

extension BatchProblem {
    init(_ place: ListPlace, _ error: ReferenceError) {
        self.init(place, error.description, hint: error.hint)
    }
}

/// All problems of the lists of a run. If there is one bad line, nothing is copied.
package struct BatchListError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the order of files and lines; never empty.
    package let problems: [BatchProblem]

    package init(problems: [BatchProblem]) {
        self.problems = problems
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
