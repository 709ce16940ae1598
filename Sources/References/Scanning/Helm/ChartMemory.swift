// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What files of charts came to, by their content: all templates of a chart have the same values and helpers.
final class ChartMemory: Sendable {
    private struct State {
        var definitions: [[UInt8]: [String: String]] = [:]
        var findings: [[UInt8]: [Finding]] = [:]
    }

    private let state = Mutex(State())

    /// Files that are kept of each kind, at most: a scan goes from chart to chart.
    private static let most = 32

    func definitions(in helper: [UInt8], or read: () -> [String: String]) -> [String: String] {
        if let known = state.withLock({ $0.definitions[helper] }) { return known }
        let definitions = read()
        state.withLock { state in
            if state.definitions.count >= Self.most { state.definitions.removeAll() }
            state.definitions[helper] = definitions
        }
        return definitions
    }

    func findings(in values: [UInt8], or scan: () -> [Finding]) -> [Finding] {
        if let known = state.withLock({ $0.findings[values] }) { return known }
        let findings = scan()
        state.withLock { state in
            if state.findings.count >= Self.most { state.findings.removeAll() }
            state.findings[values] = findings
        }
        return findings
    }
}
