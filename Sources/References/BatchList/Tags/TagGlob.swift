// SPDX-License-Identifier: Apache-2.0

/// A pattern of a whole tag: `*` is any text, `?` any character, `[a-c]` one of these, `[!a-c]` none of these.
struct TagGlob: Hashable, Sendable {
    private enum Part: Hashable {
        case anyText
        case one(ByteSet)
    }

    private let parts: [Part]

    init(parsing text: some StringProtocol) throws(TagFilterError) {
        var reader = ByteReader(text)
        var parts: [Part] = []
        while let byte = reader.next() {
            switch byte {
            case UInt8(ascii: "*"): if parts.last != .anyText { parts.append(.anyText) }
            case UInt8(ascii: "?"): parts.append(.one(.any))
            case UInt8(ascii: "["): parts.append(.one(try reader.set(negatedBy: "!^")))
            default: parts.append(.one(try ByteSet(literal: byte)))
            }
        }
        self.parts = parts
    }

    /// Takes time proportional to pattern times tag, because on a mismatch only the last `*` takes one more byte.
    func matches(_ tag: String) -> Bool {
        let bytes = Array(tag.utf8)
        var (part, position) = (0, 0)
        var retry: (part: Int, position: Int)?
        while position < bytes.count {
            if part < parts.count, case .one(let set) = parts[part], set.contains(bytes[position]) {
                part += 1
                position += 1
            } else if part < parts.count, parts[part] == .anyText {
                part += 1
                retry = (part, position)
            } else if let last = retry {
                (part, position) = (last.part, last.position + 1)
                retry = (part, position)
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { $0 == .anyText }
    }
}
