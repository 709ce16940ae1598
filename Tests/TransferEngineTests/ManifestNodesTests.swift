// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import TransferEngine

/// What waits for what among the manifests of a run.
@Suite struct ManifestNodesTests {
    private let repository: Repository

    init() throws { repository = try Repository("m/app") }

    private func place(_ number: UInt8) -> ManifestPlace {
        let digest = Digest(.sha256, hash: [UInt8](repeating: number, count: 32))
        return ManifestPlace(store: "target", repository: repository, digest: digest)
    }

    private func node(depth: Int, below parents: [ManifestPlace] = []) -> ManifestNode {
        ManifestNode(
            source: RepositoryPlace(store: "source", repository: repository), owner: 0, depth: depth, parents: parents)
    }

    private var index: ManifestPlace { place(1) }
    private var child: ManifestPlace { place(2) }
    private var leaf: ManifestPlace { place(3) }

    /// An index, its child, and a child of that.
    private func family() -> ManifestNodes {
        var nodes = ManifestNodes()
        nodes[index] = node(depth: 1)
        nodes.begin(node(depth: 2, below: [index]), at: child, below: index)
        nodes.begin(node(depth: 3, below: [child]), at: leaf, below: child)
        return nodes
    }

    @Test func `what only a forgone manifest needs is forgotten with it`() {
        var nodes = family()
        nodes.forgo(child, by: index)
        #expect(nodes[child] == nil && nodes[leaf] == nil && nodes[index] != nil)
    }

    @Test func `what another manifest needs, or is on its way to the target, stays`() {
        var nodes = family()
        let other = place(4)
        nodes[other] = node(depth: 1)
        nodes.join(leaf, to: other)
        nodes.forgo(child, by: index)
        #expect(nodes[child] == nil && nodes[leaf]?.parents == [other])
        nodes[leaf]?.state = .storing
        nodes.forgo(leaf, by: other)
        #expect(nodes[leaf] != nil)
    }

    @Test func `an index waits for what its children need, and not the other way round`() {
        let nodes = family()
        #expect(nodes.isWaiting(index, for: leaf) && nodes.isWaiting(child, for: leaf))
        #expect(!nodes.isWaiting(leaf, for: index) && !nodes.isWaiting(leaf, for: child))
    }

    @Test func `the last thing that a manifest waits for is told, once, and not before the manifest is read`() {
        var nodes = ManifestNodes()
        nodes[index] = node(depth: 1)
        nodes.add(.proof, to: index)
        let whileFetched = nodes.meet(.proof, of: index)
        nodes[index]?.state = .waiting
        nodes.add(.requests, to: index)
        nodes.add(.child(child), to: index)
        nodes.add(.child(child), to: index)
        let needs: [ManifestNode.Need] = [.requests, .reading, .requests, .child(child), .child(child)]
        let ends = needs.map { nodes.meet($0, of: index) }
        #expect(!whileFetched && ends == [false, false, false, true, false])
        nodes.settle(index)
        #expect(nodes.unreadCount == 0 && nodes[index]?.isStored == true)
    }
}
