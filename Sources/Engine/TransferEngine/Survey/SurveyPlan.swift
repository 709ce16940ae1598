// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Decides what a survey requests: answers in, questions out. Pure.
///
/// It keeps only the parts of a manifest that a survey reports, because a list may have a hundred thousand manifests.
struct SurveyPlan: Inquiry {
    typealias Request = Question
    typealias Finding = Never
    typealias Value = ManifestContent
    typealias Answer = Result<ManifestContent, TransferFailure>
    typealias Event = InquiryEvent<Never>

    var admits = true
    var requests: RequestMachine<Question>
    var events: [InquiryEvent<Never>] = []
    let items: [TransferItem]
    let settings: TransferSettings
    /// Bytes of memory that the manifests read so far take, about.
    var bytesKept = 0
    var tags: [SourceTag: Result<Digest, TransferFailure>] = [:]
    var nodes: [ManifestCache.Key: Node] = [:]
    var blobs = ContentTable()
    private var (asked, answered) = (0, 0)
    /// The number of descriptors that each item reaches. It is limited because graphs may be hostile.
    var descriptors: [ItemID: Int] = [:]
    /// The choices of platforms of all items.
    let choices: Set<PlatformChoice>
    /// What was chosen of each index.
    var selections: [IndexChoice: Result<Selection, TransferFailure>] = [:]
    /// Choices that wait for their index.
    var choosing: [ManifestCache.Key: Set<PlatformChoice>] = [:]
    /// For each tag, one item of each choice of platforms.
    let itemsByTag: [SourceTag: [ItemID]]

    init(items: [TransferItem], settings: TransferSettings) {
        self.items = items
        self.settings = settings
        choices = Set(items.lazy.compactMap(\.platforms))
        itemsByTag = Self.itemsByTag(items)
        requests = RequestMachine(settings: settings.requests)
        ask(firstQuestions())
    }

    static func itemsByTag(_ items: [TransferItem]) -> [SourceTag: [ItemID]] {
        var known: [SourceTag: [ItemID]] = [:]
        for (id, item) in items.enumerated() where item.source.digest == nil {
            let others = known[item.source.sourceTag, default: []]
            guard !others.contains(where: { items[$0].platforms == item.platforms }) else { continue }
            known[item.source.sourceTag] = others + [id]
        }
        return known
    }

    /// The first questions to the sources.
    mutating func firstQuestions() -> [Question] {
        var questions: [Question] = []
        var tags: Set<SourceTag> = []
        for (id, item) in items.enumerated() {
            if let digest = item.source.digest {
                questions += want(root: digest, of: id)
            } else if tags.insert(item.source.sourceTag).inserted {
                questions.append(.read(item.source.sourceTag))
            }
        }
        return questions
    }

    mutating func ask(_ questions: [Question]) {
        asked += questions.count
        for question in questions { requests.append(question, for: 0) }
    }

    var state: PlanState {
        var state = requests.state
        state.sourcesRead = asked == 0 ? 1 : Double(answered) / Double(asked)
        return state
    }

    mutating func take(_ answer: Answer, to question: Question) {
        answered += 1
        switch (question, answer) {
        case (.fetch(let key, let repository), _): ask(fetched(key, from: repository, answer))
        case (.read(let tag), .success(let content)): ask(read(tag, content))
        case (.read(let tag), .failure(let failure)): tags[tag] = .failure(failure)
        }
    }
}
