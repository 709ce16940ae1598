// SPDX-License-Identifier: Apache-2.0

/// The format of a file, detected from its first bytes.
enum LogFormat: Equatable {
    case gzip, json, csv

    /// Bytes that may precede text in UTF-8.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// - Parameter head: the beginning of the file without leading blanks; not empty.
    init(of head: ArraySlice<UInt8>) throws(UnreadableLog) {
        if head.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if let other = Self.others.first(where: { head.starts(with: $0.start) }) {
            throw UnreadableLog(reason: "this is \(other.name), which is not read", hint: other.hint)
        } else {
            self = head.first == UInt8(ascii: "{") || head.first == UInt8(ascii: "[") ? .json : .csv
        }
    }

    private struct Other {
        var start: [UInt8]
        var name: String
        var hint: String
    }

    /// Other formats that users have, and how to get a format that can be read.
    private static let others: [Other] =
        [
            ("apiVersion:", "YAML", kubectl), ("items:", "YAML", kubectl), ("---", "YAML", kubectl),
            ("kind:", "YAML", kubectl), ("insertId:", "YAML", gcloud),
            ("LAST SEEN", "a table for people", kubectl), ("NAMESPACE ", "a table for people", kubectl),
            ("PAR1", "Parquet", bigQuery), ("Obj\u{1}", "Avro", bigQuery),
        ].map { Other(start: Array($0.0.utf8), name: $0.1, hint: $0.2) } + [
            Other(start: [0xFF, 0xFE], name: "UTF-16", hint: "save it as UTF-8"),
            Other(start: [0xFE, 0xFF], name: "UTF-16", hint: "save it as UTF-8"),
            Other(
                start: [0x28, 0xB5, 0x2F, 0xFD], name: "Zstandard",
                hint: "unpack it with zstd -dc FILE, and read from -"),
            Other(start: Array("PK\u{3}\u{4}".utf8), name: "a zip archive", hint: "unpack it first"),
        ]

    private static let kubectl = "export it with kubectl get events --all-namespaces -o json"
    private static let gcloud = "export it with gcloud logging read FILTER --format=json"
    private static let bigQuery = "export the table as NEWLINE_DELIMITED_JSON or CSV"
}
