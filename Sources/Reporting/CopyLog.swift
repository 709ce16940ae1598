import Content
package import OCI
import Synchronization
package import TransferEngine

/// A copy told in gcrane's words: the lines scripts around `cp` have learned to read.
package final class CopyLog: TransferObserver {
    private struct State {
        var report: ItemReport?
        /// Whether the source's manifest had been read.
        var reachedBlobs = false
    }

    private let source: String
    private let target: Reference
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter log: takes a line without its time.
    package init(source: String, target: Reference, log: @escaping @Sendable (String) -> Void) {
        self.source = source
        self.target = target
        self.log = log
    }

    package func receive(_ event: TransferEvent) {
        switch event {
        case .planned: state.withLock { $0.reachedBlobs = true }
        case .manifestExisted(let digest, _):
            log("existing manifest: \(target.tag.map { $0.name + "@" } ?? "")\(digest)")
        case .blobPlaced(let outcome, let blob, _, _): log("\(outcome.word) blob: \(blob.digest)")
        case .manifestStored(let selector, let digest, let size, _, _, _):
            log("\(name(selector)): digest: \(digest) size: \(size)")
        case .retrying(let failure, _, _): log("retrying \(failure.cause.message)")
        case .itemFinished(let report): state.withLock { $0.report = report }
        case .itemStarted, .foreignLayerSkipped, .paused, .uploadResumed: break
        }
    }

    /// The error line's text, or nil if the copy arrived. What failed while the source's manifest was read says so.
    package var failure: String? {
        let (report, reachedBlobs) = state.withLock { ($0.report, $0.reachedBlobs) }
        guard let report else { return "interrupt signal received" }
        guard case .failed(let failure) = report.outcome else { return nil }
        if failure.cause.kind == .cancelled { return "interrupt signal received" }
        let isFetching = failure.side == .source && !reachedBlobs
        return (isFetching ? "fetching \"\(source.displayable)\": " : "") + failure.cause.message
    }

    package var hint: String? {
        guard case .failed(let failure) = state.withLock({ $0.report })?.outcome else { return nil }
        return failure.cause.hint
    }

    private func name(_ selector: ManifestSelector) -> String {
        switch selector {
        case .tag: target.asTyped.displayable
        case .digest(let digest): "\(target.repositoryName)@\(digest)"
        }
    }
}

extension BlobOutcome {
    fileprivate var word: String {
        switch self {
        case .sent: "pushed"
        case .mounted: "mounted"
        case .present: "existing"
        }
    }
}
