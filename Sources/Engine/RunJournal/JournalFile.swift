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

/// A file of lines that one process has to itself, as long as it is open.
///
/// The lock is the kernel's: it goes with the process, however that ends.
final class JournalFile: Sendable {
    let path: String
    private let file: OpenFile

    /// More than any journal has that a run leaves.
    private static let limit = 1 << 30

    /// Opens and locks the file, private to its user, making it where there is none.
    ///
    /// - Returns: nil while another process has it.
    /// - Throws: where a link, somebody else's file or no file at all stands at the path, too.
    init?(locking path: String) throws(JournalError) {
        do throws(FileProblem) {
            while true {
                let file = try OpenFile(keeping: path)
                guard try file.lock() else { return nil }
                // Whoever had it may have put another file in its place meanwhile.
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

    private init(path: String, file: OpenFile) {
        self.path = path
        self.file = file
    }

    deinit { file.unlock() }

    func read() throws(JournalError) -> [UInt8] {
        do throws(FileProblem) { return try file.contents(limit: Self.limit) } catch { throw JournalError(error) }
    }

    /// Adds lines in one write: a process that dies leaves them whole or not at all, or a torn last one.
    func append(_ lines: String) throws(JournalError) {
        do throws(FileProblem) { try add(lines) } catch {
            throw JournalError("write", path, because: error.reason)
        }
    }

    /// A file with these lines in place of this one: a process that dies leaves the old or the new one.
    func replaced(with contents: JournalContents) throws(JournalError) -> JournalFile {
        let fresh = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        do throws(JournalError) { return try written(contents, to: fresh) } catch {
            Files.remove(fresh)
            throw error
        }
    }

    private func written(_ contents: JournalContents, to fresh: String) throws(JournalError) -> JournalFile {
        do throws(FileProblem) {
            let file = JournalFile(path: path, file: try OpenFile(creating: fresh, mode: 0o600))
            // Nobody else knows the name yet.
            _ = try file.file.lock()
            try contents.forEachChunk { text throws(FileProblem) in try file.add(text) }
            try file.file.synchronize()
            try Files.rename(fresh, to: path)
            return file
        } catch {
            throw JournalError("replace", path, because: error.reason)
        }
    }

    private func add(_ lines: String) throws(FileProblem) {
        try file.append(Array(lines.utf8))
    }

    func remove() { Files.remove(path) }
}
