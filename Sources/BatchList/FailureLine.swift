package import OCI

/// A line of the list of failed items: the item in the input format, then why it failed as a comment.
///
/// Reads back as the same item, with or without a target for the whole list, so that the file is the next run's list.
package struct FailureLine: Hashable, Sendable, CustomStringConvertible {
    package let source: Reference
    package let target: Reference
    /// A stable name for the cause (`not-found`).
    package let kind: String
    package let message: String

    package init(source: Reference, target: Reference, kind: String, message: String) {
        self.source = source
        self.target = target
        self.kind = kind
        self.message = message
    }

    /// Without a line feed at the end; the message is escaped, so that it stays on the line.
    package var description: String {
        "\(source.asTyped) \(target.asTyped) # \(kind.displayable): \(message.displayable)"
    }
}
