// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct SurveyProgressTests {
    @Test func `a survey says which part of its questions is answered, up to all of them`() throws {
        let images = ["a": SampleImage(layers: ["one"], name: "one"), "b": SampleImage(layers: ["two"], name: "two")]
        var plan = SurveyPlan(
            items: [try .copying("a:1", to: "m/a:1"), try .copying("b:1", to: "m/b:1")], settings: TransferSettings())
        var shares = [plan.state.sourcesRead]
        while let queued = plan.next(now: .zero) {
            plan.finish(queued, try answer(queued.request, images), now: .zero)
            shares.append(plan.state.sourcesRead)
        }
        #expect(shares.count == 3 && shares == shares.sorted())
        #expect(shares.first == 0 && shares.last == 1)
    }

    private func answer(
        _ question: SurveyPlan.Question, _ images: [String: SampleImage]
    ) throws -> Result<ManifestContent, TransferFailure> {
        let repository =
            switch question {
            case .fetch(_, let repository): repository
            case .read(let tag): tag.repository
            }
        return .success(try #require(images["\(repository)"]).root)
    }
}
