// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads input of any size in pieces: a file, a pipe or standard input.
enum FilePieces {
    private static let size = 256 << 10

    /// Passes on the bytes until they end or the receiver wants no more; `-` is standard input.
    ///
    /// - Throws: `CommandFailure` for a folder or a device, too.
    static func read(
        _ path: String, while isWanted: () -> Bool, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        let file: OpenFile
        do throws(FileProblem) { file = try open(path) } catch { throw failure(path, error) }
        let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: size)
        defer { piece.deallocate() }
        while isWanted() {
            let count: Int
            do throws(FileProblem) { count = try next(file, UnsafeMutableRawBufferPointer(piece)) } catch {
                throw failure(path, error)
            }
            if count == 0 { return }
            try body(UnsafeBufferPointer(rebasing: piece[..<count]))
        }
    }

    /// Opening a pipe may wait for ever. A file is opened at once, also after a signal, when work has begun that needs it to end
    /// cleanly.
    private static func open(_ path: String) throws(FileProblem) -> OpenFile {
        if path != "-", (try? Files.kind(path, "read")) == .file {
            return try OpenFile(reading: path, takesPipes: true)
        }
        return try Interruption.whileReading { () throws(FileProblem) in
            path == "-"
                ? try OpenFile(duplicating: STDIN_FILENO, as: path) : try OpenFile(reading: path, takesPipes: true)
        }
    }

    private static func next(_ file: OpenFile, _ space: UnsafeMutableRawBufferPointer) throws(FileProblem) -> Int {
        guard file.kind != .file else { return try file.read(into: space) }
        return try Interruption.whileReading { () throws(FileProblem) in try file.read(into: space) }
    }

    private static func failure(_ path: String, _ problem: FileProblem) -> CommandFailure {
        let name = path == "-" ? "standard input" : path.displayable
        return .usage(["cannot read \(name): \(problem.reason)"], hint: problem.hint)
    }
}
