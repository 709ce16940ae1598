// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The option that chooses the form of results.
enum OutputForm {
    /// With the name it had before (`RenamedOptions`).
    static let names: NameSpecification = [.customLong("format"), .customLong("output")]
}
