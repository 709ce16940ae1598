/// Somebody who follows a run and can say how far it is.
package protocol ProgressSource: Sendable {
    func snapshot(bytesMoved: Int64, elapsed: Duration) -> ProgressSnapshot
}

/// What a progress display shows at one moment.
package struct ProgressSnapshot: Sendable {
    package var finished = 0
    package var total = 0
    package var failed = 0
    package var bytesMoved: Int64 = 0
    /// Bytes known to be needed so far; grows while graphs are discovered.
    package var bytesPlanned: Int64 = 0
    package var elapsed: Duration = .zero

    package init() {}

    /// One line that fits the width: a bar, items, bytes, the rate, failures.
    package func line(width: Int) -> String {
        let text = text
        let room = min(30, width - text.count - 4)
        return room >= 8 ? bar(room) + " " + text : String(text.prefix(max(0, width - 1)))
    }

    /// Items, bytes, the rate, failures.
    package var text: String {
        let rate = Quantity.rate(bytesMoved, in: Quantity.seconds(elapsed))
        var text = "\(finished)/\(total) items  \(Quantity.bytes(bytesMoved))  \(rate)"
        if failed > 0 { text += "  \(failed) failed" }
        return text + "  " + Quantity.time(elapsed)
    }

    /// By finished items: never goes backwards when more bytes are discovered.
    private func bar(_ width: Int) -> String {
        let share = total == 0 ? 0 : Double(finished) / Double(total)
        let filled = min(width, Int(share * Double(width)))
        return "[" + String(repeating: "#", count: filled) + String(repeating: "·", count: width - filled) + "]"
    }

    /// The same facts as one JSON object, for `--progress json`.
    package var json: String {
        "{\"finished\":\(finished),\"total\":\(total),\"failed\":\(failed),\"bytesMoved\":\(bytesMoved),"
            + "\"bytesPlanned\":\(bytesPlanned),\"seconds\":\(Quantity.fixed(Quantity.seconds(elapsed), decimals: 1))}"
    }
}
