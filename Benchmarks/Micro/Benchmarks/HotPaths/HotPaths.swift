// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Paths

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.instructions, .cpuTotal, .wallClock, .throughput], maxDuration: .seconds(2), maxIterations: .max)
    for path in HotPath.all {
        Benchmark(path.name) { benchmark in
            let work = try path.prepare()
            benchmark.startMeasurement()
            try work()
        }
    }
    copy()
    verify()
}

/// Mebibytes of the blobs that are copied and verified.
let mebibytes = 64
