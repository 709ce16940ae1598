// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Decides everything an audit asks: answers in, questions and reports out.
///
/// An item's root is read at the target. Then the source is asked what the root should be. Then everything below the root
/// is checked. A manifest or blob that several images share is checked once.
struct AuditPlan: Inquiry {
    typealias Request = AuditRequest
    typealias Value = AuditAnswer
    typealias Answer = Result<AuditAnswer, TransferFailure>
    typealias Event = InquiryEvent<ItemAudit>

    let items: [AuditItem]
    let settings: TransferSettings
    /// nil: blobs are requested by HEAD and not read.
    let inspector: (any ImageInspector)?
    var admits = true
    var requests: RequestMachine<AuditRequest>
    var events: [InquiryEvent<ItemAudit>] = []
    var states: [AuditItemState]
    var nodes: [AuditPlace: AuditNode] = [:]
    var blobs: [AuditedBlob: AuditBlob] = [:]
    /// Blobs that are read for all repositories of a store.
    var contents: [AuditedContent: AuditContent] = [:]
    var reading = ReadingState()
    /// Items whose root is known, or that have ended.
    private var rootsKnown = 0
    /// The number of roots that are known and of manifests below them that were read.
    var manifestsRead = 0
    /// Manifests below roots that are being asked for.
    var childrenUnread = 0
    private var begun = 0
    private var ended = 0

    init(_ items: [AuditItem], settings: TransferSettings, inspector: (any ImageInspector)?) {
        self.items = items
        self.settings = settings
        self.inspector = inspector
        states = Array(repeating: AuditItemState(), count: items.count)
        requests = RequestMachine(settings: settings.requests)
    }

    var isAllAsked: Bool { begun == items.count }

    /// Blobs are read, and not only requested by HEAD.
    var readsBlobs: Bool { inspector != nil }

    var state: PlanState {
        var state = requests.state
        guard readsBlobs else { return state }
        state.reading = reading
        state.manifestsRead = manifestsRead
        state.manifestsUnread = childrenUnread + states.count - rootsKnown
        return state
    }

    mutating func admit() {
        // If no request runs or waits, none of the begun items can end, and the other items must not wait for them.
        while begun < items.count, begun - ended < max(1, settings.jobs) || requests.isEmpty, !requests.isStopping {
            begun += 1
            begin(begun - 1)
        }
    }

    mutating func end(_ item: ItemID, _ report: AuditReport) {
        ended += 1
        rootKnown(of: item)
        events.append(.found(ItemAudit(item: item, report: report)))
    }

    /// Everything that the root names is planned, or the item has ended.
    mutating func rootKnown(of item: ItemID) {
        guard !states[item].isRootKnown else { return }
        states[item].isRootKnown = true
        rootsKnown += 1
        manifestsRead += 1
    }

    mutating func take(_ answer: Result<AuditAnswer, TransferFailure>, to request: AuditRequest) {
        switch request {
        case .fetchRoot(let item, _, _): rootRead(item, answer.map(\.manifest))
        case .resolveSource(let item, let tag): sourceResolved(item, by: tag, answer.map(\.summary))
        case .fetchSource(let item, _, _): sourceRead(item, answer.map(\.manifest))
        case .findAtSource(let item, _, _): originTold(item, answer.map(\.summary))
        case .fetchManifest(let place): manifestRead(place, answer.map(\.manifest))
        case .listReferrers(let place, let source): referrersListed(place, at: source, answer.map(\.referrers))
        case .findBlob(let place, let descriptor): blobFound(at: place, descriptor, answer.failure)
        case .readBlob(let place, let descriptor): blobRead(at: place, descriptor, answer.failure)
        case .conclude(let place, _): concluded(place, answer.map(\.tally))
        }
    }
}

extension AuditAnswer {
    fileprivate var manifest: ManifestContent {
        if case .manifest(let content) = self { content } else { preconditionFailure("an answer of another kind") }
    }

    fileprivate var summary: ManifestSummary? {
        if case .summary(let summary) = self { summary } else { preconditionFailure("an answer of another kind") }
    }

    fileprivate var referrers: ReferrerList {
        if case .referrers(let list) = self { list } else { preconditionFailure("an answer of another kind") }
    }

    fileprivate var tally: LayerTally {
        if case .tally(let tally) = self { tally } else { preconditionFailure("an answer of another kind") }
    }
}

extension Result where Failure == TransferFailure {
    fileprivate var failure: TransferFailure? { if case .failure(let failure) = self { failure } else { nil } }
}
