// SPDX-License-Identifier: Apache-2.0

/// What resources say of Tekton's tasks: which parameters their images are, and which tasks are given some. Files name tasks, not
/// each other.
package struct TaskUse: Hashable, Sendable {
    /// By a task's name the parameters that are images as they stand.
    package var images: [String: Set<String>] = [:]
    /// Tasks that are given parameters.
    package var called: Set<String> = []

    package init() {}

    package mutating func merge(_ other: TaskUse) {
        images.merge(other.images) { $0.union($1) }
        called.formUnion(other.called)
    }
}
