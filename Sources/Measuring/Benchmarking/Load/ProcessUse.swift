// SPDX-License-Identifier: Apache-2.0

import OCI

/// The resources that a process has used since its start.
package struct ProcessUse: Sendable, Hashable {
    /// The user and system time of all its threads, in seconds.
    package var cpuSeconds: Double
    /// The peak memory in bytes.
    package var peakMemory: Int64

    package init(cpuSeconds: Double, peakMemory: Int64) {
        self.cpuSeconds = cpuSeconds
        self.peakMemory = peakMemory
    }

    /// Reads Linux's `/proc/PID/stat` and `/proc/PID/status` (proc_pid_stat(5), proc_pid_status(5)).
    ///
    /// - Parameter ticksPerSecond: the ticks per second of the counters in `stat`.
    package init?(stat: String, status: String, ticksPerSecond: Int) {
        // The program's name is in parentheses and may contain any character. The last parenthesis closes the name.
        guard let name = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        // A process that has ended and was not waited for yet has no memory and no such line.
        let kibibytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int64($0) }
        self.init(
            cpuSeconds: (user + system) / Double(ticksPerSecond),
            peakMemory: (kibibytes ?? 0).multiplied(saturatingBy: 1024))
    }
}
