// SPDX-License-Identifier: Apache-2.0

import Testing

/// A time limit ends a test that would otherwise never end. It says nothing about speed, because other tests keep the
/// machine busy; speed belongs to `Benchmarks`.
@Suite struct TimeLimitTests {
    @Test func `no test fails because the machine is slow`() {
        let limits = SourceTree.checkout.tests.flatMap { file in
            file.lines.enumerated().filter { $0.element.contains(".timeLimit(") }.map { position, line in
                (place: "\(file.path):\(position + 1)", isLong: line.contains(".timeLimit(.minutes(30))"))
            }
        }
        #expect(!limits.isEmpty)
        #expect(limits.filter { !$0.isLong }.map(\.place) == [], "shorter or longer than 30 minutes")
    }
}
