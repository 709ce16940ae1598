// SPDX-License-Identifier: Apache-2.0

import Benchmarking

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads how much CPU time and memory processes of this machine use.
enum ProcessMeter {
    /// CPU seconds of this process.
    static var ownCPU: Double { own.cpuSeconds }
    /// The peak memory of this process, in bytes.
    static var ownPeakMemory: Int64 { own.peakMemory }

    private static var own: ProcessUse {
        #if canImport(Glibc)
            use { getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &$0) }
        #else
            use { getrusage(RUSAGE_SELF, &$0) }
        #endif
    }

    /// What programs that were started here and have ended used: their total CPU time, and the largest one's memory.
    static var children: ProcessUse {
        #if canImport(Glibc)
            use { getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &$0) }
        #else
            use { getrusage(RUSAGE_CHILDREN, &$0) }
        #endif
    }

    private static func use(_ ask: (inout rusage) -> Int32) -> ProcessUse {
        var usage = rusage()
        guard ask(&usage) == 0 else { return ProcessUse(cpuSeconds: 0, peakMemory: 0) }
        let cpu = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        #if canImport(Glibc)
            // Linux gives this number in KiB.
            return ProcessUse(cpuSeconds: cpu, peakMemory: Int64(usage.ru_maxrss) * 1024)
        #else
            return ProcessUse(cpuSeconds: cpu, peakMemory: Int64(usage.ru_maxrss))
        #endif
    }

    /// The machine that this process runs on.
    static var machine: BenchMachine {
        var names = utsname()
        uname(&names)
        let system = [text(of: names.sysname), text(of: names.release), text(of: names.machine)]
        return BenchMachine(
            system: system.joined(separator: " "), processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            cpuinfo: text("/proc/cpuinfo") ?? "", meminfo: text("/proc/meminfo") ?? "")
    }

    /// The text of a field of fixed size, up to its first zero byte.
    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// - Throws: if there is no such process, or no /proc to read it from.
    static func check(_ process: Int) throws {
        #if canImport(Glibc)
            guard use(of: process) == nil else { return }
            throw CommandFailure.usage(
                ["--pid \(process): there is no such process on this machine, or it cannot be looked at"])
        #else
            throw CommandFailure.usage(["--pid reads /proc, which this system does not have"])
        #endif
    }

    /// nil if the process cannot be examined.
    static func use(of process: Int) -> ProcessUse? {
        #if canImport(Glibc)
            guard let stat = text("/proc/\(process)/stat"), let status = text("/proc/\(process)/status") else {
                return nil
            }
            var used = ProcessUse(stat: stat, status: status, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
            if let seconds = cpuSeconds(of: process) { used?.cpuSeconds = seconds }
            return used
        #else
            return nil
        #endif
    }

    #if canImport(Glibc)
        /// In nanoseconds (clock_getcpuclockid(3)). `/proc` counts in steps of 10 ms.
        private static func cpuSeconds(of process: Int) -> Double? {
            var (clock, time) = (clockid_t(), timespec())
            guard let process = pid_t(exactly: process), clock_getcpuclockid(process, &clock) == 0,
                clock_gettime(clock, &time) == 0
            else { return nil }
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    #endif

    private static func text(_ path: String) -> String? {
        (try? FileBytes.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
}
