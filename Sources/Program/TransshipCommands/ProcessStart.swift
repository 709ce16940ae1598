// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads the state of the process at its start, and adjusts it before anything else happens.
enum ProcessStart {
    private struct Dispositions {
        var ignoresHangUp = false
        var ignoresBrokenPipes = false
        /// The number of descriptors that this process may have.
        var openFiles = 1024
    }

    private static let found = Mutex(Dispositions())

    /// The process was started so that the end of the terminal does not end it (`nohup`).
    static var ignoresHangUp: Bool { found.withLock { $0.ignoresHangUp } }
    /// The process was started so that a reader that goes away causes an error and not a signal.
    static var ignoresBrokenPipes: Bool { found.withLock { $0.ignoresBrokenPipes } }

    /// The path of this program's file, to start the program once more.
    static var program: String {
        #if canImport(Darwin)
            var path = [CChar](repeating: 0, count: Int(PATH_MAX))
            var size = UInt32(path.count)
            _ = _NSGetExecutablePath(&path, &size)
            return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #else
            return Files.resolved("/proc/self/exe") ?? CommandLine.arguments[0]
        #endif
    }

    /// The number of requests at once to one registry for which the limit on open files leaves room, at most `wanted`.
    /// Some descriptors must stay free, because libdispatch ends the process if it cannot open a file of /proc to count
    /// its threads.
    static func connections(atMost wanted: Int) -> Int {
        let open = found.withLock { $0.openFiles }
        return max(1, min(wanted, (open - 24) / 8))
    }

    /// Throws if there are too few descriptors to send or serve requests. An event loop that gets no descriptor would
    /// end the process without a message.
    static func checkOpenFiles() throws {
        let open = found.withLock { $0.openFiles }
        guard open < fewestOpenFiles else { return }
        throw CommandFailure(
            "this process may have \(open) files open at once, fewer than the \(fewestOpenFiles) it needs for connections",
            hint: "raise ulimit -n")
    }

    /// Three standard descriptors, three of an event loop, two of the system's queues, and some for files and
    /// connections.
    private static let fewestOpenFiles = 20

    /// Each event loop uses three descriptors, and a machine may have hundreds of processors. Most descriptors must
    /// remain for connections.
    private static func limitEventLoops(openFiles: Int) {
        let most = max(1, (openFiles - 16) / 12)
        if System.coreCount > most { NIOSingletons.groupLoopCountSuggestion = most }
    }

    static func prepare(as program: ProgramName) {
        openStandardDescriptors(of: program)
        found.withLock {
            $0.ignoresHangUp = isIgnored(SIGHUP)
            $0.ignoresBrokenPipes = isIgnored(SIGPIPE)
        }
        // A reader that went away is then reported by EPIPE, for sockets and for outputs.
        signal(SIGPIPE, SIG_IGN)
        raiseOpenFiles()
    }

    /// A closed descriptor would be given to the next file that is opened, and messages would be written into that.
    private static func openStandardDescriptors(of program: ProgramName) {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            // Results that go nowhere are lost. To notice this, the descriptor is opened for reading, so that writing
            // to it fails. Lost messages are not noticed, nor is anything under the names gcrane and crane: Go opens
            // /dev/null for its programs in the same way (runtime, checkfds).
            _ = open("/dev/null", descriptor == 1 && program == .transship ? O_RDONLY : O_WRONLY)
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The soft limit is low for the sake of programs that use select(2), which this one does not.
    private static func raiseOpenFiles() {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, 65_536)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = wanted
            setrlimit(resource, &limit)
        }
        let open = Int(clamping: min(limit.rlim_cur, 65_536))
        found.withLock { $0.openFiles = open }
        limitEventLoops(openFiles: open)
    }
}
