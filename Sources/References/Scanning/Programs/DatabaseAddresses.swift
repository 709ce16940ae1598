// SPDX-License-Identifier: Apache-2.0

/// Finds the databases that Testcontainers starts for the address of a connection: `jdbc:tc:postgresql:16-alpine:///app`
/// (java.testcontainers.org, "JDBC support"). The library says what image a database's name stands for, so no bytes of the
/// file are the image's own name.
enum DatabaseAddresses {
    static let word = SearchWord("jdbc:tc:")

    /// As the modules of Testcontainers for Java say in their `ContainerProvider`s. Those of which several modules have one are
    /// left out.
    private static let images = [
        "clickhouse": "clickhouse/clickhouse-server", "cockroach": "cockroachdb/cockroach", "mariadb": "mariadb",
        "mysql": "mysql", "pgvector": "pgvector/pgvector", "postgis": "postgis/postgis", "postgresql": "postgres",
        "sqlserver": "mcr.microsoft.com/mssql/server", "tidb": "pingcap/tidb",
        "timescaledb": "timescale/timescaledb", "yugabyte": "yugabytedb/yugabyte",
    ]

    /// Bytes of a database's name and its tag.
    private static let nameLimit = 192

    /// Finds addresses in the texts of a program.
    static func findings(in bytes: [UInt8], _ dialect: ProgramDialect) -> [Finding] {
        guard bytes.holds(word) else { return [] }
        let texts = ProgramLexer.tokens(SourceText(bytes), dialect).compactMap(\.text)
        return texts.flatMap { findings(in: $0.written) }
    }

    /// Finds addresses in the lines of settings whose comments begin with `#`.
    static func findings(inSettings bytes: [UInt8]) -> [Finding] {
        guard bytes.holds(word) else { return [] }
        return TracedText(bytes, origin: 0).lines.flatMap { line in
            let comment = line.bytes.indices.first {
                line.bytes[$0] == UInt8(ascii: "#") && ($0 == 0 || TracedText.isBlank(line.bytes[$0 - 1]))
            }
            return findings(in: line[0..<(comment ?? line.count)])
        }
    }

    private static func findings(in text: TracedText) -> [Finding] {
        let starts = text.bytes.indices.filter { text.bytes[$0...].starts(with: word.bytes) }
        return starts.compactMap { finding(in: text, at: $0 + word.bytes.count) }
    }

    /// The database that an address names from an offset on: a name, a tag perhaps, and a colon before the slashes.
    private static func finding(in text: TracedText, at start: Int) -> Finding? {
        let address = text.bytes[start...].prefix(nameLimit)
        let end = address.firstIndex { TracedText.isBlank($0) || "/'\"".utf8.contains($0) } ?? address.endIndex
        guard text.bytes[end...].starts(with: "//".utf8), end > start, text.bytes[end - 1] == UInt8(ascii: ":"),
            let (name, tag) = text[start..<end].cut(at: UInt8(ascii: ":")), let image = images[name.string],
            let range = text[start..<end - 1].contiguousRange
        else { return nil }
        // Without a tag, the library chooses one, depending on its version.
        let version = tag.isEmpty ? "" : tag[0..<tag.count - 1].string
        let meaning = ImageName.reference(image + ":" + version).map(Finding.Meaning.reference)
        var finding = Finding(
            kind: .testcontainers, range: range, text: text[start..<end - 1].string,
            meaning: meaning ?? .unresolved(TemplateText.variable(in: version) ?? "jdbc:tc:" + name.string), parts: [])
        finding.advice = finding.reference.flatMap(CheckedImages.setting)
        return finding
    }
}
