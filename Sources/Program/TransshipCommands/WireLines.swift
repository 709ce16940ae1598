// SPDX-License-Identifier: Apache-2.0

import Distribution
import RegistryTransport
import Reporting

/// Requests and responses as gcrane's `-v` shows them.
struct WireLines: Sendable {
    let log: TimestampedLog
    /// Secrets that were sent never appear here, even if a peer repeats them.
    let secrets: SentSecrets

    fileprivate func tell(_ event: WireEvent) {
        switch event {
        case .sending(let exchange):
            line("--> \(exchange.method.rawValue) \(exchange.url)\(exchange.body.note)")
            dump(exchange.headers, exchange.body)
        case .received(let exchange, let status, let headers, let body, let time):
            line("<-- \(status) \(exchange.url) (\(Quantity.time(time)))\(body.note)")
            dump(headers, body)
        case .failed(let exchange, let failure, let time):
            line("<-- \(failure) \(exchange.method.rawValue) \(exchange.url) (\(Quantity.time(time)))")
        }
    }

    private func line(_ text: String) { log.line(secrets.hidden(in: text)) }

    private func dump(_ headers: WireHeaders, _ body: ShownBody) {
        log.console.note(headers.text { secrets.hidden(in: $0) })
        if case .bytes = body { log.console.note(body.text { secrets.hidden(in: $0) }) }
    }
}

extension WireLog {
    static func gcrane(_ lines: WireLines) -> WireLog { WireLog { lines.tell($0) } }
}

extension ShownBody {
    fileprivate var note: String {
        if case .hidden = self { " \(self)" } else { "" }
    }
}
