// SPDX-License-Identifier: Apache-2.0

import Scanning

/// Which files give parameters to Tekton's tasks, and which of these parameters are images. The tasks are in other
/// files.
struct TaskCalls {
    private var images: [String: Set<String>] = [:]
    private var calls: [(file: String, tasks: Set<String>)] = []

    mutating func add(_ report: FileReport) {
        images.merge(report.tasks.images) { $0.union($1) }
        if !report.tasks.called.isEmpty { calls.append((report.file, report.tasks.called)) }
    }

    /// Each file that calls tasks, to be read with those parameters of its tasks that are images.
    var followUps: [(file: String, followUp: FollowUp)] {
        calls.compactMap { file, tasks in
            let known = images.filter { tasks.contains($0.key) }
            return known.isEmpty ? nil : (file, FollowUp(path: FilePath.name(of: file), kind: .tasks(known)))
        }
    }
}
