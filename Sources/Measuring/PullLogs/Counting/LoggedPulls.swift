// SPDX-License-Identifier: Apache-2.0

import OCI

/// The pulls of one log entry.
enum LoggedPulls {
    case pulls(image: String, when: When, identities: [Identity])
    case other(OtherEvent)

    enum When: Equatable {
        case unknown
        case once(Instant)
        /// Several pulls, of which only the times of the first and the last are known.
        case repeated(first: Instant, last: Instant, count: Int)
        /// Several pulls at unknown times.
        case unknownTimes(Int)
        /// Pulls that an earlier query or report counted: all at one moment.
        case together(Instant, count: Int)
    }

    /// An identity by which the same pull is recognised in another log, or later in the same one. An export may lack
    /// one of the identities, so any of them is enough.
    enum Identity {
        /// Cloud Logging treats entries with the same `insertId` and timestamp as one (LogEntry).
        case entry(insertID: ArraySlice<UInt8>, time: Instant?)
        /// The numbers of these pulls among all pulls of one Kubernetes event.
        case event(uid: ArraySlice<UInt8>, numbers: ClosedRange<Int>)
    }
}

/// An event that does not count as a pull, by what the kubelet says.
package enum OtherEvent: String, Sendable, CaseIterable {
    /// The end of a pull. Its beginning is an entry, too, and counting both would count the pull twice.
    case finished
    /// The image was already on the node.
    case present
    case other
}

extension LoggedPulls {
    /// The maximum number of pulls of one event. A larger number would come from a damaged log.
    private static let mostRepeats = 1_000_000

    /// - Throws: `EntryError` for an entry that claims to be a pull but lacks required data.
    init(_ fields: borrowing EntryFields) throws(EntryError) {
        if let image = fields[.imageName] {
            self = try Self.counted(fields, image)
            return
        }
        if fields.has(.hubHour), let repository = fields[.hubRepository] {
            self = try Self.reported(fields, repository)
            return
        }
        let message = fields.first(.payloadMessage, .message)
        let reason = fields.first(.payloadReason, .reason)
        guard message != nil || reason != nil else {
            throw EntryError(reason: "neither jsonPayload.message nor message")
        }
        if let other = Self.other(reason: reason, message: message ?? []) {
            self = .other(other)
            return
        }
        guard let image = Self.quoted(message ?? []) else {
            throw EntryError(reason: "the message of a pull has no image between quotes")
        }
        self = try Self.pull(fields, try Self.text(image))
    }

    // MARK: - Which events are pulls

    /// Why an entry is not a pull; nil for a pull. As in the guide's log filter, the reason decides. If an export has
    /// no column for the reason, the kubelet's message decides.
    private static func other(reason: ArraySlice<UInt8>?, message: ArraySlice<UInt8>) -> OtherEvent? {
        if let reason {
            if reason.equalsIgnoringCase("pulling") { return nil }
            guard reason.equalsIgnoringCase("pulled") else { return .other }
            return message.startsIgnoringCase("container image") ? .present : .finished
        }
        let combined = "(combined from similar events): "
        let text = message.startsIgnoringCase(combined) ? message.dropFirst(combined.utf8.count) : message
        if text.startsIgnoringCase("pulling image") { return nil }
        if text.startsIgnoringCase("successfully pulled") { return .finished }
        return text.startsIgnoringCase("container image") ? .present : .other
    }

