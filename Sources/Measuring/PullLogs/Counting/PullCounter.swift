// SPDX-License-Identifier: Apache-2.0

/// The settings of a count.
package struct PullSettings: Sendable {
    package var period = Period()
    /// The length of the rows of a table over time; nil for one row for each image.
    package var unit: TimeUnit?
    package var zone = TimeZoneRules.utc
    /// The maximum number of problems that are listed. Others are only counted.
    package var namedProblems = 100

    package init() {}
}

/// Counts the pulls in logs, which are fed in pieces.
///
/// Memory: that of `LogReader` and `SeenPulls`, a number for each image (and for each minute, hour or day if there is a
/// unit), and a `Timeline` for each registry.
package final class PullCounter {
    private let settings: PullSettings
    package private(set) var tally = PullTally()
    private var seen = SeenPulls()
    private var indices: [String: Int] = [:]
    /// The positions of images by full name, because one image can have many spellings.
    private var byName: [String: Int] = [:]
    private var file = ""
    private var reader: LogReader?
    /// The start of the table row of the last counted pull. Logs are mostly in order, so the next pull often has the
    /// same row.
    private var lastRow: (second: Int64, start: Instant)?

    package init(_ settings: PullSettings) { self.settings = settings }

    /// - Parameter file: the file's name in messages.
    package func begin(_ file: String) {
        self.file = file
        reader = LogReader(
            { [unowned self] fields, line in take(fields, line) },
            { [unowned self] line, reason in problem(line, reason) })
    }

    package func feed(_ piece: UnsafeBufferPointer<UInt8>) throws(UnreadableLog) { try reader?.feed(piece) }

    package func end() throws(UnreadableLog) {
        try reader?.finish()
        reader = nil
    }

    private func problem(_ line: Int, _ reason: String) {
        tally.malformed += 1
        guard tally.problems.count < settings.namedProblems else { return }
        tally.problems.append(LogProblem(file: file, line: line, reason: reason))
    }

    private func take(_ fields: borrowing EntryFields, _ line: Int) {
        do throws(EntryError) {
            let pulls = try LoggedPulls(fields)
            tally.entries += 1
            switch pulls {
            case .other(let event): tally.others[event, default: 0] += 1
            case .pulls(let image, let when, let identities): count(image, when, identities)
            }
        } catch {
            problem(line, error.reason)
        }
    }

    private func count(_ image: String, _ when: LoggedPulls.When, _ identities: [LoggedPulls.Identity]) {
        if case .repeated(let first, let last, let count) = when {
            tally.spread += count - 2
            let length = last.secondsSince1970 - first.secondsSince1970
            for number in 0..<count where isNew(number, identities) {
                add(1, image, at: first.advanced(by: length * Int64(number) / Int64(count - 1)))
            }
            return
        }
        let fresh = identities.isEmpty ? when.count : (0..<when.count).count { isNew($0, identities) }
        switch when {
        case .once(let instant), .together(let instant, _): add(fresh, image, at: instant)
        case .unknown, .unknownTimes, .repeated: addUntimed(fresh, image)
        }
    }

    /// Whether a pull was not counted before. Counts duplicates.
    ///
    /// - Parameter number: the pull's position among those of the entry.
    private func isNew(_ number: Int, _ identities: [LoggedPulls.Identity]) -> Bool {
        var isNew = true
        // Every identity is recorded, even if another one is known, because the next log may contain only this one.
        for identity in identities where !seen.note(identity, number) { isNew = false }
        if !isNew { tally.duplicates += 1 }
        return isNew
    }

    private func addUntimed(_ pulls: Int, _ image: String) {
        guard pulls > 0 else { return }
        tally.untimed += pulls
        // Without a time it is not known whether the pulls are in the period.
        if settings.period.isLimited {
            tally.outside += pulls
        } else {
            tally.add(pulls, to: index(of: image), row: nil)
        }
    }

    private func add(_ pulls: Int, _ image: String, at instant: Instant) {
        guard pulls > 0 else { return }
        guard settings.period.contains(instant) else { return tally.outside += pulls }
        let index = index(of: image)
        tally.add(pulls, to: index, row: settings.unit.map { start(of: instant, $0) })
        tally.note(pulls, of: index, at: instant)
    }

    private func start(of instant: Instant, _ unit: TimeUnit) -> Instant {
        if let lastRow, lastRow.second == instant.secondsSince1970 { return lastRow.start }
        let start = unit.start(of: instant, in: settings.zone)
        lastRow = (instant.secondsSince1970, start)
        return start
    }

    private func index(of image: String) -> Int {
        if let index = indices[image] { return index }
        let pulls = ImagePulls(image)
        let index = byName[pulls.canonical] ?? tally.insert(pulls)
        (indices[image], byName[pulls.canonical]) = (index, index)
        tally.note(image, of: index)
        return index
    }
}

extension SeenPulls {
    /// Records a pull of an entry. Returns true the first time.
    fileprivate mutating func note(_ identity: LoggedPulls.Identity, _ number: Int) -> Bool {
        switch identity {
        case .entry(let id, let time): isNew(id, number: number, at: time)
        case .event(let uid, let numbers): isNew(uid, number: numbers.lowerBound + number)
        }
    }
}

extension LoggedPulls.When {
    fileprivate var count: Int {
        switch self {
        case .unknown, .once: 1
        case .repeated(_, _, let count), .unknownTimes(let count), .together(_, let count): count
        }
    }
}
