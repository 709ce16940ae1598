// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that could not be written.
struct FileFailure: Error, CustomStringConvertible {
    let description: String
}

/// Writes a text file with the C library, because Foundation links `mktemp`, about which the linker warns.
enum TextFile {
    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else {
            throw FileFailure(description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        let written = fwrite(text, 1, text.utf8.count, file)
        guard fclose(file) == 0, written == text.utf8.count else {
            throw FileFailure(description: "cannot write all of \(path)")
        }
    }
}
