// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The two ends of a pipe. Child processes do not inherit them, unless one is started while the pipe is created. The owner
/// of the pipe closes each end once.
struct Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32

    init() throws(ProgramFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .notStarted(systemReason(errno)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    mutating func closeReading() { Self.close(&reading) }
    mutating func closeWriting() { Self.close(&writing) }

    mutating func close() {
        closeReading()
        closeWriting()
    }

    private static func close(_ end: inout Int32) {
        if end >= 0 { systemClose(end) }
        end = -1
    }

    /// Makes reads from the pipe return at once when there is nothing to read.
    func setNonblocking(_ end: Int32) { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }

    /// Writes all bytes or throws. It cannot block: this process still holds both ends.
    func fill(_ bytes: [UInt8]) throws(ProgramFailure) {
        setNonblocking(writing)
        let count = bytes.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw .notStarted("its input of \(bytes.count) bytes does not fit a pipe") }
    }

    static func wake(_ end: Int32) {
        var byte: UInt8 = 0
        _ = write(end, &byte, 1)
    }

    /// The bytes that can be read now; nil at the pipe's end.
    static func readAvailable(_ end: Int32, into buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
        while true {
            let count = buffer.withUnsafeMutableBytes { read(end, $0.baseAddress, $0.count) }
            if count > 0 { return buffer[..<count] }
            if count == 0 { return nil }
            if errno == EINTR { continue }
            return errno == EAGAIN ? [] : nil
        }
    }
}

private func systemClose(_ end: Int32) { _ = close(end) }

/// The system's words for an error number.
func systemReason(_ number: Int32) -> String { String(cString: strerror(number)) }
