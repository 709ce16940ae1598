// SPDX-License-Identifier: Apache-2.0

import Reporting
import Synchronization

/// Warnings of registries, shown as crane shows them: each text once, after the command.
final class RegistryWarnings: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) {
        texts.withLock { if !$0.contains(text) { $0.append(text) } }
    }

    func show(_ context: CommandContext) {
        let isPlain = context.environment["NO_COLOR"] != nil || context.environment["TERM"] == "dumb"
        let mark = isPlain ? "[WARNING]" : "\u{1B}[1;33m[WARNING]\u{1B}[0m"
        for text in texts.withLock({ $0 }) { context.console.note("\(mark): \(text)") }
    }
}
