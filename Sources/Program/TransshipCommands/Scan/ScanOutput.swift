// SPDX-License-Identifier: Apache-2.0

import FileScans
import Reporting
import Scanning

/// What a scan prints after all files were read: lines in the order of the files, or their counts.
struct ScanOutput {
    enum Format: String, CaseIterable, Sendable { case text, list, json, sarif, junit, github }

    private let format: Format
    private let gate: ScanGate?
    private let version: String
    private var groups: FindingGroups?
    private var list: ReferenceList
    private var held = HeldFindings()
    private var problems: [String] = []
    private let write: ([UInt8]) -> Void
    private(set) var tally = ScanTally()

    /// - Parameters:
    ///   - gate: decides which findings are allowed; nil: all of them.
    ///   - write: takes bytes for standard output, several lines at once.
    init(
        format: Format, groupedBy key: FindingGroups.Key?, pinsRunning: Bool, version: String, gate: ScanGate? = nil,
        write: @escaping ([UInt8]) -> Void
    ) {
        self.format = format
        self.write = write
        self.gate = gate
        self.version = version
        groups = key.map { FindingGroups(by: $0) }
        list = ReferenceList(pinsRunning: pinsRunning)
    }

    /// References that `--pin` leaves as they are, although pods run something for them.
    var unpinned: [String] { list.unpinned }

    mutating func add(_ findings: [LocatedFinding]) {
        for found in findings {
            let isOffence = gate?.refuses(found.finding) ?? false
            held.add(found, as: text(of: found, isOffence: isOffence), isOffence: isOffence)
        }
    }

    /// Withdraws findings that another file shows to be no images.
    mutating func withdraw(_ findings: [Finding], in file: String) {
        for finding in findings { held.withdraw(finding, in: file) }
    }

    /// Records something that could not be read.
    mutating func add(problem: String) {
        tally.unreadable += 1
        problems.append(problem)
    }

    mutating func addSkipped(_ count: Int) { tally.skipped += count }

    private func text(of found: LocatedFinding, isOffence: Bool) -> String {
        if let groups { return groups.name(of: found) }
        return switch format {
        case .list: ReferenceList.Entry(found.finding)?.line ?? ""
        case .json: found.jsonLine
        case .text: found.grepLine
        case .sarif: SarifLog.result(found, isOffence: isOffence)
        case .junit: JUnitReport.testCase(found, isOffence: isOffence)
        case .github: found.annotation(isOffence: isOffence)
        }
    }

    // MARK: - The end

    /// - Parameter made: the images that, according to all files together, are made here.
    mutating func finish(_ made: MadeImages) {
        var lines = ScanLines(format: groups == nil ? format : nil, version: version, write: write)
        for item in held where !item.isSuperseded {
            let isMade = held.isMade(item, by: made)
            tally.add(item, isMade: isMade)
            if isMade {
                if format == .json, groups == nil { lines.add(Self.marked(item.text)) }
                continue
            }
            guard gate == nil || item.isOffence || format == .junit else { continue }
            add(item.text, to: &lines)
        }
        finish(&lines)
    }

    private mutating func add(_ text: String, to lines: inout ScanLines) {
        if groups != nil {
            groups?.add(name: text)
        } else if format == .list {
            if let entry = ReferenceList.Entry(line: text) { list.add(entry) }
        } else {
            lines.add(text)
        }
    }

    private mutating func finish(_ lines: inout ScanLines) {
        if let groups {
            (format == .json ? groups.jsonLines : groups.textLines).forEach { lines.add($0) }
        } else if format == .list {
            list.lines.forEach { lines.add($0) }
        }
        if format == .junit { problems.forEach { lines.add(JUnitReport.testCase(problem: $0)) } }
        if format == .github, gate != nil { problems.forEach { lines.add(LocatedFinding.annotation(problem: $0)) } }
        lines.finish(tally)
    }

    /// The JSON object with the member `built`.
    private static func marked(_ line: String) -> String {
        line.hasSuffix("\"built\":true}") ? line : line.dropLast() + ",\"built\":true}"
    }
}

/// Lines for standard output, with the text that their format has around them.
struct ScanLines {
    private let format: ScanOutput.Format?
    private let version: String
    private let write: ([UInt8]) -> Void
    private var waiting: [UInt8] = []
    private var last = ""
    private var isFirst = true

    /// The number of bytes that are passed to one system call.
    private static let bundle = 1 << 16

    init(format: ScanOutput.Format?, version: String, write: @escaping ([UInt8]) -> Void) {
        self.format = format
        self.version = version
        self.write = write
        if format == .sarif { waiting += Array(SarifLog.opening(version: version).utf8) }
    }

    mutating func add(_ line: String) {
        switch format {
        case .sarif: waiting += Array(((isFirst ? "\n" : ",\n") + line).utf8)
        // Several references on one line are one line, as for grep.
        case .text where line == last: break
        default: waiting += Array((line + "\n").utf8)
        }
        isFirst = false
        last = line
        // The first line of a JUnit report is known only at its end.
        if waiting.count >= Self.bundle, format != .junit { flush() }
    }

    mutating func finish(_ tally: ScanTally) {
        switch format {
        case .sarif: waiting += Array(("\n" + SarifLog.closing + "\n").utf8)
        case .junit:
            let tests = tally.references + tally.open + tally.unreadable
            let opening = JUnitReport.opening(tests: tests, failures: tally.offences, errors: tally.unreadable) + "\n"
            waiting = Array(opening.utf8) + waiting + Array((JUnitReport.closing + "\n").utf8)
        default: break
        }
        flush()
    }

    private mutating func flush() {
        if !waiting.isEmpty { write(waiting) }
        waiting.removeAll(keepingCapacity: true)
    }
}

extension ScanTally {
    /// One line for people; nil if there is nothing to say besides the references.
    var sentence: String? {
        let counts = [
            (unreadable, "unreadable"), (open, "open"), (built, "built here"), (guessed, "guessed"),
            (skipped, "left out by .gitignore"),
        ]
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        guard !told.isEmpty else { return nil }
        return Quantity.count(references, "reference") + "; besides: " + told.joined(separator: ", ")
            + (open > 0 ? "; --format json names the variables" : "")
    }
}
