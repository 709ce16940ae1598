// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import ItemLists
import OCI
import Reporting
import TransferEngine

extension AuditSubjects {
    func checkRepairable() throws {
        guard !areRepairable else { return }
        throw CommandFailure.usage(
            ["--repair needs a source to copy from"], hint: "give a source and a target, or a list")
    }
}

extension NamedSubjects {
    /// The images that the arguments name, with the tag filters of lists expanded.
    func auditSubjects(_ platforms: PlatformChoice?, in run: RunContext) async throws -> AuditSubjects {
        var subjects = AuditSubjects()
        switch self {
        case .images(let source, let target): subjects.add(target, from: source, platforms: platforms)
        case .lists(let lists):
            let listed = try await lists.items(in: run)
            for item in listed.items { subjects.add(item.target, from: item.source, platforms: platforms) }
            for line in listed.failed { subjects.add(line) }
        }
        return subjects
    }
}
