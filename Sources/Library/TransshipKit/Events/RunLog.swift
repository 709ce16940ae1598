// SPDX-License-Identifier: Apache-2.0

import Distribution
import Logging
import OCI
import TransferEngine

/// Logs what runs report besides their results to swift-log. Messages are constant, so that they can be searched and
/// counted. Variable parts are metadata.
///
/// Messages of level notice are facts that no result contains. All others are also in events and results, and are for
/// debugging.
struct RunLog: Sendable {
    static let label = "transship"

    let logger: Logger

    /// - Parameter logger: by default a logger of the backend that the program has set up.
    init(_ logger: Logger = Logger(label: RunLog.label)) { self.logger = logger }

    /// Called on the task of a request, once for each different text of a registry.
    func tell(_ notice: RegistryNotice, of host: RegistryHost) {
        switch notice {
        case .warning(let text):
            logger.notice("registry warning", metadata: ["registry": "\(host.publicName)", "text": "\(text)"])
        case .remark(let text):
            logger.debug("registry remark", metadata: ["registry": "\(host.publicName)", "text": "\(text)"])
        }
    }

    func pause(of store: StoreID, for length: Duration) {
        logger.debug(
            "registry paused", metadata: ["registry": "\(store.publicName)", "seconds": "\(length.inSeconds)"])
    }

    /// - Parameter items: the items of the run, by position.
    func tell(_ event: TransferEvent, of items: [CopyItem]) {
        switch event {
        case .signatureKept(let tag, let digest, let source, let store, let repository, _):
            logger.notice(
                "signature kept",
                metadata: [
                    "repository": "\(store.repositoryName(repository))", "tag": "\(tag)", "digest": "\(digest)",
                    "offered": "\(source)",
                ])
        case .foreignLayerSkipped(let layer, let item):
            logger.notice(
                "foreign layer skipped", metadata: ["digest": "\(layer.digest)", "target": "\(items[item].target)"])
        case .tagMoved(let tag, let old, let new):
            logger.notice(
                "tag moved",
                metadata: [
                    "repository": "\(tag.store.repositoryName(tag.repository))", "tag": "\(tag.tag)", "from": "\(old)",
                    "to": "\(new)",
                ])
        default: debug(event, of: items)
        }
    }

    private func debug(_ event: TransferEvent, of items: [CopyItem]) {
        switch event {
        case .uploadResumed(let blob, let offset, let store, let repository):
            logger.debug(
                "upload resumed",
                metadata: [
                    "repository": "\(store.repositoryName(repository))", "digest": "\(blob.digest)",
                    "offset": "\(offset)",
                ])
        case .retrying(let failure, let delay, let item):
            var metadata = Self.metadata(of: TransshipError(failure), items[item])
            metadata["seconds"] = "\(delay.inSeconds)"
            logger.debug("request failed and is tried again", metadata: metadata)
        case .paused(let store, let pause, _): self.pause(of: store, for: pause.length)
        case .itemFinished(let report):
            guard case .failed(let failure) = report.outcome else { return }
            logger.debug("image failed", metadata: Self.metadata(of: TransshipError(failure), items[report.item]))
        default: break
        }
    }

    private static func metadata(of error: TransshipError, _ item: CopyItem) -> Logger.Metadata {
        [
            "source": "\(item.source)", "target": "\(item.target)", "kind": "\(error.kind.rawValue)",
            "error": "\(error)",
        ]
    }
}

extension StoreID {
    /// A repository as users write it, `HOST/PATH`. A layout is one repository.
    func repositoryName(_ repository: Repository) -> String {
        isLayout ? name : "\(publicName)/\(repository)"
    }
}

extension Duration {
    fileprivate var inSeconds: Double { self / .seconds(1) }
}
