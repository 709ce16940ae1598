// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The option that chooses the form of results.
enum OutputForm {
    /// The option's name, and the name that still works (`RenamedOptions`).
    static let names: NameSpecification = [.customLong("format"), .customLong("output")]
}
