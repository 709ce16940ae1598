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
    /// The images that arguments name, with what lists mean by all tags of a repository.
    func auditSubjects(_ platforms: PlatformChoice?, in run: RunContext) async throws -> AuditSubjects {
        var subjects = AuditSubjects()
        switch self {
        case .images(let source, let target): subjects.add(target, from: source, platforms: platforms)
        case .lists(let lists):
            let listed = try await lists.items(in: run)
            guard listed.failed.isEmpty else { throw Self.unexpanded(listed) }
            for item in listed.items { subjects.add(item.target, from: item.source, platforms: platforms) }
        }
        return subjects
    }

    /// Without the tags that a line means, nobody can say whether they are there.
    private static func unexpanded(_ listed: ListedItems) -> CommandFailure {
        var failure = CommandFailure("")
        let names = listed.names.dropFirst(listed.items.count)
        failure.messages = zip(names, listed.failed).map { "\($0.source.displayable): \($1.failure)" }
        for hint in listed.failed.compactMap(\.failure.cause.hint) where !failure.hints.contains(hint) {
            failure.hints.append(hint)
        }
        return failure
    }
}
