import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whole small files, in and out.
enum FileBytes {
    /// The file's bytes, read until its end, whatever it is: a file, a pipe with a name, a terminal; `-` is standard input.
    static func read(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try FilePieces.read(path, while: { true }) { bytes += $0 }
        return bytes
    }

    /// The file's bytes, or nil where there is no such file.
    static func readIfPresent(_ path: String) throws -> [UInt8]? {
        guard access(path, F_OK) == 0 else { return nil }
        return try read(path)
    }

    /// Whether there is such a file, of whatever kind but a folder.
    static func isFile(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
    }

    /// Replaces the file in one step: a reader sees the old text or the new one.
    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Replaces the file in one step: a reader sees the old bytes or the new ones.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("cannot write \(path.displayable): \(reason(error))")
        }
    }

    /// Whether a file could be written there, before hours of work depend on it.
    static func checkFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard access(folder, W_OK) == 0 else {
            let reason = String(cString: strerror(errno)).lowercased()
            throw CommandFailure.usage(["cannot write \(path.displayable): \(reason)"])
        }
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? CocoaError {
            switch error.code {
            case .fileNoSuchFile: return "no such file"
            case .fileWriteNoPermission: return "permission denied"
            default: break
            }
        }
        return "\(error)".displayable
    }
}
