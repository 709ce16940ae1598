// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import OCI
import Reporting
import TransferEngine

/// The images that `verify` looks at.
struct AuditSubjects {
    var items: [AuditItem] = []
    var names: [ItemName] = []

    /// The copies that would make them whole; of an image that has no source, of itself.
    var copies: [TransferItem] {
        items.map { TransferItem(source: $0.source ?? $0.target, target: $0.target, platforms: $0.platforms) }
    }

    func checkRepairable() throws {
        guard items.contains(where: { $0.source == nil }) else { return }
        throw CommandFailure.usage(
            ["--repair needs a source to copy from"], hint: "give a source and a target, or a list")
    }

    mutating func add(_ source: Reference?, _ target: Reference, _ platforms: PlatformChoice?) {
        var end = target.endpoint
        // The digest is that of the source's index, which does not arrive.
        if platforms?.replacesIndex == true, source != nil { end.digest = nil }
        items.append(AuditItem(source: source?.endpoint, target: end, platforms: platforms))
        names.append(ItemName(source: source?.asTyped ?? "-", target: target.asTyped))
    }
}

extension NamedSubjects {
    /// The images that arguments name, with what lists mean by all tags of a repository.
    func resolved(
        _ platforms: PlatformChoice?, _ connections: Connections, _ settings: TransferSettings, _ console: Console
    ) async throws -> AuditSubjects {
        var subjects = AuditSubjects()
        switch self {
        case .images(let source, let target): subjects.add(source, target, platforms)
        case .lists(let lists):
            let listed = try await lists.items(connections, settings, console)
            guard listed.failed.isEmpty else { throw Self.unexpanded(listed) }
            for item in listed.items { subjects.add(item.source, item.target, platforms) }
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
