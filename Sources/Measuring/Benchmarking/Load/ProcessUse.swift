// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a process has used since it began.
package struct ProcessUse: Sendable, Hashable {
    /// User and system time of all its threads.
    package var cpuSeconds: Double
    /// Bytes of memory at most.
    package var peakMemory: Int64

    package init(cpuSeconds: Double, peakMemory: Int64) {
        self.cpuSeconds = cpuSeconds
        self.peakMemory = peakMemory
    }

    /// Reads Linux's `/proc/PID/stat` and `/proc/PID/status` (proc_pid_stat(5), proc_pid_status(5)).
    ///
    /// - Parameter ticksPerSecond: of the counters in `stat`.
    package init?(stat: String, status: String, ticksPerSecond: Int) {
        // The program's name stands in parentheses and may hold anything; the last one closes it.
        guard let name = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        // A process that has ended and is not yet waited for has no memory, and no such line.
        let kibibytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int64($0) }
        self.init(
            cpuSeconds: (user + system) / Double(ticksPerSecond),
            peakMemory: (kibibytes ?? 0).multiplied(saturatingBy: 1024))
    }
}
