// SPDX-License-Identifier: Apache-2.0

import Content
import ItemLists
import OCI
import RegistryTasks
import Reporting
import TransferEngine

/// One image to copy, with the names it has in messages.
struct CopyItem: Sendable {
    var source: TransferEndpoint
    var target: TransferEndpoint
    /// `Copying from … to …`
    var named: CopyLog.Item

    init(source: Reference, target: Reference) {
        self.source = source.endpoint
        self.target = target.endpoint
        named = CopyLog.Item(
            source: source.description, target: target.description, targetRepository: target.repositoryName)
    }

    /// A copy into a layout folder, where it gets no name.
    init(source: Reference, layout folder: String) {
        self.source = source.endpoint
        let store = StoreID.layout(folder: folder)
        target = TransferEndpoint(store: store, repository: .layout, tag: nil, digest: nil)
        named = CopyLog.Item(source: source.description, target: store.name, targetRepository: store.name)
    }

    /// A copy from a source on this machine.
    init(local store: StoreID, digest: Digest, named name: String, target: Reference) {
        source = TransferEndpoint(store: store, repository: .layout, tag: nil, digest: digest)
        self.target = target.endpoint
        named = CopyLog.Item(
            source: name, target: target.description, targetRepository: target.repositoryName)
    }

    /// An image that was made here from another one. That image counts as its source, so that its blobs are mounted if
    /// possible.
    ///
    /// - Parameter base: nil if the image has no base.
    init(made digest: Digest, of base: Reference?, target: Reference) {
        source = TransferEndpoint(
            store: base.map { StoreID($0.registry) } ?? .made, repository: base?.repository ?? .layout, tag: nil,
            digest: digest)
        self.target = target.endpoint
        named = CopyLog.Item(
            source: base?.description ?? "the new image", target: target.description,
            targetRepository: target.repositoryName)
    }

    /// A copy of a manifest without a tag, to the place where an index will list it.
    init(child source: TransferEndpoint, named name: String, to target: TransferEndpoint, called targetName: String) {
        self.source = source
        self.target = target
        self.target.tag = nil
        self.target.digest = source.digest
        let end = source.digest.map { "@\($0)" } ?? ""
        named = CopyLog.Item(source: name, target: targetName + end, targetRepository: targetName)
    }

    /// An image of a repository that was listed.
    init(listed item: TreeItem) {
        (source, target) = (item.source, item.target)
        named = CopyLog.Item(
            source: item.sourceName, target: item.targetName, targetRepository: item.targetRepository.name)
    }

    var announcement: String { "Copying from \(named.source) to \(named.target)" }
}

extension StoreID {
    /// The source of an image that was made here without a base.
    static let made = StoreID.local("made")
}