    /// The text between the first pair of quotes on one line, as the guide's regular expression `"(.*?)"` matches it.
    private static func quoted(_ message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = message
        while let opening = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let after = rest[(opening + 1)...]
            guard let end = after.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") }) else {
                return nil
            }
            if after[end] == UInt8(ascii: "\"") { return end == after.startIndex ? nil : after[..<end] }
            rest = after[end...]
        }
        return nil
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(EntryError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw EntryError(reason: "the image's name is not UTF-8")
        }
        return text
    }

    // MARK: - When, and how many

    private static func pull(_ fields: borrowing EntryFields, _ image: String) throws(EntryError) -> LoggedPulls {
        let count = try number(fields[.count], "count") ?? 1
        // A log has one entry for each occurrence of an event; `count` is the number of this occurrence.
        if fields.has(.timestamp) || fields.has(.payloadMessage) || fields.has(.insertID) {
            let happened = try instant(
                fields.first(.timestamp, .receiveTimestamp, .lastTime, .eventTime, .created))
            return .pulls(
                image: image, when: happened.map(When.once) ?? .unknown,
                identities: identities(fields, happened, count...count))
        }
        let last = try instant(fields.first(.lastTime, .eventTime, .firstTime, .created))
        let first = try instant(fields.first(.firstTime, .eventTime, .created))
        let when: When =
            if let first, let last { count == 1 ? .once(last) : .repeated(first: first, last: last, count: count) } else
            {
                count == 1 ? .unknown : .unknownTimes(count)
            }
        return .pulls(image: image, when: when, identities: identities(fields, nil, 1...count))
    }

    private static func identities(
        _ fields: borrowing EntryFields, _ time: Instant?, _ numbers: ClosedRange<Int>
    ) -> [Identity] {
        var identities: [Identity] = []
        if let id = fields[.insertID] { identities.append(.entry(insertID: id, time: time)) }
        if let uid = fields[.eventUID], fields.has(.count) { identities.append(.event(uid: uid, numbers: numbers)) }
        return identities
    }

    /// A row of one of the guide's queries.
    private static func counted(
        _ fields: borrowing EntryFields, _ image: ArraySlice<UInt8>
    ) throws(EntryError) -> LoggedPulls {
        let count = try number(fields[.pulls], "number of pulls") ?? 1
        let time = try instant(fields.first(.minute, .timestamp))
        return .pulls(
            image: try text(image), when: time.map { .together($0, count: count) } ?? .unknownTimes(count),
            identities: [])
    }

    /// A row of Docker Hub's usage report: an hour, a repository, and the number of pulls of its image in that hour. A
    /// row without pulls counts version checks, which are not pulls (Docker's documentation, "Usage: pulls").
    private static func reported(
        _ fields: borrowing EntryFields, _ repository: ArraySlice<UInt8>
    ) throws(EntryError) -> LoggedPulls {
        guard let hour = fields[.hubHour].flatMap(Instant.init(hubHour:)) else {
            let shown = String(decoding: fields[.hubHour] ?? [], as: UTF8.self).displayable(limit: 48)
            throw EntryError(reason: "\"\(shown)\" is no hour; expected one like 2026/11/24/10")
        }
        let text = fields[.hubPulls] ?? []
        if text.elementsEqual("0".utf8) { return .other(.other) }
        guard let count = try number(text, "number of pulls") else { return .other(.other) }
        let suffix =
            if let tag = fields[.hubTag] { ":" + String(decoding: tag, as: UTF8.self) } else {
                fields[.hubDigest].map { "@" + String(decoding: $0, as: UTF8.self) } ?? ""
            }
        return .pulls(
            image: "docker.io/" + (try Self.text(repository)) + suffix, when: .together(hour, count: count),
            identities: [])
    }

    private static func number(_ text: ArraySlice<UInt8>?, _ what: String) throws(EntryError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(decimal: String(decoding: text, as: UTF8.self)), (0...mostRepeats).contains(number)
        else {
            let shown = String(decoding: text, as: UTF8.self).displayable(limit: 32)
            throw EntryError(reason: "the \(what) is \"\(shown)\", expected 0 to \(mostRepeats)")
        }
        // Kubernetes omits the count or sets it to 0 if the event did not repeat.
        return max(number, 1)
    }

    private static func instant(_ text: ArraySlice<UInt8>?) throws(EntryError) -> Instant? {
        guard let text else { return nil }
        guard let instant = Instant(text) else {
            let shown = String(decoding: text, as: UTF8.self).displayable(limit: 48)
            throw EntryError(reason: "\"\(shown)\" is no time; expected RFC 3339, like 2026-11-24T10:30:00Z")
        }
        return instant
    }
}

extension ArraySlice<UInt8> {
    /// - Parameter word: in lower case.
    fileprivate func startsIgnoringCase(_ word: String) -> Bool {
        count >= word.utf8.count && zip(self, word.utf8).allSatisfy { ((65...90).contains($0) ? $0 | 0x20 : $0) == $1 }
    }

    fileprivate func equalsIgnoringCase(_ word: String) -> Bool {
        count == word.utf8.count && startsIgnoringCase(word)
    }
}
