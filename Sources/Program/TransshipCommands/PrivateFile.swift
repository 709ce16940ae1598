// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

/// A file with logins: only its owner may read it, and a reader sees the old text or the new one, never a part.
enum PrivateFile {
    /// Replaces the file, or the one a link at the path leads to: people keep their configuration elsewhere and link to it.
    /// Folders on the way are made for the owner alone.
    static func write(_ text: String, to path: String) throws {
        let path = Files.resolved(path) ?? path
        do throws(FileProblem) {
            try Files.makeFolders(Files.folder(of: path), mode: 0o700)
            try Files.replace(path, with: Array(text.utf8), access: .ownerOnly)
        } catch {
            throw CommandFailure("cannot write \(path.displayable): \(error.reason)", hint: error.hint)
        }
    }
}
