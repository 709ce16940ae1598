// SPDX-License-Identifier: Apache-2.0

/// What resources say about Tekton's tasks: which parameters are images, and which tasks are given parameters. Files
/// name tasks, not other files.
package struct TaskUse: Hashable, Sendable {
    /// By task name, the parameters that are a whole image.
    package var images: [String: Set<String>] = [:]
    /// The names of tasks that are given parameters.
    package var called: Set<String> = []

    package init() {}

    package mutating func merge(_ other: TaskUse) {
        images.merge(other.images) { $0.union($1) }
        called.formUnion(other.called)
    }
}
