// SPDX-License-Identifier: Apache-2.0

/// Reads a file of users with lines `NAME:PASSWORD`. Empty lines and lines that begin with `#` are ignored.
package enum UserLines {
    package enum Problem: Error, Equatable {
        case noPair(line: Int)
        case noPassword(line: Int)
        case noUser

        /// Text to append to the file's name.
        package var text: String {
            switch self {
            case .noPair(let line): ":\(line): expected NAME:PASSWORD"
            case .noPassword(let line): ":\(line): the password is empty"
            case .noUser: " names no user"
            }
        }
    }

    /// Reads the file byte by byte. As characters, a carriage return and a line feed would be one, and so would a colon
    /// and a combining mark.
    package static func users(in bytes: [UInt8]) throws(Problem) -> [String: String] {
        var users: [String: String] = [:]
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw .noPair(line: number + 1)
            }
            let password = line[(colon + 1)...]
            guard !password.isEmpty else { throw .noPassword(line: number + 1) }
            users[String(decoding: line[..<colon], as: UTF8.self)] = String(decoding: password, as: UTF8.self)
        }
        guard !users.isEmpty else { throw .noUser }
        return users
    }
}
