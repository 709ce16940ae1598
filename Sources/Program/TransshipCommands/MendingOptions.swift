// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TransferEngine

/// How a run treats what the targets already have.
struct MendingOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Ask for every manifest and every blob below every item, also where the target has the right digest under the "
                + "item's name, and send what is missing or cannot be read."))
    var repair = false
    @Flag(help: "Send everything again, without asking what the targets have.") var force = false

    func validate() throws {
        if repair, force { throw ValidationError("--repair and --force contradict each other") }
    }

    var existing: ExistingContent {
        if force { return .ignored }
        return repair ? .proven : .trusted
    }
}
