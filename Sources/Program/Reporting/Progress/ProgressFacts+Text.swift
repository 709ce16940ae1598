// SPDX-License-Identifier: Apache-2.0

import OCI

extension ProgressFacts {
    /// One line for a log, which people read and `grep` finds.
    package func notice(unicode: Bool) -> Notice {
        let members = (try? JSON(Array(json.utf8)))?.members ?? []
        var notice = Notice(.info, "progress", line(unicode: unicode))
        notice.fields = members.filter { $0.key != "type" }
        return notice
    }

    func line(unicode: Bool) -> String {
        let style = ProgressStyling(TerminalTraits(isScreen: false, isUnicode: unicode, hasColours: false))
        var parts: [String] = []
        if let share { parts.append("\(Int(share * 100)) %") }
        if items.total > 0 {
            parts.append("\(items.done) done, \(items.failed) failed of \(Quantity.count(items.total, items.noun))")
        }
        if let requests, requests > 0 { parts.append(Quantity.count(requests, "request")) }
        if let bytes, bytes.known > 0 { parts.append(style.bytes(bytes)) }
        if rate >= 1 { parts.append(Quantity.rate(Int64(saturating: rate), in: 1)) }
        if let secondsLeft {
            parts.append(style.timeLeft(secondsLeft, isGuess: bytes?.isGrowing == true))
        }
        parts.append(Quantity.roughTime(elapsed) + " so far")
        parts += registryParts
        return "progress: " + (phase ?? verb) + ": " + parts.joined(separator: "; ")
    }

    /// All registries that wait, and the busiest of the others.
    private var registryParts: [String] {
        let busy = registries.filter { $0.wait == nil && $0.inFlight > 0 }
        let least = busy.map(\.inFlight).sorted(by: >).prefix(Self.registriesInLine).last ?? 0
        let shown = registries.filter { $0.wait != nil || ($0.inFlight > 0 && $0.inFlight >= least) }
        let hidden = registries.count { $0.wait == nil && $0.inFlight > 0 && $0.inFlight < least }
        return shown.map(\.linePart) + (hidden > 0 ? ["\(hidden) more with requests under way"] : [])
    }

    private static let registriesInLine = 4

    /// One object for programs. `docs/progress.schema.json` describes it; its members are a public interface.
    package var json: String {
        JSON.object([
            "type": .string("progress"), "final": .bool(isFinal), "doing": .string(verb), "finished": JSON(items.ended),
            "total": JSON(items.total), "failed": JSON(items.failed), "bytesMoved": JSON(bytesMoved),
            "bytesDone": bytes.map { JSON($0.done) } ?? .null, "bytesPlanned": bytes.map { JSON($0.known) } ?? .null,
            "isPlanComplete": .bool(bytes?.isGrowing != true), "share": share.map { .decimal($0, 4) } ?? .null,
            "requests": requests.map { JSON($0) } ?? .null, "bytesPerSecond": .decimal(rate, 0),
            "seconds": .decimal(elapsed, 1),
            "secondsLeft": secondsLeft.map { .decimal($0, 1) } ?? .null,
            "registries": .array(registries.map(\.json)), "blobs": .array(blobs.prefix(10).map(\.json)),
            "failures": .array(failures.map { .string($0.text) }),
        ]).text
    }
}

extension ProgressFacts.Registry {
    fileprivate var linePart: String {
        guard let wait else {
            let requests = "\(name) \(inFlight)\(limit.map { " of at most \($0)" } ?? "") requests under way"
            return requests + (silence.map { ", no answer for \(Quantity.roughTime($0))" } ?? "")
        }
        let end = "goes on in \(Quantity.timeToGo(wait.seconds)), at \(wait.clockTime)"
        return "\(name) waits: \(wait.reason), \(end)"
    }

    fileprivate var json: JSON {
        .object([
            "registry": .string(name), "inFlight": JSON(inFlight), "limit": limit.map { JSON($0) } ?? .null,
            "waits": wait.map { wait in
                .object([
                    "reason": .string(wait.reason), "seconds": .decimal(wait.seconds, 1),
                    "until": .string(wait.clockTime),
                ])
            } ?? .null,
            "secondsWithoutAnswer": silence.map { .decimal($0, 1) } ?? .null,
        ])
    }
}

extension ProgressFacts.Blob {
    fileprivate var json: JSON {
        .object([
            "digest": .string(name), "target": .string(target), "bytesMoved": JSON(moved), "size": JSON(size),
        ])
    }
}

extension JSON {
    fileprivate static func decimal(_ value: Double, _ decimals: Int) -> JSON {
        .number(Quantity.fixed(value, decimals: decimals))
    }
}
