// SPDX-License-Identifier: Apache-2.0

import OCI

/// The progress of a run as a part of its page, with the same facts as on a terminal.
struct ProgressPanel {
    private static let mostBlobs = 8
    private static let styling = ProgressStyling(TerminalTraits(isScreen: false, isUnicode: true, hasColours: false))

    private let facts: ProgressFacts

    init(_ facts: ProgressFacts) { self.facts = facts }

    var html: String {
        "<section class=\"progress\" aria-label=\"Progress\"><h2>Progress</h2>\(bar)<p>\(line.html)</p>\(waits)</section>"
    }

    /// The requests and blobs that are under way.
    var lanes: String { registries + blobs }

    private var bar: String {
        guard let share = facts.share else { return "" }
        let text = "\(Int(share * 100)) %"
        return "<p class=\"share\"><progress max=\"1\" value=\"\(Quantity.fixed(share, decimals: 4))\" "
            + "aria-label=\"Share done\">\(text)</progress> <b>\(text)</b></p>"
    }

    private var line: String {
        let verb = facts.isFinal ? "ended" : facts.verb
        var parts = ["\(verb): \(facts.items.done) done, \(facts.items.failed) failed of \(total)"]
        if let bytes = facts.bytes, bytes.known > 0 { parts.append(Self.styling.bytes(bytes)) }
        if let requests = facts.requests, requests > 0 { parts.append(Quantity.count(requests, "request")) }
        if facts.isFinal { return parts.joined(separator: "; ") }
        if facts.rate >= 1 { parts.append(Quantity.rate(Int64(saturating: facts.rate), in: 1)) }
        if let left = facts.secondsLeft {
            parts.append(Self.styling.timeLeft(left, isGuess: facts.bytes?.isGrowing == true))
        }
        return parts.joined(separator: "; ")
    }

    private var total: String { Quantity.count(facts.items.total, facts.items.noun) }

    private var waits: String {
        guard !facts.isFinal else { return "" }
        return facts.registries.compactMap { registry in
            registry.wait.map { wait in
                let text = "\(registry.name) waits: \(wait.reason), goes on in \(Quantity.timeToGo(wait.seconds))"
                return "<p class=\"wait\">\(text.html), at \(wait.clockTime.html)</p>"
            }
        }.joined()
    }

    private var registries: String {
        ReportTable(
            "Requests under way", ["registry", "under way", "at most"], numbers: 1...2,
            facts.registries.map { [$0.name, "\($0.inFlight)", $0.limit.map { "\($0)" } ?? "–"] }
        ).section
    }

    private var blobs: String {
        ReportTable(
            "Blobs under way", ["blob", "target", "moved", "size", "share"], numbers: 2...4,
            facts.blobs.prefix(Self.mostBlobs).map { blob in
                let share = blob.size > 0 ? min(1, Double(blob.moved) / Double(blob.size)) : 0
                return [
                    blob.name, blob.target, Quantity.bytes(blob.moved), Quantity.bytes(blob.size),
                    "\(Int(share * 100)) %",
                ]
            }
        ).section
    }
}
