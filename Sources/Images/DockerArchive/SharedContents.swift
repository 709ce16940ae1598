// SPDX-License-Identifier: Apache-2.0

/// The hard links of a layer, and the source of their contents. A link's content is that of its target when a runtime
/// unpacks the link: an earlier entry of the same layer, otherwise one of the layers below. An entry of a layer above
/// with the target's name is another file.
///
/// This type keeps names and the headers of links that the output lacks, but no contents. Missing contents are read
/// again.
struct SharedContents: Sendable {
    /// The meaning of a name in this layer.
    private enum Place: Sendable {
        /// The content of the layer's entry of this number, counted from 0, and whether the output has it under this
        /// name.
        case content(Int, isShown: Bool)
        /// The content that the layers below have under this name.
        case below(String)
        case folder
        case device

        /// The same for a link that is not in the output, because the name under which the output has the content may
        /// get another content later.
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
    /// Links of the layers above that the output lacks, by name, and the target whose content each shares in this layer
    /// or below.
    private var owedFromAbove: [String: (header: EntryHeader, target: String)] = [:]
    /// Links that need the content of an entry of this layer, by the entry's number.
    private(set) var wanted: [Int: [Link]] = [:]
    /// The number of links to devices, which are not exported.
    private(set) var linksToDevices = 0

    // MARK: - Entries

    /// Notes an entry of this layer; the last one of a name counts.
    ///
    /// - Parameters:
    ///   - number: the entry's number in the layer, counted from 0.
    ///   - isShown: whether no layer above hides it.
    ///   - entry: the entry's header as the layer has it.
    /// - Returns: whether the entry is passed on unchanged.
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

    /// Begins the next layer below.
    mutating func beginLayer() {
        places = [:]
        wanted = [:]
    }

    /// At the end of a layer, resolves the missing links whose content is in its entries.
    ///
    /// - Parameter shadow: what the layer hides.
    /// - Returns: links whose content the output already has, and their targets.
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

    /// Throws, after the last layer, if a link is still missing.
    func finish() throws(ArchiveProblem) {
        if let (name, owed) = owedFromAbove.min(by: { $0.key < $1.key }) {
            throw .link(name, to: owed.target, .missing)
        }
    }
}
