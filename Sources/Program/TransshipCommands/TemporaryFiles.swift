// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Creates files and folders for temporary content, in `TMPDIR` or else in `/tmp`.
struct TemporaryFiles {
    private let base: String

    init(_ environment: CommandEnvironment) { base = environment["TMPDIR"] ?? "/tmp" }

    /// Creates a folder, which is not removed.
    func folder(_ name: String) throws -> String {
        var template = self.template(name)
        guard mkdtemp(&template) != nil else { throw failure("make a folder in") }
        return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Calls `body` with the path of a file that has the content of an input; `-` is standard input.
    ///
    /// The file has no name of its own, so nothing of it remains, however this process ends.
    func withCopy<Result>(of input: String, _ body: (String) throws -> Result) throws -> Result {
        let descriptor = try nameless()
        defer { close(descriptor) }
        try FilePieces.read(input, while: { true }) { try write(UnsafeRawBufferPointer($0), to: descriptor) }
        return try body(Self.path(descriptor))
    }

    /// Opens a file with the bytes that `fill` provides. It has no name, either, and is deleted when it is closed.
    func file(_ fill: ((UnsafeRawBufferPointer) throws -> Void) async throws -> Void) async throws -> LayoutFile {
        let descriptor = try nameless()
        defer { close(descriptor) }
        try await fill { try write($0, to: descriptor) }
        return try LayoutFile(reading: Self.path(descriptor))
    }

    private func nameless() throws -> Int32 {
        var template = self.template("transship")
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure("make a file in") }
        // Programs that are started by this one must not inherit it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return descriptor
    }

    private static func path(_ descriptor: Int32) -> String { "/dev/fd/\(descriptor)" }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, start, rest.count)
            #else
                let count = Darwin.write(descriptor, start, rest.count)
            #endif
            guard count > 0 || errno == EINTR else { throw failure("write into") }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
        }
    }

    private func template(_ name: String) -> [CChar] { Array("\(base)/\(name)XXXXXX".utf8CString) }

    private func failure(_ task: String) -> CommandFailure {
        CommandFailure("cannot \(task) \(base.displayable): \(String(cString: strerror(errno)).lowercased())")
    }
}
