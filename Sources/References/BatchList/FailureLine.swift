// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A line of the list of failed items: the item in the input format, then why it failed as a comment.
///
/// Reads back as the same item, with or without a target for the whole list, so that the file is the next run's list.
package struct FailureLine: Hashable, Sendable, CustomStringConvertible {
    /// Both ends as a list may say them.
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

    /// Without a line feed at the end; the message is escaped, so that it stays on the line.
    package var description: String {
        "\(source) \(target) # \(kind.displayable): \(message.displayable)"
    }
}
