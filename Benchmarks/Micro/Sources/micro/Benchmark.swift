// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Something to measure: a round of work and how many operations it is.
struct Benchmark {
    let name: String
    /// What one operation is.
    let unit: String
    /// Does one round; returns the number of operations.
    let round: () async throws -> Int

    /// Nanoseconds an operation: the medians over rounds, after one that only warms up.
    func measure(rounds: Int) async throws -> Measurement {
        var times: [Double] = []
        var loads: [Double] = []
        var count = try await round()
        for _ in 0..<rounds {
            let load = processTime()
            let start = ContinuousClock.now
            count = try await round()
            times.append((ContinuousClock.now - start) / .nanoseconds(1) / Double(count))
            loads.append((processTime() - load) / Double(count))
        }
        return Measurement(name: name, unit: unit, operations: count, time: median(times), cpu: median(loads))
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Nanoseconds of processor time of all threads.
    private func processTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// What a benchmark found; times in nanoseconds an operation.
struct Measurement {
    let name: String
    let unit: String
    let operations: Int
    let time: Double
    let cpu: Double

    var line: String {
        let columns = [
            name.padded(to: 34), "\(rounded(time)) ns".leftPadded(to: 14), "\(rounded(cpu)) ns CPU".leftPadded(to: 18),
        ]
        return columns.joined() + "  per \(unit), \(operations) a round"
    }

    var json: String {
        """
          {"name": "\(name)", "unit": "\(unit)", "operations": \(operations), "ns": \(rounded(time)), "cpuNs": \(rounded(cpu))}
        """
    }

    /// Three digits after the point, which bytes need.
    private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    fileprivate func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// Where results go that nobody needs, so that the compiler cannot leave out what computed them.
@inline(never)
func keep<Value>(_ value: borrowing Value) {}
