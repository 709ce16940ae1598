// SPDX-License-Identifier: Apache-2.0

/// What a pull log may say about one event, whatever the format it was exported to.
enum EntryField: Int, CaseIterable {
    case timestamp, receiveTimestamp, insertID
    /// The message and reason of a log entry's payload.
    case payloadMessage, payloadReason
    /// The message and reason of a Kubernetes event, or of a table with columns of these names.
    case message, reason
    /// Identity of the Kubernetes event, and how often it has happened so far.
    case eventUID, count
    case firstTime, lastTime, eventTime, created
    /// The columns of the migration guide's queries, whose rows are counted already.
    case imageName, pulls, minute
    /// The columns of Docker Hub's usage report.
    case hubHour, hubRepository, hubTag, hubDigest, hubPulls
}

/// The fields of one entry as bytes, in a store that is used again for the next one.
struct EntryFields {
    private var bytes: [UInt8] = []
    private var ranges = [Range<Int>?](repeating: nil, count: EntryField.allCases.count)

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        for index in ranges.indices { ranges[index] = nil }
    }

    /// The text of a field in UTF-8; nil where the entry has none. An empty text is no text: tables have no other null.
    subscript(field: EntryField) -> ArraySlice<UInt8>? { ranges[field.rawValue].map { bytes[$0] } }

    func has(_ field: EntryField) -> Bool { ranges[field.rawValue] != nil }

    /// The first of the fields the entry has.
    func first(_ fields: EntryField...) -> ArraySlice<UInt8>? {
        for field in fields {
            if let text = self[field] { return text }
        }
        return nil
    }

    /// Sets a field to what `append` adds to the store. The first value of a field stays.
    mutating func set<Failure: Error>(
        _ field: EntryField, _ append: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let start = bytes.count
        try append(&bytes)
        guard bytes.count > start, ranges[field.rawValue] == nil else { return }
        ranges[field.rawValue] = start..<bytes.count
    }
}
