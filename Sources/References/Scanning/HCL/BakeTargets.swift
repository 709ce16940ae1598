// SPDX-License-Identifier: Apache-2.0

/// The targets of a Bake file, each with what it inherits and the turns of its matrix (docs.docker.com,
/// "Bake file reference").
struct BakeTargets {
    private var bodies: [String: HCLBody] = [:]
    private var resolver = HCLResolver()

    /// The most targets that one target inherits from. Further ones are ignored.
    private static let inheritanceLimit = 64
    /// The most combinations of a matrix that are tried.
    private static let turnLimit = 256

    init() {}

    init(_ blocks: [HCLBlock], _ resolver: HCLResolver) {
        self.resolver = resolver
        for block in blocks where block.type == "target" {
            if let name = block.labels.first { bodies[name] = block.body }
        }
    }

    /// A target with everything it inherits. Later inherited targets override earlier ones, and the target itself
    /// overrides them all.
    func whole(_ body: HCLBody) -> HCLBody {
        var seen: Set<String> = []
        return whole(body, &seen)
    }

    /// - Parameter seen: targets that were already included. In a cycle, or if several ways lead to one target, it
    ///   counts once.
    private func whole(_ body: HCLBody, _ seen: inout Set<String>) -> HCLBody {
        guard seen.count < Self.inheritanceLimit, let names = body.value("inherits") else { return body }
        var result = body
        for name in resolver.sources(of: names).map(\.string).reversed() {
            guard let inherited = bodies[name], seen.insert(name).inserted else { continue }
            result = Self.merged(whole(inherited, &seen), result)
        }
        return result
    }

    private static let joined: Set<String> = ["args", "contexts"]

    /// Merges `over` into `base`. Arguments and contexts of both count.
    static func merged(_ base: HCLBody, _ over: HCLBody) -> HCLBody {
        var result = over
        for entry in base.attributes {
            guard let index = result.attributes.firstIndex(where: { $0.name == entry.name }) else {
                result.attributes.append(entry)
                continue
            }
            guard joined.contains(entry.name), case .object(let own) = result.attributes[index].value,
                case .object(let inherited) = entry.value
            else { continue }
            let names = Set(own.map(\.name))
            let all = inherited.filter { !names.contains($0.name) } + own
            result.attributes[index] = HCLEntry(name: entry.name, value: .object(all))
        }
        return result
    }

    /// The values of the matrix names in each combination. Without a matrix, one combination without names.
    func turns(of body: HCLBody) -> [[(name: String, value: HCLValue)]] {
        guard case .object(let entries)? = body.value("matrix") else { return [[]] }
        return entries.reduce([[]]) { turns, entry in
            let values = resolver.list(entry.value)
            guard !values.isEmpty else { return turns }
            let longer = turns.flatMap { turn in values.map { turn + [(name: entry.name, value: $0)] } }
            return Array(longer.prefix(Self.turnLimit))
        }
    }
}
