// SPDX-License-Identifier: Apache-2.0

/// Measures the hot paths, one after the other.
@main
struct Micro {
    static let usage = """
        Measures the hot paths: time and CPU time of one operation, the median of several rounds.

        usage: micro [--json] [--rounds N] [--items N] [--mebibytes N] [NAME]...
          NAME         run only this: reference, manifest, scheduler, copy, verify
          --rounds     rounds of each (default: 5)
          --items      items of the scheduler's run (default: 100000)
          --mebibytes  bytes that are copied and verified (default: 256)
        """

    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(usage)
            return
        }
        var results: [Measurement] = []
        for group in groups where options.wants(group.name) {
            for benchmark in try group.make(options) {
                let measurement = try await benchmark.measure(rounds: options.rounds)
                if !options.json { print(measurement.line) }
                results.append(measurement)
            }
        }
        if options.json { print("[\n" + results.map(\.json).joined(separator: ",\n") + "\n]") }
    }

    static let names = groups.map(\.name)

    /// Made only when wanted: some need data first.
    private static let groups: [(name: String, make: @Sendable (Options) throws -> [Benchmark])] = [
        ("reference", { _ in [referenceParsing()] }),
        ("manifest", { _ in [manifestDecoding(), indexDecoding()] }),
        ("scheduler", { [try scheduler(items: $0.items)] }),
        ("copy", { copying(mebibytes: $0.mebibytes) }),
        ("verify", { verification(mebibytes: $0.mebibytes) }),
    ]
}

/// What the command line asks for; nil where it asks for help.
struct Options {
    var json = false
    var rounds = 5
    var items = 100_000
    var mebibytes = 256
    var names: [String] = []

    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        func number() -> Int? { rest.next().flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }
        while let argument = rest.next() {
            switch argument {
            case "--json": json = true
            case "--rounds": guard let value = number() else { return nil }; rounds = value
            case "--items": guard let value = number() else { return nil }; items = value
            case "--mebibytes": guard let value = number() else { return nil }; mebibytes = value
            case let name where name.hasPrefix("-"): return nil
            case let name where !Micro.names.contains(name): return nil
            default: names.append(argument)
            }
        }
    }

    func wants(_ name: String) -> Bool { names.isEmpty || names.contains(name) }
}
