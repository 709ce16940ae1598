// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

/// Reads and writes whole small files.
enum FileBytes {
    /// The maximum size in bytes. A larger file is not a list, a report or a configuration.
    private static let limit = 1 << 30

    /// The bytes of a file, a named pipe or a terminal, read until its end; `-` is standard input.
    static func read(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try FilePieces.read(path, while: { true }) {
            bytes += $0
            try checkSize(bytes.count, of: path)
        }
        return bytes
    }

    /// Refuses a file that is too large to be a list, a report or a configuration.
    static func checkSize(_ size: Int, of path: String) throws {
        guard size <= limit else {
            throw CommandFailure.usage(["cannot read \(path.displayable): it has more than \(limit >> 20) MiB"])
        }
    }

    /// The file's bytes, or nil if there is no such file.
    static func readIfPresent(_ path: String) throws -> [UInt8]? {
        guard Files.exists(path) else { return nil }
        return try read(path)
    }

    /// Whether there is a file of any kind, except a folder.
    static func isFile(_ path: String) -> Bool {
        guard let kind = try? Files.kind(path, "read") else { return false }
        return kind != .folder
    }

    /// Replaces the file in one step: a reader sees the old text or the new one.
    static func write(_ text: String, to path: String, access: FileDraft.Access = .usual) throws {
        try write(to: path, access: access) { add throws(FileProblem) in try add(text) }
    }

    /// Replaces the file in one step: a reader sees the old bytes or the new ones.
    static func write(_ bytes: [UInt8], to path: String, access: FileDraft.Access = .usual) throws {
        try replace(path, access) { draft throws(FileProblem) in try draft.append(bytes) }
    }

    /// Replaces the file in one step. The new content comes in pieces.
    ///
    /// - Parameter texts: passes each piece to the closure that it gets.
    static func write(
        to path: String, access: FileDraft.Access = .usual,
        _ texts: ((String) throws(FileProblem) -> Void) throws(FileProblem) -> Void
    ) throws {
        try replace(path, access) { draft throws(FileProblem) in
            try texts { text throws(FileProblem) in try draft.append(Array(text.utf8)) }
        }
    }

    private static func replace(
        _ path: String, _ access: FileDraft.Access, _ fill: (FileDraft) throws(FileProblem) -> Void
    ) throws {
        do throws(FileProblem) {
            let draft = try FileDraft(for: path, access: access)
            try fill(draft)
            try draft.commit()
        } catch {
            throw CommandFailure("cannot write \(path.displayable): \(error.reason)", hint: error.hint)
        }
    }
}
