import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files of any size, a piece at a time.
enum FilePieces {
    private static let size = 256 << 10

    /// Hands on the file's bytes until it ends or nobody wants more; `-` is standard input.
    static func read(
        _ path: String, while isWanted: () -> Bool, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: size)
        defer { piece.deallocate() }
        while isWanted() {
            let count = receive(descriptor, piece)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return }
            try body(UnsafeBufferPointer(rebasing: piece[..<count]))
        }
    }

    private static func receive(_ descriptor: Int32, _ piece: UnsafeMutableBufferPointer<UInt8>) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, piece.baseAddress, piece.count)
        #else
            Darwin.read(descriptor, piece.baseAddress, piece.count)
        #endif
    }

    private static func failure(_ path: String) -> CommandFailure {
        let name = path == "-" ? "standard input" : path.displayable
        return .usage(["cannot read \(name): \(String(cString: strerror(errno)).lowercased())"])
    }
}
