// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Replaces a file's bytes atomically: a reader sees the old file or the new one.
enum EditedFile {
    /// Replaces a file, keeping its mode and, where that is allowed, its owner.
    ///
    /// - Parameters:
    ///   - path: without symbolic links.
    ///   - old: what the file must still hold.
    /// - Throws: `CommandFailure`; then the file is as it was.
    static func replace(_ path: String, old: [UInt8], with new: [UInt8]) throws {
        guard try FileBytes.read(path) == old else { throw failure(path, "it has changed since it was read") }
        guard access(path, W_OK) == 0 else { throw failure(path, String(cString: strerror(errno)).lowercased()) }
        do throws(FileProblem) { try Files.replace(path, with: new, access: .asBefore) } catch {
            throw failure(path, error.reason)
        }
    }

    private static func failure(_ path: String, _ reason: String) -> CommandFailure {
        CommandFailure("cannot write \(path.displayable): \(reason); it is as it was")
    }
}
