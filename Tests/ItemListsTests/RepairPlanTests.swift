// SPDX-License-Identifier: Apache-2.0

import Content
import ItemLists
import Reporting
import Testing
import TransferEngine

@Suite struct RepairPlanTests {
    private func report(_ kind: ContentFailure.Kind) -> AuditReport {
        AuditReport(failure: failure(kind, side: .target))
    }

    @Test func `damaged images are sent whole, and what others lack is sent`() {
        let found = AuditResult([report(.notFound), report(.corrupt), nil, report(.corrupt)])
        let plan = RepairPlan(for: found)
        #expect(plan.rounds.map(\.items) == [[1, 3], [0, 2]])
        #expect(plan.rounds.map(\.existing) == [.ignored, .proven])
    }

    @Test func `what is left out is in no round, and there is no round of nothing`() {
        let plan = RepairPlan(for: AuditResult([report(.notFound), report(.corrupt)])) { $0 == 1 }
        #expect(plan.rounds.map(\.items) == [[0]] && plan.rounds.map(\.existing) == [.proven])
        #expect(RepairPlan(for: AuditResult([])).rounds.isEmpty)
    }
}
