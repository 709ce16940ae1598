// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Scanning

/// Which kinds of places are searched for references.
struct KindOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this kind of place, as JSON output names it: shell, kubernetes.setting; dockerfile is all of its kinds. Repeatable.",
            valueName: "kind"))
    var kind: [String] = []
    @Option(help: ArgumentHelp("Leave out this kind of place. Repeatable.", valueName: "kind")) var notKind: [String] =
        []

    func filter() throws -> KindFilter {
        do throws(ScanProblem) { return try KindFilter(including: kind, excluding: notKind) } catch {
            throw CommandFailure.usage([error.message.displayable])
        }
    }
}
