// SPDX-License-Identifier: Apache-2.0

import Benchmarking

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads what processes of this machine use.
enum ProcessMeter {
    /// CPU seconds of this process.
    static var ownCPU: Double {
        var usage = rusage()
        #if canImport(Glibc)
            let itself = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let itself = RUSAGE_SELF
        #endif
        guard getrusage(itself, &usage) == 0 else { return 0 }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// - Throws: where there is no such process, or no /proc to read it from.
    static func check(_ process: Int) throws {
        #if canImport(Glibc)
            guard use(of: process) == nil else { return }
            throw CommandFailure.usage(
                ["--pid \(process): there is no such process on this machine, or it cannot be looked at"])
        #else
            throw CommandFailure.usage(["--pid reads /proc, which this system does not have"])
        #endif
    }

    /// nil where the process cannot be looked at.
    static func use(of process: Int) -> ProcessUse? {
        #if canImport(Glibc)
            guard let stat = text("/proc/\(process)/stat"), let status = text("/proc/\(process)/status") else {
                return nil
            }
            return ProcessUse(stat: stat, status: status, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
        #else
            return nil
        #endif
    }

    private static func text(_ path: String) -> String? {
        (try? FileBytes.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
}
