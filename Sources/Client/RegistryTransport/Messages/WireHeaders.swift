// SPDX-License-Identifier: Apache-2.0

import OCI

/// Header fields in order, looked up without regard to case. Printing hides those that carry secrets.
package struct WireHeaders: Sendable, Hashable {
    package struct Field: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        package let name: String
        package let value: String

        /// The value, safe to show: without secrets and control characters.
        package var shownValue: String { shownValue { $0 } }
        package var description: String { text { $0 } }
        package var debugDescription: String { description }
        package var customMirror: Mirror { Mirror(reflecting: description) }

        private static let shownLength = 16 << 10

        private func shownValue(hiding hide: (String) -> String) -> String {
            Redaction.isSecret(name) ? "<redacted>" : hide(value).withoutSecrets.displayable(limit: Self.shownLength)
        }

        /// - Parameter hide: removes secrets from a text, by value. It is called before the text is shortened.
        func text(hiding hide: (String) -> String) -> String {
            "\(hide(name).displayable): \(shownValue(hiding: hide))"
        }
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// The first value of that name.
    package subscript(_ name: String) -> String? {
        get { fields.first { $0.name.isEqual(name) }?.value }
        set {
            fields.removeAll { $0.name.isEqual(name) }
            if let newValue { add(name, newValue) }
        }
    }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.isEqual(name) }.map(\.value)
    }

    mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// These headers reduced to the given names.
    package func keeping(_ names: [String]) -> WireHeaders {
        var kept = WireHeaders()
        kept.fields = fields.filter { field in names.contains { field.name.isEqual($0) } }
        return kept
    }
}

extension WireHeaders {
    /// nil if there is none, or it is not a valid number.
    package var contentLength: Int64? {
        self["Content-Length"].flatMap { Int64(decimal: $0) }
    }
}

extension WireHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral fields: (String, String)...) {
        for (name, value) in fields { add(name, value) }
    }
}

extension WireHeaders: CustomStringConvertible {
    package var description: String { text { $0 } }

    /// The printed form, without secrets that the caller knows.
    package func text(hiding hide: (String) -> String) -> String {
        fields.map { $0.text(hiding: hide) }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func isEqual(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (left, right) = (utf8.makeIterator(), other.utf8.makeIterator())
        while let byte = left.next(), let otherByte = right.next() {
            if byte != otherByte, byte.lowered != otherByte.lowered { return false }
        }
        return true
    }
}

extension UInt8 {
    fileprivate var lowered: UInt8 { (65...90).contains(self) ? self | 0x20 : self }
}
