// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A message on standard error, with its facts as separate fields.
package struct Notice: Sendable {
    package enum Level: String, Sendable {
        case info
        case warning
        case error
        case hint
    }

    package var level: Level
    /// A constant text for each kind of notice, so that programs can count them: `retrying`, `waiting`.
    package var message: String
    package var fields: [JSON.Member]
    /// The whole message for a person; empty if people see it elsewhere.
    package var text: String

    /// Sums up other notices. Programs get only those.
    var isForPeople = false

    package init(_ level: Level, _ message: String, _ text: String, fields: KeyValuePairs<String, JSON> = [:]) {
        self.level = level
        self.message = message
        self.text = text
        self.fields = fields.map { JSON.Member(key: $0.key, value: $0.value) }
    }

    /// A notice with the text of one line. Its first word sets the level.
    package init(_ line: String) {
        for (prefix, level) in [("error: ", Level.error), ("warning: ", .warning), ("hint: ", .hint)] {
            guard line.hasPrefix(prefix) else { continue }
            self.init(level, level.rawValue, line, fields: ["text": .string(String(line.dropFirst(prefix.count)))])
            return
        }
        self.init(.info, "note", line, fields: ["text": .string(line)])
    }

    package var json: String {
        let head = [
            JSON.Member(key: "level", value: .string(level.rawValue)),
            JSON.Member(key: "message", value: .string(message)),
        ]
        return JSON.object(head + fields).text
    }
}

/// How notices are written.
package struct NoticeStyle: Sendable {
    /// Only errors, with their hints.
    package var isQuiet = false
    package var isJSON = false

    package init(isQuiet: Bool = false, isJSON: Bool = false) {
        self.isQuiet = isQuiet
        self.isJSON = isJSON
    }

    /// The line of a notice; nil if the notice is not written.
    func line(_ notice: Notice) -> String? {
        if isQuiet, notice.level != .error, notice.level != .hint { return nil }
        if isJSON { return notice.isForPeople ? nil : notice.json }
        return notice.text.isEmpty ? nil : notice.text
    }
}
