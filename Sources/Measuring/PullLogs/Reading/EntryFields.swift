// SPDX-License-Identifier: Apache-2.0

/// The fields that a pull log can have for one event, in any export format.
enum EntryField: Int, CaseIterable {
    case timestamp, receiveTimestamp, insertID
    /// The message and reason of a log entry's payload.
    case payloadMessage, payloadReason
    /// The message and reason of a Kubernetes event, or of a table with columns of these names.
    case message, reason
    /// The identity of the Kubernetes event, and the number of its occurrences so far.
    case eventUID, count
    case firstTime, lastTime, eventTime, created
    /// The columns of the migration guide's queries, whose rows are already counts.
    case imageName, pulls, minute
    /// The columns of Docker Hub's usage report.
    case hubHour, hubRepository, hubTag, hubDigest, hubPulls
}

/// The fields of one entry as bytes, in a buffer that is used again for the next entry.
struct EntryFields {
    private var bytes: [UInt8] = []
    private var ranges = [Range<Int>?](repeating: nil, count: EntryField.allCases.count)

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        for index in ranges.indices { ranges[index] = nil }
    }

    /// The text of a field in UTF-8; nil if the entry has none. An empty text counts as none, because tables have no
    /// other null.
    subscript(field: EntryField) -> ArraySlice<UInt8>? { ranges[field.rawValue].map { bytes[$0] } }

    func has(_ field: EntryField) -> Bool { ranges[field.rawValue] != nil }

    /// The first of these fields that the entry has.
    func first(_ fields: EntryField...) -> ArraySlice<UInt8>? {
        for field in fields {
            if let text = self[field] { return text }
        }
        return nil
    }

    /// Sets a field to the bytes that `append` adds to the buffer. The first value of a field is kept.
    mutating func set<Failure: Error>(
        _ field: EntryField, _ append: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let start = bytes.count
        try append(&bytes)
        guard bytes.count > start, ranges[field.rawValue] == nil else { return }
        ranges[field.rawValue] = start..<bytes.count
    }
}
