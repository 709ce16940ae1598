// SPDX-License-Identifier: Apache-2.0

import OCI

/// The lines that a terminal of a given size shows of a run: facts in, lines out.
///
/// If there is no room, the least important parts are omitted. No word is cut.
package struct ProgressScreen: Sendable {
    private static let most = 14

    private let width: Int
    private let height: Int
    private let style: ProgressStyling

    /// - Parameters:
    ///   - width: columns of the terminal. The last one stays free: some terminals wrap when it is written.
    ///   - height: rows of the terminal.
    package init(width: Int, height: Int, traits: TerminalTraits) {
        self.width = max(10, width) - 1
        self.height = max(2, height)
        style = ProgressStyling(traits)
    }

    package func lines(_ facts: ProgressFacts) -> [String] {
        let head = head(facts)
        // The row below the last note stays visible, too.
        var room = min(Self.most, height - 2) - 1
        guard room > 0 else { return [head] }
        let failures = facts.failures.suffix(min(3, max(1, room / 3))).map(failure)
        room -= failures.count
        let registries = registries(facts.registries, room: min(room, max(2, room * 2 / 3)))
        room -= registries.count
        let blobs = blobs(facts.blobs, room: min(room, 5))
        return [head] + registries + blobs + failures
    }

    // MARK: - The first line

    /// The first line. If there is no room for all parts, the part with the highest rank is left out first; the others
    /// keep their order.
    private func head(_ facts: ProgressFacts) -> String {
        var parts: [(rank: Int, text: String)] = [(6, facts.phase ?? facts.verb)]
        if let share = facts.share { parts.append((0, "\(Int(share * 100)) %")) }
        if let bytes = facts.bytes, bytes.known > 0 { parts.append((5, style.bytes(bytes))) }
        if facts.rate >= 1 { parts.append((4, Quantity.rate(Int64(saturating: facts.rate), in: 1))) }
        if let left = facts.secondsLeft {
            parts.append((2, style.timeLeft(left, isGuess: facts.bytes?.isGrowing == true)))
        } else {
            parts.append((3, Quantity.roughTime(facts.elapsed) + " so far"))
        }
        if let requests = facts.requests, requests > 0 { parts.append((3, Quantity.count(requests, "request"))) }
        if facts.items.total > 0 { parts.append((1, items(facts.items))) }
        while parts.count > 1, length(parts) > width,
            let worst = parts.indices.max(by: { parts[$0].rank < parts[$1].rank })
        {
            parts.remove(at: worst)
        }
        return withBar(parts.map(\.text), facts)
    }

    private func length(_ parts: [(rank: Int, text: String)]) -> Int {
        parts.reduce(2 * (parts.count - 1)) { $0 + $1.text.count }
    }

    private func items(_ items: ProgressFacts.Items) -> String {
        let failed = items.failed > 0 ? ", \(items.failed) failed" : ""
        return width >= 100
            ? "\(items.done) done\(failed) of \(Quantity.count(items.total, items.noun))"
            : "\(items.done)/\(items.total)\(failed)"
    }

    /// Adds a bar if the terminal has room for all facts and a bar of ten columns.
    private func withBar(_ parts: [String], _ facts: ProgressFacts) -> String {
        let text = parts.joined(separator: "  ")
        let room = min(30, width - text.count - 2)
        guard let share = facts.share, room >= 10, let first = parts.first, parts.count > 1 else { return text }
        return ([first, style.bar(share, room)] + parts.dropFirst()).joined(separator: "  ")
    }

    // MARK: - Below it

    /// Registries that wait or do not answer come first, then those with most requests in flight.
    private func registries(_ all: [ProgressFacts.Registry], room: Int) -> [String] {
        let shown = all.filter { $0.inFlight > 0 || $0.isHeldUp || all.count <= 2 }.enumerated().sorted {
            ($0.element.isHeldUp ? 0 : 1, -$0.element.inFlight, $0.offset) < (
                $1.element.isHeldUp ? 0 : 1, -$1.element.inFlight, $1.offset
            )
        }.map(\.element)
        guard room > 0, !shown.isEmpty else { return [] }
        let fitting = shown.count <= room ? shown : Array(shown.prefix(room - 1))
        let names = fitting.map { $0.name.shortenedHost(to: max(12, width / 2)) }
        let column = names.map(\.count).max() ?? 0
        var lines = zip(names, fitting).map { name, registry in
            line(name.padded(to: column), details: details(registry), isWarning: registry.isHeldUp)
        }
        if shown.count > fitting.count { lines.append("  and \(shown.count - fitting.count) more") }
        return lines
    }

    /// The forms of the text, from the longest to the shortest.
    private func details(_ registry: ProgressFacts.Registry) -> [String] {
        if let wait = registry.wait {
            let end = wait.seconds < 600 ? "in \(Quantity.timeToGo(wait.seconds))" : "at \(wait.clockTime)"
            return [
                "waits: \(wait.reason), goes on \(end)", "\(wait.reason), on \(end)", "\(wait.reason), \(end)",
                "waits, on \(end)", end,
            ]
        }
        let requests = requests(registry)
        guard let silence = registry.silence else { return requests }
        let told = "no answer for \(Quantity.roughTime(silence))"
        return requests.dropLast().map { "\($0), \(told)" } + [told, "no answer"]
    }

    private func requests(_ registry: ProgressFacts.Registry) -> [String] {
        let number = registry.inFlight
        guard let limit = registry.limit else {
            return [Quantity.count(number, "request") + " under way", "\(number)"]
        }
        return [
            "\(number) of at most \(limit) requests under way", "\(number) of \(limit) requests under way",
            "\(number) of \(limit) requests",
            "\(number)/\(limit)",
        ]
    }

    private func line(_ name: String, details: [String], isWarning: Bool) -> String {
        let room = width - name.count - 4
        guard let text = details.first(where: { $0.count <= room }) else { return "  " + name }
        return "  " + name + "  " + (isWarning ? style.warning(text) : text)
    }

    private func blobs(_ all: [ProgressFacts.Blob], room: Int) -> [String] {
        all.prefix(max(0, room)).map { blob in
            let share = blob.size > 0 ? min(1, Double(blob.moved) / Double(blob.size)) : 1
            let percent = "\(Int(share * 100))".leftPadded(to: 3) + " %"
            let amount = "\(Quantity.bytes(min(blob.moved, blob.size))) of \(Quantity.bytes(blob.size))"
            let head = "  \(blob.name)  \(percent)"
            let bar = style.bar(share, width >= 100 ? 20 : 10)
            let forms = [
                "  \(blob.name)  \(bar)  \(percent)  \(amount.padded(to: 24))  \(blob.target)",
                "  \(blob.name)  \(bar)  \(percent)  \(amount)", "\(head)  \(amount)", head,
            ]
            return forms.first { $0.count <= width } ?? head
        }
    }

    private func failure(_ failure: ProgressFacts.Failure) -> String {
        "  " + style.failure("failed") + "  " + failure.line(room: width - 10, ellipsis: style.ellipsis)
    }
}

extension ProgressFacts.Registry {
    /// Whether the registry is paused or does not answer.
    fileprivate var isHeldUp: Bool { wait != nil || silence != nil }
}
