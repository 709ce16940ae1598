import Reporting
import Scanning

/// What a scan prints: lines as they come, or what they add up to at the end.
struct ScanOutput {
    enum Format: String, CaseIterable, Sendable { case text, list, json, sarif }

    private let format: Format
    private var groups: FindingGroups?
    private var list: ReferenceList
    private let write: ([UInt8]) -> Void
    private var isFirst = true
    private var lastLine = ""
    private(set) var count = 0
    private(set) var unresolvedCount = 0

    /// - Parameter write: takes bytes for standard output, several lines at once.
    init(
        format: Format, groupedBy key: FindingGroups.Key?, pinsRunning: Bool, version: String,
        write: @escaping ([UInt8]) -> Void
    ) {
        self.format = format
        self.write = write
        groups = key.map { FindingGroups(by: $0) }
        list = ReferenceList(pinsRunning: pinsRunning)
        if format == .sarif, key == nil { write(Array(SarifLog.opening(version: version).utf8)) }
    }

    /// References that `--pin` leaves as they are, although pods run something for them.
    var unpinned: [String] { list.unpinned }

    mutating func add(_ findings: [LocatedFinding]) {
        var lines = ""
        for found in findings {
            count += 1
            if found.finding.unresolved != nil { unresolvedCount += 1 }
            if groups != nil { groups?.add(found) } else { add(found, to: &lines) }
        }
        if !lines.isEmpty { write(Array(lines.utf8)) }
    }

    private mutating func add(_ found: LocatedFinding, to lines: inout String) {
        switch format {
        case .list: list.add(found.finding)
        case .json: lines += found.jsonLine + "\n"
        case .text:
            // Several references on one line are one line, as for grep.
            let line = found.grepLine
            if line != lastLine { lines += line + "\n" }
            lastLine = line
        case .sarif:
            lines += (isFirst ? "\n" : ",\n") + SarifLog.result(found)
            isFirst = false
        }
    }

    func finish() {
        var lines: [String] = []
        if let groups { lines = format == .json ? groups.jsonLines : groups.textLines }
        if format == .list, groups == nil { lines = list.lines }
        if format == .sarif, groups == nil { lines = ["", SarifLog.closing] }
        if !lines.isEmpty { write(Array((lines.joined(separator: "\n") + "\n").utf8)) }
    }
}
