// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import RegistryTasks
import Reporting

/// `cp --all-tags`: every tag of one repository, as crane copies them.
struct AllTagsCopy: Sendable {
    let job: GcraneJob

    func run() async throws {
        let source = try job.arguments[0].repositoryPlace(nil)
        let target = try job.arguments[1].repositoryPlace("parsing reference for \"\(job.arguments[1].displayable)\"")
        try target.checkTargetName()
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            let tags = try await wanted(source, missingIn: target, connections)
            let items = tags.map { CopyItem(listed: TreeItem(.tag($0), of: source, to: $0, in: target)) }
            let log = CopyLog(
                items: items.map(\.named), announcing: .eachAsCrane,
                keepsExistingTags: CopySettings.keepsExistingTags(job)
            ) { [log = job.log] in log.line($0) }
            // crane copies all platforms, whatever it is asked for.
            let platforms = job.program == .transship ? try job.platforms() : nil
            let results = try await CopyRun(
                items: items, platforms: platforms, job: job, connections: connections
            ).execute(telling: log)
            try results.conclude(job.log, silently: true)
        }
    }

    private func wanted(
        _ source: NamedRepository, missingIn target: NamedRepository, _ connections: Connections
    ) async throws -> [Tag] {
        let tags = try await connections.store(source.registry).tags(in: source.repository)
        guard job.flags.bool("no-clobber") else { return tags }
        let there = try await existing(target, connections)
        return tags.filter { tag in
            guard there.contains(tag) else { return true }
            job.log.line("Skipping \(tag) due to no-clobber")
            return false
        }
    }

    private func existing(_ target: NamedRepository, _ connections: Connections) async throws -> Set<Tag> {
        do throws(ContentFailure) {
            return Set(try await connections.targetStore(target.registry).tags(in: target.repository))
        } catch {
            if error.kind == .notFound { return [] }
            throw error
        }
    }
}
