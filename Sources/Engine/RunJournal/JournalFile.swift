// SPDX-License-Identifier: Apache-2.0

import Files

/// Why a journal cannot be kept.
package struct JournalError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ operation: String, _ path: String, because reason: String) {
        description = "cannot \(operation) the journal \(path): \(reason)"
    }

    init(_ problem: FileProblem) { self.init(problem.operation, problem.path, because: problem.reason) }
}

/// A file of lines that one process uses exclusively while it is open.
///
/// The kernel holds the lock and releases it when the process ends in any way.
final class JournalFile: Sendable {
    let path: String
    private let file: OpenFile

    /// Bytes. No run wrote a longer line, so it is skipped.
    private static let longestLine = 1 << 20

    /// Opens and locks the file. Creates it, readable by its user only, where it does not exist.
    ///
    /// - Returns: nil while another process has it.
    /// - Throws: also if the path is a symbolic link, another user's file, or not a regular file.
    init?(locking path: String) throws(JournalError) {
        do throws(FileProblem) {
            while true {
                let file = try OpenFile(keeping: path)
                guard try file.lock() else { return nil }
                // The process that had the lock may have replaced the file meanwhile.
                if file.isInPlace {
                    self.file = file
                    self.path = path
                    return
                }
            }
        } catch {
            throw JournalError(error)
        }
    }

    /// Opens the file without locking it. Another process may be adding lines to it, or replace it.
    init(reading path: String) throws(JournalError) {
        do throws(FileProblem) { file = try OpenFile(reading: path) } catch { throw JournalError(error) }
        self.path = path
    }

    private init(path: String, file: OpenFile) {
        self.path = path
        self.file = file
    }

    deinit { file.unlock() }

    /// Reads the file from its beginning in parts, so that the lines of a million items are not in memory at once.
    func forEachLine(_ body: ([UInt8]) throws(FileProblem) -> Void) throws(FileProblem) {
        var (offset, line): (Int64, [UInt8]) = (0, [])
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try piece.withUnsafeMutableBufferPointer { space throws(FileProblem) in
                try file.read(into: UnsafeMutableRawBufferPointer(space), at: offset)
            }
            guard count > 0 else { break }
            offset += Int64(count)
            var rest = piece[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                if line.count <= Self.longestLine { try body(line) }
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            if line.count <= Self.longestLine { line += rest }
        }
        if !line.isEmpty { try body(line) }
    }

    /// Adds lines in one write. If the process dies, the lines are complete, missing, or cut within one line.
    func append(_ lines: String) throws(JournalError) {
        do throws(FileProblem) { try add(lines) } catch {
            throw JournalError("write", path, because: error.reason)
        }
    }

    /// Replaces this file by a file with these contents. If the process dies, the old or the new file remains.
    ///
    /// - Parameter files: all files that the contents were read from. The lines of items are copied from them.
    func replaced(
        with contents: inout JournalContents, itemsOf files: [JournalFile], now: Int64
    ) throws(JournalError) -> JournalFile {
        let fresh = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        do throws(FileProblem) {
            let file = JournalFile(path: path, file: try OpenFile(creating: fresh, mode: 0o600))
            // No other process knows the name yet.
            _ = try file.file.lock()
            try file.add(&contents, itemsOf: files, now: now)
            try file.file.synchronize()
            try Files.rename(fresh, to: path)
            return file
        } catch {
            _ = try? Files.remove(fresh)
            throw JournalError("replace", path, because: error.reason)
        }
    }

    private func add(
        _ contents: inout JournalContents, itemsOf files: [JournalFile], now: Int64
    ) throws(FileProblem) {
        try contents.forEachChunk { text throws(FileProblem) in try add(text) }
        contents.beginKeeping()
        var chunk: [UInt8] = []
        for other in files {
            try other.forEachLine { line throws(FileProblem) in
                guard contents.keepsItem(of: line, now: now) else { return }
                chunk += line + [UInt8(ascii: "\n")]
                guard chunk.count >= 1 << 16 else { return }
                try file.append(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        try file.append(chunk)
    }

    private func add(_ lines: String) throws(FileProblem) {
        try file.append(Array(lines.utf8))
    }

    func remove() { _ = try? Files.remove(path) }
}
