// SPDX-License-Identifier: Apache-2.0

import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum StandardInput {
    /// Reads and drops standard input. Returns at its end, or when the task is cancelled.
    static func untilEnd() async {
        let (open, end) = AsyncStream<Never>.makeStream()
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "input"))
        source.setEventHandler { if isAtEnd() { end.finish() } }
        source.resume()
        for await _ in open {}
        source.cancel()
    }

    private static func isAtEnd() -> Bool {
        let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
            read(STDIN_FILENO, $0.baseAddress, $0.count)
        }
        return count == 0 || count < 0 && ![EINTR, EAGAIN].contains(errno)
    }
}
