// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A line of the list of failed items: the item in the input format, followed by the reason as a comment.
///
/// The line is read as the same item, with or without a target for the whole list, so the file can be the next run's
/// list.
package struct FailureLine: Hashable, Sendable, CustomStringConvertible {
    /// Source and target in the syntax of a list.
    package let source: String
    package let target: String
    /// A stable name for the cause (`not-found`).
    package let kind: String
    package let message: String

    package init(source: String, target: String, kind: String, message: String) {
        self.source = source
        self.target = target
        self.kind = kind
        self.message = message
    }

    package init(source: Reference, target: Reference, kind: String, message: String) {
        self.init(source: source.asTyped, target: target.asTyped, kind: kind, message: message)
    }

    /// The line without a line feed at its end. The message is escaped, so that it stays on the line.
    package var description: String {
        "\(source) \(target) # \(kind.displayable): \(message.displayable)"
    }
}
