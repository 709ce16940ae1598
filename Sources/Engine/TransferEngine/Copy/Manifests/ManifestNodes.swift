// SPDX-License-Identifier: Apache-2.0

import OCI

/// The manifests that are being copied to targets, each with what it waits for and what waits for it.
struct ManifestNodes: Sendable {
    private var nodes: [ManifestPlace: ManifestNode] = [:]

    subscript(place: ManifestPlace) -> ManifestNode? {
        _read { yield nodes[place] }
        _modify { yield &nodes[place] }
    }

    /// The number of manifests whose needs are not all known yet.
    var unreadCount: Int { nodes.values.count(where: \.isUnread) }

    mutating func remove(_ place: ManifestPlace) -> ManifestNode? { nodes.removeValue(forKey: place) }

    // MARK: - Waiting

    /// The manifest waits for one more thing.
    mutating func add(_ need: ManifestNode.Need, to place: ManifestPlace) { nodes[place]?.needs.insert(need) }

    /// One thing that the manifest waited for has happened.
    ///
    /// - Returns: whether it was the last one, and the manifest can be stored now.
    mutating func meet(_ need: ManifestNode.Need, of place: ManifestPlace) -> Bool {
        guard nodes[place]?.needs.remove(need) != nil, let node = nodes[place], case .waiting = node.state else {
            return false
        }
        return node.needs.isEmpty
    }

    func needs(_ need: ManifestNode.Need, _ place: ManifestPlace) -> Bool {
        nodes[place]?.needs.contains(need) == true
    }

    /// Whether the parent waits for a manifest that was removed, and was not begun again for this parent.
    func hasLost(_ place: ManifestPlace, _ parent: ManifestPlace) -> Bool {
        needs(.child(place), parent) && nodes[place]?.parents.contains(parent) != true
    }

    /// Makes the parent wait for a manifest that is already being copied for others.
    mutating func join(_ place: ManifestPlace, to parent: ManifestPlace) {
        nodes[place]?.parents.append(parent)
        addChild(place, to: parent)
    }

    /// Begins a manifest that the parent waits for.
    mutating func begin(_ node: ManifestNode, at place: ManifestPlace, below parent: ManifestPlace) {
        nodes[place] = node
        addChild(place, to: parent)
    }

    private mutating func addChild(_ place: ManifestPlace, to parent: ManifestPlace) {
        nodes[parent]?.children.append(place)
        nodes[parent]?.needs.insert(.child(place))
    }

    /// Whether a manifest waits for another one, directly or through others. No hash binds a list of referrers, and a
    /// hostile one could make two manifests wait for each other for ever.
    func isWaiting(_ place: ManifestPlace, for other: ManifestPlace) -> Bool {
        Graph.reaches(place, from: other) { nodes[$0]?.parents ?? [] }
    }

    // MARK: - Ends

    /// The parent no longer needs this manifest. If nothing else needs it, it is removed together with everything that only
    /// it needs.
    mutating func forgo(_ place: ManifestPlace, by parent: ManifestPlace) {
        nodes[place]?.parents.removeAll { $0 == parent }
        guard let node = nodes[place], node.parents.isEmpty, node.goals.isEmpty, !node.isStored else { return }
        nodes[place] = nil
        for child in node.children { forgo(child, by: place) }
    }

    /// The manifest is at its place and needs nothing more.
    mutating func settle(_ place: ManifestPlace) {
        guard var node = nodes.removeValue(forKey: place) else { return }
        node.state = .present
        (node.parents, node.children, node.blobs, node.needs) = ([], [], [], [])
        node.manifest = nil
        nodes[place] = node
    }
}
