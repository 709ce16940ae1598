// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Planning

/// Which part of a list this machine copies.
struct ShardOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Copy only part I of N (0 to N-1). The machines need no contact; all parts together are the whole list.",
            valueName: "i/n"))
    var shard: String?
    @Option(
        help: ArgumentHelp(
            "The number of parts, where the environment says which one this is (JOB_COMPLETION_INDEX).", valueName: "n")
    )
    var shards: Int?

    /// The part asked for, by option or by environment; nil for the whole list.
    ///
    /// - Throws: `CommandFailure` if options and environment name no part, or two different ones.
    func wanted(_ environment: CommandEnvironment) throws -> Shard? {
        do {
            if let shard {
                let wanted = try Shard(parsing: shard)
                guard shards ?? wanted.count == wanted.count else {
                    throw CommandFailure.usage(["--shard \(wanted) and --shards \(shards ?? 0) disagree"])
                }
                return wanted
            }
            if let shards {
                return try Shard(index: try index(environment), count: shards)
            }
            return try cloudRunTask(environment)
        } catch let error as ShardError {
            throw CommandFailure.usage([(shard == nil ? "--shards: " : "--shard: ") + "\(error)"])
        }
    }

    private func index(_ environment: CommandEnvironment) throws -> Int {
        for name in ["JOB_COMPLETION_INDEX", "CLOUD_RUN_TASK_INDEX"] {
            guard let text = environment[name] else { continue }
            return try Self.number(text, name)
        }
        throw CommandFailure.usage(
            ["--shards says how many parts there are, and nothing says which one this is"],
            hint: "use --shard I/N, or set JOB_COMPLETION_INDEX")
    }

    /// Cloud Run sets both variables for every job, also for a job with a single task, which copies the whole list.
    private func cloudRunTask(_ environment: CommandEnvironment) throws -> Shard? {
        guard let index = environment["CLOUD_RUN_TASK_INDEX"], let count = environment["CLOUD_RUN_TASK_COUNT"] else {
            return nil
        }
        let shard = try Shard(
            index: Self.number(index, "CLOUD_RUN_TASK_INDEX"), count: Self.number(count, "CLOUD_RUN_TASK_COUNT"))
        return shard.count == 1 ? nil : shard
    }

    private static func number(_ text: String, _ name: String) throws -> Int {
        guard let number = Int(decimal: text) else {
            throw CommandFailure.usage(["\(name) is \"\(text.displayable)\", which is no number"])
        }
        return number
    }
}

extension Shard? {
    /// A file's name with `{shard}` replaced by the shard's number: one command line serves all machines.
    func naming(_ path: String) -> String {
        path.replacing("{shard}", with: self.map { "\($0.index)" } ?? "0")
    }
}
