// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite struct ProcessUseTests {
    private let stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 9 0 1 2 3"

    @Test func `reads CPU time and peak memory, whatever the program is called`() {
        let use = ProcessUse(stat: stat, status: "Name:\ta\nVmHWM:\t  2048 kB\nVmRSS:\t 4 kB\n", ticksPerSecond: 100)
        #expect(use == ProcessUse(cpuSeconds: 2, peakMemory: 2 << 20))
    }

    @Test func `a process that has ended has no memory, and what is no such file is none`() {
        #expect(ProcessUse(stat: stat, status: "Name:\ta\n", ticksPerSecond: 100)?.peakMemory == 0)
        #expect(ProcessUse(stat: "4711 (a) S 1", status: "", ticksPerSecond: 100) == nil)
        #expect(ProcessUse(stat: stat, status: "", ticksPerSecond: 0) == nil)
    }
}
