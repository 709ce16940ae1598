// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import PullLogs

@Suite struct ReportTests {
    private func report(
        _ log: String, limits: [String] = [], expected: [String] = [], uses: String? = nil,
        _ settings: PullSettings = PullSettings()
    ) throws -> PullReport {
        var found: FileUses?
        if let uses {
            var read = FileUses()
            try read.read(Array(uses.utf8), file: "found")
            found = read
        }
        return PullReport(
            try PullTally.counting(log, settings), limits: PullLimit.table(given: limits.compactMap { GivenLimit($0) }),
            expected: expected.map(RegistrySuffix.init), uses: found)
    }

    private func log(_ images: String...) -> String {
        images.enumerated().map { entry($1, "2026-11-02T09:00:0\($0 % 10)Z") }.joined()
    }

    @Test func `images come most pulled first, then by name`() throws {
        let report = try report(log("b", "c", "a", "c"))
        #expect(report.images.map(\.image) == ["c", "a", "b"])
    }

    @Test func `names of Docker Hub are one registry`() throws {
        let report = try report(log("nginx", "docker.io/a/b", "index.docker.io/c/d", "registry-1.docker.io/e/f"))
        #expect(report.standings.map(\.registry.name) == ["docker.io"])
    }

    @Test func `one image under many names is one row`() throws {
        let report = try report(
            log(
                "nginx:1.25", "docker.io/nginx:1.25", "docker.io/library/nginx:1.25",
                "index.docker.io/library/nginx:1.25",
                "registry-1.docker.io/library/nginx:1.25", "registry.hub.docker.com/library/nginx:1.25",
                "library/nginx:1.25", "docker.io/org/nginx:1.25", "QUAY.io/a/b:1", "quay.io/a/b:1"))
        #expect(report.images.map(\.image) == ["nginx:1.25", "QUAY.io/a/b:1", "org/nginx:1.25"])
        #expect(report.images.map(\.pulls) == [7, 2, 1])
    }

    @Test func `what is no reference is counted all the same`() throws {
        let report = try report(log("UPPER:x:y"))
        #expect(report.standings.map(\.registry) == [.unknown])
        #expect(report.tally.pulls == 1)
    }

    @Test func `Docker Hub's published limits are compared unless others are given`() throws {
        #expect(try report(log("a")).standings.first?.limits.map(\.limit.text) == ["100 per 6h", "200 per 6h"])
        let given = try report(log("a", "b", "quay.io/c/d"), limits: ["docker.io=1/1h", "quay.io=5/m", "quay.io=9/2m"])
        #expect(given.standings.map { $0.limits.map(\.limit.text) } == [["1 per 1h"], ["5 per 1m", "9 per 2m"]])
        #expect(given.standings.first?.limits.first?.share == 2)
        #expect(try report(log("a"), limits: ["docker.io=none"]).standings.first?.limits == [])
    }

    @Test(arguments: ["docker.io", "=1/h", "docker.io=0/h", "docker.io=1", "docker.io=1/fortnight", "do cker=1/h"])
    func `a limit that says nothing is refused`(text: String) { #expect(GivenLimit(text) == nil) }

    @Test(arguments: [
        ("docker.pkg.dev", "us-docker.pkg.dev/p/r/i", true), ("docker.pkg.dev", "docker.pkg.dev/p/i", true),
        ("docker.pkg.dev", "mydocker.pkg.dev/p/i", false), ("docker.pkg.dev", "docker.pkg.dev.example/i", false),
        ("us-docker.pkg.dev/p", "us-docker.pkg.dev/p/r/i", true),
        ("us-docker.pkg.dev/p", "us-docker.pkg.dev/pq/i", false),
        ("docker.io", "nginx", true), ("gcr.io", "k8s.gcr.io/pause:3", true),
    ])
    func `a registry is expected by the end of its name`(suffix: String, image: String, isExpected: Bool) throws {
        #expect(try report(log(image), expected: [suffix]).unexpected.isEmpty == isExpected)
    }

    @Test func `images that no file names, and files whose images are not pulled, are both seen`() throws {
        let uses = """
            {"file":"a.yaml","line":3,"image":"docker.io/library/nginx:latest"}
            {"file":"a.yaml","line":3,"image":"docker.io/library/nginx:latest"}
            {"file":"b.yaml","line":9,"image":"docker.io/library/nginx:latest"}
            {"file":"c.yaml","line":1,"image":"docker.io/library/idle:1"}
            {"file":"d.yaml","line":1,"image":null,"unresolved":"TAG"}
            """
        let report = try report(log("nginx", "redis", "nginx:latest"), uses: uses)
        #expect(report.candidates.map(\.image) == ["nginx", "redis", "idle:1"])
        #expect(report.candidates.map(\.pulls) == [2, 1, 0])
        #expect(report.candidates.first?.uses.map(\.description) == ["a.yaml:3", "b.yaml:9"])
        #expect(report.uses?.unresolved == 1)
    }

    @Test func `the registry closest to its limit is migrated first`() throws {
        let report = try report(log("quay.io/a/b", "quay.io/a/b", "redis"), limits: ["docker.io=1/1h"])
        #expect(report.candidates.map(\.image) == ["redis", "quay.io/a/b"])
    }

    @Test func `Google's registries need no copy unless others are expected`() throws {
        let log = log("us-docker.pkg.dev/p/r/i", "gke.gcr.io/pause", "nginx")
        #expect(try report(log).candidates.map(\.image) == ["nginx"])
        #expect(try report(log, expected: ["registry.example"]).candidates.count == 3)
    }

    @Test func `findings that are none are named with their line`() {
        #expect(
            throws: LogProblem(
                file: "f", line: 2, reason: "not a finding of scan --format json: file, line or image is missing")
        ) {
            var uses = FileUses()
            try uses.read(Array("{\"file\":\"a\",\"line\":1,\"image\":null}\n{\"file\":\"a\"}\n".utf8), file: "f")
        }
    }

