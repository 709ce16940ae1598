// SPDX-License-Identifier: Apache-2.0

/// Hard links of a layer, and where what they share comes from. What a link stands for is what its target was when a runtime came
/// to the link: an earlier entry of the same layer, else one of the layers below. What a layer above has under the target's name is
/// another file.
///
/// Keeps names, the headers of links that the output lacks, and nothing of the contents: those that it lacks are read once more.
struct SharedContents: Sendable {
    /// What a name of this layer stands for.
    private enum Place: Sendable {
        /// The content of the layer's entry of this number, counted from 0, and whether the output has it under this name.
        case content(Int, isShown: Bool)
        /// What the layers below have under another name.
        case below(String)
        case folder
        case device

        /// The same for a link that the output does not have: the name under which it has the content may stand for another one
        /// by the time somebody asks.
        var hidden: Self { if case .content(let number, _) = self { .content(number, isShown: false) } else { self } }
    }

    /// A link that the output lacks.
    private struct Debt: Sendable {
        var link: Link
        var target: String
        var place: Place
    }

    /// A hard link and its header.
    struct Link: Hashable, Sendable {
        let name: String
        let header: EntryHeader
    }

    private var places: [String: Place] = [:]
    /// Links of this layer that the output lacks.
    private var owed: [String: Debt] = [:]
    /// Those of the layers above, by their names, to what they share in this layer or below.
    private var owedFromAbove: [String: (header: EntryHeader, target: String)] = [:]
    /// Links under whose names contents of this layer are wanted, by the numbers of the entries.
    private(set) var wanted: [Int: [Link]] = [:]
    /// Links to devices, which nobody gets.
    private(set) var linksToDevices = 0

    // MARK: - Entries

    /// Notes an entry of this layer; the last one of a name counts.
    ///
    /// - Parameters:
    ///   - number: its place in the layer.
    ///   - isShown: whether no layer above hides it.
    ///   - entry: as the layer has it.
    /// - Returns: whether it goes on as it stands.
    mutating func add(
        _ header: TarHeader, named name: String, number: Int, isShown: Bool, entry: @autoclosure () -> EntryHeader
    ) throws(ArchiveProblem) -> Bool {
        if isShown { owed[name] = nil }
        switch header.kind {
        case "1":
            let target = LayerPath.clean(header.linkName)
            return try addLink(Link(name: name, header: entry()), to: target, isShown: isShown)
        case "3", "4":
            places[name] = .device
            return false
        case "5": places[name] = .folder
        default: places[name] = .content(number, isShown: isShown)
        }
        return isShown
    }

    private mutating func addLink(
        _ link: Link, to target: String, isShown: Bool
    ) throws(ArchiveProblem) -> Bool {
        let name = link.name
        let place = places[target] ?? .below(target)
        guard isShown else {
            places[name] = place.hidden
            return false
        }
        places[name] = place
        switch place {
        case .content(_, isShown: true): return true
        case .folder: throw .link(name, to: target, .folder)
        case .device: linksToDevices += 1
        case .content(_, isShown: false), .below: owed[name] = Debt(link: link, target: target, place: place)
        }
        return false
    }

    // MARK: - The end of a layer

    /// Goes on to the next layer below.
    mutating func beginLayer() {
        places = [:]
        wanted = [:]
    }

    /// Pays, at the end of a layer, what can be paid with its entries.
    ///
    /// - Parameter shadow: what the layer hides.
    /// - Returns: links that share what the output has already, and their targets.
    mutating func settle(_ shadow: LayerShadow) throws(ArchiveProblem) -> [(link: Link, target: String)] {
        var links: [(link: Link, target: String)] = []
        let fromAbove = owedFromAbove.map { name, owed in
            Debt(
                link: Link(name: name, header: owed.header), target: owed.target,
                place: places[owed.target] ?? .below(owed.target))
        }
        let all = fromAbove + owed.values
        (owed, owedFromAbove) = ([:], [:])
        for debt in all.sorted(by: { $0.link.name < $1.link.name }) {
            switch debt.place {
            case .content(_, isShown: true): links.append((debt.link, debt.target))
            case .content(let number, isShown: false): wanted[number, default: []].append(debt.link)
            case .below(let target): try postpone(debt.link, target, shadow)
            case .folder: throw .link(debt.link.name, to: debt.target, .folder)
            case .device: linksToDevices += 1
            }
        }
        return links
    }

    private mutating func postpone(
        _ link: Link, _ target: String, _ shadow: LayerShadow
    ) throws(ArchiveProblem) {
        guard !shadow.hidesBelow(target) else { throw .link(link.name, to: target, .removed) }
        owedFromAbove[link.name] = (link.header, target)
    }

    /// Says, after the last layer, whether everything was paid.
    func finish() throws(ArchiveProblem) {
        if let (name, owed) = owedFromAbove.min(by: { $0.key < $1.key }) {
            throw .link(name, to: owed.target, .missing)
        }
    }
}
