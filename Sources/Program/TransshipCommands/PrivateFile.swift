// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

/// A file with logins: only its owner may read it, and a reader sees the old text or the new one, never a part.
enum PrivateFile {
    /// Replaces the file. If the path is a link, it replaces the file that the link leads to, because people keep their
    /// configuration elsewhere and link to it. Missing folders are made for the owner alone.
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