    // MARK: - Text

    private func text(_ report: PullReport, _ unit: TimeUnit? = nil) -> PullText {
        PullText(report, unit: unit, format: nil, zone: .utc)
    }

    @Test func `tables show counts, limits and what to migrate`() throws {
        let report = try report(
            log("nginx:1", "nginx:1", "quay.io/a/b:2"), limits: ["docker.io=1/1h"], expected: ["example.com"])
        #expect(
            text(report).tables == [
                "PULLS  IMAGE",
                "    2  nginx:1",
                "    1  quay.io/a/b:2",
                "",
                "REGISTRY   PULLS  IMAGES  BUSIEST  FROM              LIMIT        USED",
                "docker.io      2       1        2  2026-11-02 09:00  1 per 1h    200 %  given",
                "quay.io        1       1        -  -                 none known      -",
                "",
                "PULLS  MIGRATE FIRST",
                "    2  nginx:1",
                "    1  quay.io/a/b:2",
                "",
                "PULLS  STILL PULLED FROM ELSEWHERE  REGISTRY",
                "    2  nginx:1                      docker.io",
                "    1  quay.io/a/b:2                quay.io",
            ])
    }

    @Test func `a table over time has the guide's columns, latest first`() throws {
        var settings = PullSettings()
        settings.unit = .minute
        let log =
            entry("a", "2026-11-02T09:00:59Z") + entry("b", "2026-11-02T09:01:00Z") + entry("b", "2026-11-02T09:01:30Z")
        #expect(
            text(try report(log, settings), .minute).csv == [
                "timeOfImagePull,imageName,numberOfPulls,registry",
                "2026-11-02 09:01,b,2,docker.io",
                "2026-11-02 09:00,a,1,docker.io",
            ])
    }

    @Test func `the guide's query reads back as it was written`() throws {
        var settings = PullSettings()
        settings.unit = .minute
        let report = try report(log("nginx", "redis"), settings)
        let again = try PullTally.counting(text(report, .minute).csv.map { $0 + "\n" }.joined())
        #expect(again.counts == ["nginx": 1, "redis": 1])
    }

    @Test func `dates are written as the guide's query writes them where that is wanted`() throws {
        var settings = PullSettings()
        settings.unit = .minute
        let report = try report(entry("a", "2026-11-02T09:00:59Z"), settings)
        let text = PullText(report, unit: .minute, format: nil, dates: .us, zone: .utc)
        #expect(text.csv.last == "11/02/26 09:00,a,1,docker.io")
        #expect(text.tables.contains { $0.contains("11/02/26 09:00  100 per 6h") })
        #expect(PullNotes(report, dates: .us, zone: .utc).lines.first?.contains("from 11/02/26 09:00 to") == true)
    }

    @Test func `the names by which logs call an image are shown on request`() throws {
        let report = try report(log("nginx:1", "docker.io/library/nginx:1", "quay.io/a/b"))
        let text = PullText(report, unit: nil, format: nil, zone: .utc, showsSpellings: true)
        #expect(
            text.tables.prefix(3) == [
                "PULLS  IMAGE        AS LOGGED", "    2  nginx:1      nginx:1 docker.io/library/nginx:1",
                "    1  quay.io/a/b  quay.io/a/b",
            ])
        #expect(
            text.csv.prefix(2) == [
                "imageName,numberOfPulls,registry,spellings", "nginx:1,2,docker.io,nginx:1 docker.io/library/nginx:1",
            ])
    }

    @Test func `text from a log cannot leave its cell`() throws {
        let report = try report(log("a\\u001b[2J,b"))
        #expect(text(report).csv[1] == "\"a\\u{1b}[2J,b\",1,(unknown)")
        #expect(!text(report).tables.joined().contains("\u{1B}"))
    }

    @Test func `JSON has everything under stable keys`() throws {
        let report = try report(log("nginx", "quay.io/a/b"), expected: ["quay.io"])
        let json = try JSON(Array(text(report).json.utf8))
        #expect(
            json.members?.map(\.key) == [
                "first", "last", "pulls", "images", "registries", "migrateFirst", "unexpected", "entries", "notCounted",
                "withoutTime", "malformed", "problems",
            ])
        #expect(json["first"]?.string == "2026-11-02T09:00:00Z")
        #expect(json["unexpected"]?.array?.compactMap { $0["image"]?.string } == ["nginx"])
        #expect(json["registries"]?.array?.first?["limits"]?.array?.first?["limit"]?.integer == 100)
    }

    @Test func `notes say what was left out and what that means`() throws {
        let log = log("nginx") + "{\"reason\":\"Pulled\",\"message\":\"Successfully pulled image\"}\n{\"x\":\n"
        let lines = PullNotes(try report(log, expected: ["quay.io"]), zone: .utc).lines
        #expect(
            lines == [
                "1 pull of 1 image from 2026-11-02 09:00 to 2026-11-02 09:00 (UTC), in 2 entries",
                "not counted: pulls that end here (their beginning counts): 1",
                "warning: 1 malformed entry",
                "  log:3: not JSON: the log ends in the middle of the entry",
                "error: 1 image (1 pull) came from other registries than quay.io: docker.io",
            ])
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func `numbers are grouped`(number: Int, text: String) { #expect(number.grouped == text) }
}
