// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

extension SurveyPlan {
    /// Everything that was read, and what each item reaches of it.
    func survey() -> Survey {
        var collector = SurveyCollector(nodes: nodes.mapValues(Self.collected), blobs: blobs)
        for item in items {
            let named = named(by: item)
            collector.add(root(of: item, named: named), named: try? named.get(), store: item.source.store)
        }
        var survey = collector.result
        survey.sources = SurveyedSources(
            tags: tags, nodes: nodes.mapValues(Self.surveyed), blobs: blobs.contents, madeDigests: madeDigests)
        return survey
    }

    static func surveyed(_ node: Node) -> SurveyedSources.Node {
        switch node {
        case .asked: .failed(.notRead)
        case .failed(let failure): .failed(failure)
        case .known(let known):
            .known(isIndex: known.isIndex, children: known.children, blobs: known.blobs, size: known.size)
        }
    }

    func named(by item: TransferItem) -> Result<Digest, TransferFailure> {
        item.source.digest.map { .success($0) } ?? tags[item.source.sourceTag] ?? .failure(.notRead)
    }

    func root(
        of item: TransferItem, named: Result<Digest, TransferFailure>
    ) -> Result<SurveyCollector.Root, TransferFailure> {
        named.flatMap { digest in
            guard let choice = item.platforms, let selection = selections[IndexChoice(of: choice, from: digest)] else {
                return .success(SurveyCollector.Root(digest: digest))
            }
            return selection.flatMap { selection in
                // What an index has for one platform may be an index again. No digest leads back to itself.
                guard choice.wantsSingleImage, selection.root != digest else {
                    return .success(
                        SurveyCollector.Root(
                            digest: selection.root, children: selection.isSparse ? selection.children : nil))
                }
                return root(of: item, named: .success(selection.root))
            }
        }
    }

    var madeDigests: [IndexChoice: Digest] {
        selections.compactMapValues { if case .success(let selection) = $0 { selection.root } else { nil } }
    }

    static func collected(_ node: Node) -> SurveyCollector.Node {
        switch node {
        case .asked: .failed(.notRead)
        case .failed(let failure): .failed(failure)
        case .known(let known): .known(children: known.children, blobs: known.blobs, size: known.size)
        }
    }
}

extension TransferFailure {
    /// The run was stopped before this was read.
    static let notRead = TransferFailure(.cancelled, side: .source)
}

extension TransferEndpoint {
    /// The tag that a source without a digest names.
    var sourceTag: SourceTag { SourceTag(store: store, repository: repository, tag: tag ?? .latest) }
}
