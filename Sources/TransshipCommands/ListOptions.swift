import ArgumentParser
import BatchList
import OCI
import TransferEngine

/// How lists become items, for every command that takes lists.
struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where items without a target of their own go.", valueName: "host[:port][/path]"))
    var to: String?
    @Option(help: "How a source's name continues the target: as-written, repository (without its registry), flatten.")
    var map: TargetMapping = .asWritten

    /// Reads all lists, or throws everything that is wrong with them.
    func items(of lists: [String]) throws -> [BatchItem] {
        guard lists.count(where: { $0 == "-" }) <= 1 else {
            throw CommandFailure.usage(["standard input can be read only once: - was given twice"])
        }
        var parser = BatchListParser()
        for list in lists { parser.read(try FileBytes.read(list), file: list) }
        let rule = try rule()
        do throws(BatchListError) { return try parser.items(rule: rule) } catch {
            throw CommandFailure.usage(error.problems.map(\.description), hint: error.problems.compactMap(\.hint).first)
        }
    }

    private func rule() throws -> TargetRule? {
        guard let to else { return nil }
        do throws(TargetPrefixError) { return TargetRule(prefix: try TargetPrefix(parsing: to), mapping: map) } catch {
            throw CommandFailure.usage(["--to: \(error)"], hint: error.hint)
        }
    }
}

extension TargetMapping: ExpressibleByArgument {}
