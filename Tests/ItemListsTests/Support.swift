// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import ItemLists
import OCI
import TransferEngine

/// The items of a list, with these tags at its sources.
///
/// - Parameter tags: by repository, as `host/path`; a repository that is not among them could not be listed.
func listed(_ text: String, tags: [String: [String]] = [:]) throws -> ListedItems {
    var parser = BatchListParser()
    parser.read(Array(text.utf8), file: "list")
    var known: [SourceRepository: [OCI.Tag]] = [:]
    for repository in parser.repositoriesToList {
        known[repository] = try tags["\(repository)"]?.map { try OCI.Tag($0) }
    }
    let items = try parser.items(rules: [], tags: known)
    return ListedItems(
        items: DerivedList(items.items),
        failed: items.unexpanded.map { ListedItems.FailedLine(line: $0, failure: $0.failure(nil)) })
}

func digest(_ text: String) -> Digest { ContentHash.digest(of: Array(text.utf8)) }

/// A survey of items that share nothing: each is one manifest over one blob.
func survey(_ items: Int, failing: [Int: TransferFailure] = [:]) -> Survey {
    var survey = Survey()
    for number in 0..<items {
        survey.manifests.append(Survey.Content(digest: digest("manifest \(number)"), size: 100))
        survey.blobs.append(Survey.Content(digest: digest("blob \(number)"), size: 1 << 20))
        var item = Survey.Item()
        item.failure = failing[number]
        if item.failure == nil {
            (item.source, item.root) = (digest("manifest \(number)"), digest("manifest \(number)"))
            (item.manifests, item.blobs) = ([number], [number])
        }
        survey.items.append(item)
    }
    return survey
}

func failure(
    _ kind: ContentFailure.Kind, _ message: String = "no", side: TransferSide = .source
) -> TransferFailure { TransferFailure(ContentFailure(kind, message), side: side) }
